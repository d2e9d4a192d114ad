//! EKS, by what a pod can see of itself.

use super::container::{container_id, host_name};
use super::surroundings::known;
use super::{Platform, Plugin, Surroundings};

#[derive(Debug)]
pub(super) struct Eks {
    pub(super) cluster: Option<String>,
}

/// What every pod has that talks to Kubernetes.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/// What only EKS gives to a pod: a role for its service account, or its pod identity.
const GIVEN_BY_EKS: [(&str, &str); 2] = [
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/eks.amazonaws.com/"),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/pods.eks.amazonaws.com/"),
];

impl Plugin for Eks {
    fn look(&self, surroundings: &Surroundings) -> Option<Platform> {
        if surroundings.variable("KUBERNETES_SERVICE_HOST").is_none() && !surroundings.has_file(SERVICE_ACCOUNT) {
            return None;
        }
        let named = || surroundings.variable("CLUSTER_NAME").or_else(|| surroundings.variable("K8S_CLUSTER_NAME"));
        let cluster = self.cluster.clone().or_else(named);
        let is_eks = || {
            GIVEN_BY_EKS.iter().any(|(name, part)| surroundings.variable(name).is_some_and(|path| path.contains(part)))
        };
        if cluster.is_none() && !is_eks() {
            return None;
        }
        let log_group = cluster.as_ref().map(|cluster| format!("/aws/containerinsights/{cluster}/application"));
        let values = known([
            ("cluster_name", cluster),
            ("pod", host_name(surroundings)),
            ("container_id", container_id(surroundings)),
        ]);
        let platform = Platform::new("AWS::EKS::Container").aws("eks", values);
        // Where Container Insights puts what containers write.
        Some(match log_group {
            Some(log_group) => platform.log_group(&log_group, None),
            None => platform,
        })
    }
}

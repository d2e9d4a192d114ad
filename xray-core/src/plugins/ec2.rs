//! EC2, by the instance metadata service.

use serde_json::{Map, Value};

use super::surroundings::{known, text};
use super::{Platform, Plugin, Surroundings};

#[derive(Debug)]
pub(super) struct Ec2 {
    pub(super) allow_version_1: bool,
}

const ENDPOINT: &str = "http://169.254.169.254";
const TOKEN: &str = "/latest/api/token";
const DOCUMENT: &str = "/latest/dynamic/instance-identity/document";
/// What the CloudWatch agent writes about the log groups that it feeds.
const LOGS: &str = "/opt/aws/amazon-cloudwatch-agent/etc/log-config.json";

impl Plugin for Ec2 {
    fn look(&self, surroundings: &Surroundings) -> Option<Platform> {
        if surroundings.variable("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return None;
        }
        let endpoint = surroundings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or(ENDPOINT.to_owned());
        let identity = self.identity(surroundings, endpoint.trim_end_matches('/'))?;
        let field = |name| text(&identity, name).map(str::to_owned);
        let values = known([
            ("instance_id", Some(field("instanceId")?)),
            ("availability_zone", field("availabilityZone")),
            ("instance_size", field("instanceType")),
            ("ami_id", field("imageId")),
        ]);
        let mut platform = Platform::new("AWS::EC2::Instance").aws("ec2", values);
        for group in log_groups(surroundings) {
            platform = platform.log_group(&group, None);
        }
        Some(platform)
    }
}

impl Ec2 {
    fn identity(&self, surroundings: &Surroundings, endpoint: &str) -> Option<Map<String, Value>> {
        let token_lifetime = ("x-aws-ec2-metadata-token-ttl-seconds", "60");
        let token = surroundings.put(&format!("{endpoint}{TOKEN}"), token_lifetime);
        let document = format!("{endpoint}{DOCUMENT}");
        match token.as_deref().map(str::trim) {
            Some(token) if !token.is_empty() => surroundings.json(&document, Some(("x-aws-ec2-metadata-token", token))),
            _ if self.allow_version_1 => surroundings.json(&document, None),
            _ => None,
        }
    }
}

fn log_groups(surroundings: &Surroundings) -> Vec<String> {
    let agent = surroundings.json_file(LOGS).unwrap_or_default();
    let logs = agent.get("log_configs").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    logs.filter_map(|log| text(log, "log_group_name").map(str::to_owned)).collect()
}

//! Where the program runs: EC2, ECS, EKS, Elastic Beanstalk, App Runner, or what a plugin of one's own says.
//!
//! A plugin looks once, when the recorder is made. What it finds stands on every segment: the `origin`, which is also
//! what sampling rules compare as the service type; values of the `aws` block; CloudWatch log groups, which the console
//! shows beside the trace. Not to find anything is no error.
//!
//! ```
//! use xray_core::{Recorder, plugins};
//!
//! # fn main() -> Result<(), xray_core::ConfigError> {
//! # let environment = xray_core::Environment::empty();
//! let recorder = Recorder::builder().plugins([plugins::ecs(), plugins::eks_in("prod")]);
//! # let recorder = recorder.environment(environment).build()?;
//! # assert_eq!(recorder.origin(), None);
//! # Ok(())
//! # }
//! ```

mod gather;
mod app_runner;
mod eks;
mod ecs;
mod ec2;
mod elastic_beanstalk;
mod container;
mod surroundings;

#[cfg(test)]
mod tests;

use std::fmt;

pub use crate::document::Platform;
pub(crate) use gather::gather;
pub use surroundings::Surroundings;

/// Finds out where the program runs.
///
/// It is asked once, when the recorder is made, on a thread of its own beside the other plugins, before any segment can
/// begin. It may do input and output; an answer later than one second after the start is not used. `None` says that
/// the program does not run there, which is no error; a panic is logged and counts as `None`.
///
/// ```
/// use xray_core::plugins::{Platform, Plugin, Surroundings};
///
/// /// For containers that may not ask the metadata service: the deployment says which instance it is.
/// #[derive(Debug)]
/// struct Told;
///
/// impl Plugin for Told {
///     fn look(&self, surroundings: &Surroundings) -> Option<Platform> {
///         let instance = surroundings.variable("INSTANCE_ID")?;
///         let values = std::collections::BTreeMap::from([("instance_id", instance)]);
///         Some(Platform::new("AWS::EC2::Instance").aws("ec2", values))
///     }
/// }
///
/// # let environment = xray_core::Environment::from_iter([("INSTANCE_ID", "i-07a181803de94c666")]);
/// let recorder = xray_core::Recorder::builder().plugins([Box::new(Told) as Box<dyn Plugin>]);
/// # let recorder = recorder.environment(environment).build()?;
/// assert_eq!(recorder.origin(), Some("AWS::EC2::Instance"));
/// # Ok::<(), xray_core::ConfigError>(())
/// ```
pub trait Plugin: Send + Sync + fmt::Debug {
    /// Looks for the platform.
    fn look(&self, surroundings: &Surroundings) -> Option<Platform>;
}

/// All plugins of this module: right on every platform.
///
/// On a machine that is none of AWS's, the question to EC2's metadata service may take the whole second that plugins
/// have, unless something refuses the connection or `AWS_EC2_METADATA_DISABLED=true` says not to ask.
#[must_use]
pub fn detect() -> Vec<Box<dyn Plugin>> {
    vec![ec2(), ecs(), eks(), elastic_beanstalk(), app_runner()]
}

/// EC2, by the instance metadata service, version 2: instance, size, availability zone, image.
///
/// Variables, as in the AWS SDKs: `AWS_EC2_METADATA_SERVICE_ENDPOINT` (`http://169.254.169.254`) and
/// `AWS_EC2_METADATA_DISABLED`. Log groups are those in the CloudWatch agent's `log-config.json`.
#[must_use]
pub fn ec2() -> Box<dyn Plugin> {
    Box::new(ec2::Ec2 { allow_version_1: false })
}

/// EC2, also by version 1 of the metadata service where there is no version 2.
///
/// Version 1 needs no token: a program that can be talked into requests may be talked into reading it.
#[must_use]
pub fn ec2_with_imds_v1() -> Box<dyn Plugin> {
    Box::new(ec2::Ec2 { allow_version_1: true })
}

/// ECS, by version 4 of the task metadata: container, task and cluster with their ARNs, launch type, log group.
///
/// The variable `ECS_CONTAINER_METADATA_URI_V4`, which ECS sets, says where to ask. The origin is `AWS::ECS::Fargate`,
/// `AWS::ECS::EC2`, or `AWS::ECS::Container` where the task is silent about it.
#[must_use]
pub fn ecs() -> Box<dyn Plugin> {
    Box::new(ecs::Ecs)
}

/// EKS: pod, container, and the cluster's name if the variable `CLUSTER_NAME` or `K8S_CLUSTER_NAME` has it.
///
/// Pods do not know what cluster they are in, and the Kubernetes interface that does needs TLS and a role: so the
/// deployment says it, or [`eks_in`]. Found is EKS only: a pod with an IAM role or pod identity of EKS, or with a cluster's name.
#[must_use]
pub fn eks() -> Box<dyn Plugin> {
    Box::new(eks::Eks { cluster: None })
}

/// EKS in the cluster of that name.
#[must_use]
pub fn eks_in(cluster: &str) -> Box<dyn Plugin> {
    Box::new(eks::Eks { cluster: Some(cluster.to_owned()) })
}

/// Elastic Beanstalk, by the file that it writes: environment, version and deployment.
///
/// The file is there if X-Ray is turned on in the environment's configuration
/// (<https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/environment-configuration-debugging.html>).
#[must_use]
pub fn elastic_beanstalk() -> Box<dyn Plugin> {
    Box::new(elastic_beanstalk::ElasticBeanstalk)
}

/// App Runner, where the variable `AWS_APPRUNNER_SERVICE_ARN` has the service's ARN.
///
/// App Runner itself sets none: put it into the service's configuration, or use [`app_runner_service`].
#[must_use]
pub fn app_runner() -> Box<dyn Plugin> {
    Box::new(app_runner::AppRunner { service: None })
}

/// App Runner, as the service of that ARN; its log group follows from it.
#[must_use]
pub fn app_runner_service(arn: &str) -> Box<dyn Plugin> {
    Box::new(app_runner::AppRunner { service: Some(arn.to_owned()) })
}

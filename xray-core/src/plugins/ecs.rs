//! ECS, by the metadata of container and task, version 4:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html>.

use serde_json::{Map, Value};

use super::container::host_name;
use super::surroundings::{known, text};
use super::{Platform, Plugin, Surroundings};

#[derive(Debug)]
pub(super) struct Ecs;

impl Plugin for Ecs {
    fn look(&self, surroundings: &Surroundings) -> Option<Platform> {
        let endpoint = surroundings.variable("ECS_CONTAINER_METADATA_URI_V4")?;
        let endpoint = endpoint.trim_end_matches('/');
        // Each is worth having without the other, and the variable alone says that this is ECS.
        let container = surroundings.json(endpoint, None).unwrap_or_default();
        let task = surroundings.json(&format!("{endpoint}/task"), None).unwrap_or_default();
        let of_container = |field| text(&container, field).map(str::to_owned);
        let of_task = |field| text(&task, field).map(str::to_owned);
        let values = known([
            ("container", host_name(surroundings)),
            ("container_id", of_container("DockerId")),
            ("container_arn", of_container("ContainerARN")),
            ("cluster_arn", cluster_arn(&task)),
            ("task_arn", of_task("TaskARN")),
            ("task_family", of_task("Family")),
            ("availability_zone", of_task("AvailabilityZone")),
            ("launch_type", of_task("LaunchType")),
        ]);
        let platform = Platform::new(origin(text(&task, "LaunchType"))).aws("ecs", values);
        Some(match log_group(&container) {
            Some((name, arn)) => platform.log_group(name, arn.as_deref()),
            None => platform,
        })
    }
}

fn origin(launch_type: Option<&str>) -> &'static str {
    match launch_type {
        Some(kind) if kind.eq_ignore_ascii_case("fargate") => "AWS::ECS::Fargate",
        Some(kind) if kind.eq_ignore_ascii_case("ec2") => "AWS::ECS::EC2",
        _ => "AWS::ECS::Container",
    }
}

/// The log group that the container's driver writes to, and its ARN.
fn log_group(container: &Map<String, Value>) -> Option<(&str, Option<String>)> {
    let driver = text(container, "LogDriver")?;
    let options = container.get("LogOptions").and_then(Value::as_object).filter(|_| driver == "awslogs")?;
    let group = text(options, "awslogs-group")?;
    let arn = || {
        // arn:partition:ecs:region:account:…
        let mut own = text(container, "ContainerARN")?.split(':');
        let (partition, account) = (own.nth(1)?, own.nth(2)?);
        let region = text(options, "awslogs-region")?;
        Some(format!("arn:{partition}:logs:{region}:{account}:log-group:{group}"))
    };
    Some((group, arn()))
}

/// Fargate gives the cluster's ARN, EC2 its name only.
fn cluster_arn(task: &Map<String, Value>) -> Option<String> {
    let cluster = text(task, "Cluster")?;
    if cluster.starts_with("arn:") {
        return Some(cluster.to_owned());
    }
    let (up_to_account, _) = text(task, "TaskARN")?.split_once(":task/")?;
    Some(format!("{up_to_account}:cluster/{cluster}"))
}

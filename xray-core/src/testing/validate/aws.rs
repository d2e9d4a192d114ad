//! The `aws` block: the resource a segment ran on, or the call that a subsegment made.

use serde_json::Value;

use super::checks::{self, Fields, Violations, array, boolean, check_block, child, count, object, string, strings};
use super::entity::Kind;

pub(super) fn check(value: &Value, kind: Kind, violations: &mut Violations) {
    let Some(block) = object("/aws", value, violations) else {
        return;
    };
    for (key, value) in block {
        let path = child("/aws", key);
        let resource = RESOURCE_FIELDS.iter().find(|(known, _)| known == key);
        match (key.as_str(), kind) {
            ("xray", _) => check_block(&path, value, XRAY_FIELDS, violations),
            ("cloudwatch_logs", Kind::Segment) => check_logs(value, violations),
            ("account_id", _) => check_value(&path, value, string, violations),
            (_, Kind::Segment) => match resource {
                Some((_, fields)) => check_block(&path, value, fields, violations),
                None => violations.add(&path, "unknown field"),
            },
            _ if resource.is_some() || key == "cloudwatch_logs" => violations.add(&path, "only for a segment"),
            _ => check_parameter(&path, key, value, violations),
        }
    }
}

fn check_logs(value: &Value, violations: &mut Violations) {
    let path = "/aws/cloudwatch_logs";
    for (position, group) in array(path, value, violations).unwrap_or_default().iter().enumerate() {
        let path = format!("{path}/{position}");
        check_block(&path, group, LOG_FIELDS, violations);
        if group.is_object() && group.get("log_group").is_none() {
            violations.add(&child(&path, "log_group"), "missing");
        }
    }
}

/// Users may whitelist any parameter of any operation, so only the spelling of an unknown one is checked.
fn check_parameter(path: &str, key: &str, value: &Value, violations: &mut Violations) {
    if let Some((_, check)) = CALL_FIELDS.iter().find(|(known, _)| *known == key) {
        return check_value(path, value, *check, violations);
    }
    if !is_snake_case(key) {
        violations.add(path, "the name of a parameter is not in snake_case");
    }
    if value.is_null() {
        violations.add(path, "null");
    }
}

fn check_value(path: &str, value: &Value, check: checks::Check, violations: &mut Violations) {
    if let Err(message) = check(value) {
        violations.add(path, message);
    }
}

fn is_snake_case(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

const RESOURCE_FIELDS: &[(&str, &Fields)] = &[
    ("ec2", &[("instance_id", string), ("availability_zone", string), ("instance_size", string), ("ami_id", string)]),
    (
        "ecs",
        &[
            ("container", string),
            ("container_id", string),
            ("container_arn", string),
            ("task_arn", string),
            ("task_family", string),
            ("cluster_arn", string),
            ("availability_zone", string),
            ("launch_type", string),
        ],
    ),
    ("eks", &[("cluster_name", string), ("pod", string), ("container_id", string)]),
    ("elastic_beanstalk", &[("environment_name", string), ("version_label", string), ("deployment_id", count)]),
    ("tracing", &[("sdk", string)]),
];
const XRAY_FIELDS: &Fields = &[
    ("sdk", string),
    ("sdk_version", string),
    ("auto_instrumentation", boolean),
    ("sampling_rule_name", string),
    ("rule_name", string),
];
const LOG_FIELDS: &Fields = &[("log_group", string), ("arn", string)];
/// What is known of calls and of the parameters that the AWS SDKs' whitelists have in common.
const CALL_FIELDS: &Fields = &[
    ("operation", string),
    ("region", string),
    ("request_id", string),
    ("id_2", string),
    ("retries", count),
    ("queue_url", string),
    ("table_name", string),
    ("table_names", strings),
    ("table_count", count),
    ("index_name", string),
    ("limit", count),
    ("count", count),
    ("scanned_count", count),
    ("consistent_read", boolean),
    ("scan_index_forward", boolean),
    ("message_id", string),
    ("message_count", count),
    ("failed_count", count),
    ("successful_count", count),
    ("queue_count", count),
    ("queue_name", string),
    ("delay_seconds", count),
    ("attribute_names", strings),
    ("message_attribute_names", strings),
    ("function_name", string),
    ("function_error", string),
    ("invocation_type", string),
    ("topic_arn", string),
    ("endpoint_name", string),
    ("bucket_name", string),
    ("version_id", string),
    ("prefix", string),
];

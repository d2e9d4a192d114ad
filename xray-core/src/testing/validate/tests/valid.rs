//! Documents with every field, which are accepted as long as every field is right.

use serde_json::{Value, json};

use super::super::validate;
use super::with;

#[test]
fn full_documents_are_accepted() {
    for document in [segment(), subsegment(), minimal()] {
        assert_eq!(validate(&document), Ok(()), "{document}");
    }
}

#[test]
fn variants_of_fields_are_accepted() {
    for (pointer, value) in [
        ("/name", json!("Größe_.:/%&#=+-@ 7")),
        ("/name", json!("세그먼트 セグメント сегмент \u{a0}\u{2028}Ⅷ²½")),
        ("/name", json!("ü".repeat(200))),
        ("/start_time", json!(1478293361)),
        ("/cause", json!("53995c3f42cd8ad8")),
        ("/cause", json!({"exceptions": [{"id": "53995c3f42cd8ad8"}]})),
        ("/annotations", json!({"text": "ü".repeat(1000), "negative": -1.5, "no": false})),
        ("/annotations", json!({ "k".repeat(500): 1 })),
        ("/metadata", json!({"default": {"empty": {}, "none": null}})),
        ("/http/request/url", json!("https://example.com/@me")),
        ("/http/request/url", json!(format!("/{}", "ü".repeat(249)))),
        ("/http/request/url", json!("grpc://[::1]:80/shop.Stock/Count")),
        ("/http/request/client_ip", json!("2001:db8::1")),
        ("/http/request/client_ip", json!("client2")),
        ("/http/response/status", json!(599)),
        ("/http/response/content_length", json!(-1)),
        ("/origin", json!("AWS::ECS::Fargate")),
    ] {
        let document = with(segment(), pointer, value);
        assert_eq!(validate(&document), Ok(()), "{document}");
    }
    for (pointer, value) in [
        ("/aws/whatever_2", json!({"Any": ["thing"]})),
        ("/sql/url", json!("postgresql://app@[::1]:5432/shop")),
        ("/sql/url", json!("mysql://db.example.com/shop")),
        ("/sql/connection_string", json!("host=db user=app")),
        ("/sql/connection_string", json!("mongodb://app@db.example.com/shop")),
        ("/sql/preparation", json!("call")),
    ] {
        let document = with(subsegment(), pointer, value);
        assert_eq!(validate(&document), Ok(()), "{document}");
    }
}

#[test]
fn every_field_refuses_a_wrong_type() {
    // What stands below these may hold anything.
    let free = ["/metadata/default/", "/metadata/shop/", "/links/0/attributes/"];
    let is_checked = |path: &str| !free.iter().any(|prefix| path.starts_with(prefix));
    for document in [segment(), subsegment()] {
        let mut pending = vec![(String::new(), &document)];
        while let Some((path, value)) = pending.pop() {
            if !path.is_empty() {
                let wrong = with(document.clone(), &path, json!([[]]));
                assert!(validate(&wrong).is_err(), "{path}");
            }
            let children: Vec<_> = match value {
                Value::Object(fields) => fields.iter().map(|(key, value)| (format!("{path}/{key}"), value)).collect(),
                Value::Array(elements) => {
                    elements.iter().enumerate().map(|(index, value)| (format!("{path}/{index}"), value)).collect()
                }
                _ => Vec::new(),
            };
            pending.extend(children.into_iter().filter(|(path, _)| is_checked(path)));
        }
    }
}

pub(super) fn minimal() -> Value {
    json!({"name": "a", "id": "70de5b6f19ff9a0a", "trace_id": "1-581cf771-a006649127e371903a2de979",
        "start_time": 1478293361.25, "in_progress": true})
}

pub(super) fn segment() -> Value {
    json!({
        "trace_id": "1-581cf771-a006649127e371903a2de979", "id": "70de5b6f19ff9a0a", "name": "checkout",
        "start_time": 1478293361.271001, "end_time": 1478293361.5, "parent_id": "53995c3f42cd8ad7",
        "origin": "AWS::EC2::Instance", "resource_arn": "arn:aws:ecs:eu-west-1:123456789012:task/t", "user": "bob",
        "service": {"name": "shop", "version": "1.2", "runtime": "rustc", "runtime_version": "1.95.0", "compiler": "rustc", "compiler_version": "1.95.0"},
        "error": true, "throttle": true, "fault": true,
        "http": {
            "request": {"method": "POST", "url": "https://example.com/cart", "user_agent": "curl", "client_ip": "10.0.0.1", "x_forwarded_for": true},
            "response": {"status": 503, "content_length": 17}
        },
        "aws": {
            "account_id": "123456789012",
            "ec2": {"instance_id": "i-1", "availability_zone": "eu-west-1a", "instance_size": "t3.micro", "ami_id": "ami-1"},
            "ecs": {"container": "c", "container_id": "1", "container_arn": "arn:aws:ecs",
                "task_arn": "arn:aws:ecs", "task_family": "f", "cluster_arn": "arn:aws:ecs", "availability_zone": "eu-west-1a", "launch_type": "EC2"},
            "eks": {"cluster_name": "c", "pod": "p", "container_id": "1"},
            "elastic_beanstalk": {"environment_name": "e", "version_label": "v", "deployment_id": 32},
            "tracing": {"sdk": "old"},
            "cloudwatch_logs": [{"log_group": "g", "arn": "arn:aws:logs"}],
            "xray": {"sdk": "X-Ray for Rust", "sdk_version": "0.1.0", "auto_instrumentation": false, "sampling_rule_name": "Default", "rule_name": "Default"}
        },
        "cause": {
            "working_directory": "/app", "paths": ["/app/src"],
            "exceptions": [
                {"id": "aaaaaaaaaaaaaaaa", "message": "boom", "type": "Error", "remote": true, "truncated": 0, "skipped": 1,
                    "cause": "bbbbbbbbbbbbbbbb", "stack": [{"path": "src/main.rs", "line": 7, "label": "main"}]},
                {"id": "bbbbbbbbbbbbbbbb", "message": "inner"}
            ]
        },
        "annotations": {"customer": "c-17", "items": 2, "vip": true},
        "metadata": {"default": {"cart": [1]}, "shop": {"n": 1}},
        "links": [{"trace_id": "1-581cf771-a006649127e371903a2de979", "id": "53995c3f42cd8ad8", "attributes": {"k": 1}}],
        "subsegments": [{"name": "S3", "id": "c96a2e2e5b5f1a2b", "start_time": 1478293361.3, "end_time": 1478293361.4, "namespace": "aws"}]
    })
}

pub(super) fn subsegment() -> Value {
    json!({
        "trace_id": "1-581cf771-a006649127e371903a2de979", "id": "53995c3f42cd8ad8", "name": "shop@db",
        "start_time": 1478293361.3, "end_time": 1478293361.4, "parent_id": "70de5b6f19ff9a0a", "type": "subsegment",
        "namespace": "remote", "traced": true, "precursor_ids": ["c96a2e2e5b5f1a2b"],
        "http": {"request": {"method": "GET", "url": "https://example.com/", "traced": true}, "response": {"status": 200}},
        "aws": call(),
        "sql": {"url": "postgresql://app@db.example.com:5432/shop", "connection_string": "x", "sanitized_query": "SELECT ?", "database_type": "PostgreSQL",
            "database_version": "17", "driver_version": "1", "user": "app", "preparation": "statement"},
        "annotations": {"a": 1},
        "metadata": {"default": {"m": 1}},
        "subsegments": [{"name": "inner", "id": "aaaaaaaaaaaaaaaa", "start_time": 1478293361.3, "in_progress": true}]
    })
}

fn call() -> Value {
    json!({
        "operation": "PutItem", "region": "eu-west-1", "request_id": "r", "account_id": "123456789012", "retries": 0, "id_2": "x",
        "queue_url": "https://sqs/1/q", "table_name": "t", "table_names": ["t"], "consistent_read": true, "scan_index_forward": false,
        "table_count": 1, "index_name": "i", "limit": 10, "count": 2, "scanned_count": 3,
        "message_id": "m", "message_count": 1, "failed_count": 0, "successful_count": 1, "queue_count": 1, "queue_name": "q",
        "delay_seconds": 1, "attribute_names": ["All"], "message_attribute_names": ["a"],
        "function_name": "f", "function_error": "Unhandled", "invocation_type": "Event", "topic_arn": "arn:aws:sns", "endpoint_name": "e",
        "bucket_name": "b", "version_id": "v", "prefix": "p",
        "xray": {"sdk": "X-Ray for Rust"}
    })
}

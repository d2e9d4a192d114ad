//! S3, against a server that checks signatures and stores files.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use serde_json::json;
use support::{ACCESS_KEY, Fixture, assert_flags, assert_raised_there, s3, storage};
use tempfile::TempDir;

async fn start() -> (Client, TempDir) {
    let (config, directory) = storage::start().await;
    (s3(&config), directory)
}

#[tokio::test]
async fn a_day_with_s3() {
    let fixture = Fixture::start();
    let (client, _directory) = start().await;
    let work = async {
        client.create_bucket().bucket("shop").send().await.unwrap();
        let put = client.put_object().bucket("shop").key("orders/17 é.json");
        put.body(ByteStream::from_static(b"secret")).send().await.unwrap();
        let output = client.get_object().bucket("shop").key("orders/17 é.json").send().await.unwrap();
        assert_eq!(output.body.collect().await.unwrap().into_bytes(), "secret");
        let listed = client.list_objects_v2().bucket("shop").prefix("orders/").send().await.unwrap();
        assert_eq!(listed.key_count(), Some(1));
        client.copy_object().bucket("shop").key("b").copy_source("shop/orders/17%20%C3%A9.json").send().await.unwrap();
        client.head_object().bucket("shop").key("b").send().await.unwrap();
        client.delete_object().bucket("shop").key("b").send().await.unwrap();
        client.list_buckets().send().await.unwrap();
    };
    let ((), trace) = fixture.traced(work).await;
    let calls = trace.root().children();
    let expected = [
        ("CreateBucket", json!({ "bucket_name": "shop" })),
        ("PutObject", json!({ "bucket_name": "shop", "key": "orders/17 é.json" })),
        ("GetObject", json!({ "bucket_name": "shop", "key": "orders/17 é.json" })),
        ("ListObjectsV2", json!({ "bucket_name": "shop", "prefix": "orders/" })),
        ("CopyObject", json!({ "bucket_name": "shop", "key": "b", "copy_source": "shop/orders/17%20%C3%A9.json" })),
        ("HeadObject", json!({ "bucket_name": "shop", "key": "b" })),
        ("DeleteObject", json!({ "bucket_name": "shop", "key": "b" })),
        ("ListBuckets", json!({})),
    ];
    assert_eq!(calls.len(), expected.len(), "{trace}");
    for (call, (operation, mut parameters)) in calls.iter().zip(expected) {
        parameters["operation"] = operation.into();
        parameters["region"] = "us-east-1".into();
        parameters["retries"] = 0.into();
        let mut recorded = call.get("/aws").clone();
        // Whether there is one depends on the server.
        recorded.as_object_mut().unwrap().remove("request_id");
        assert_eq!(recorded, parameters);
        assert_eq!((call.name(), call.get("/namespace")), ("S3", &json!("aws")));
        assert_flags(call, &[]);
    }
    assert_eq!(calls[2].get("/http/response"), &json!({ "status": 200, "content_length": 6 }));
    assert!(!fixture.documents().texts().any(|text| text.contains("secret")));
}

#[tokio::test]
async fn what_is_not_there_is_the_caller_s_error() {
    let fixture = Fixture::start();
    let (client, _directory) = start().await;
    client.create_bucket().bucket("shop").send().await.unwrap();
    let (outcome, call) = fixture.call(client.get_object().bucket("shop").key("missing").send()).await;
    assert_raised_there(&call, &outcome.unwrap_err());
    assert_eq!(call.get("/cause/exceptions/0/type"), "NoSuchKey");
    assert_flags(&call, &["error"]);
}

#[tokio::test]
async fn a_wrong_signature_is_the_caller_s_error() {
    let fixture = Fixture::start();
    let (client, _directory) = start().await;
    let stranger = aws_sdk_s3::config::Credentials::new(ACCESS_KEY, "wrong", None, None, "test");
    let config = client.config().to_builder().credentials_provider(stranger).build();
    let (outcome, call) = fixture.call(Client::from_conf(config).list_buckets().send()).await;
    assert_raised_there(&call, &outcome.unwrap_err());
    assert_eq!(call.get("/cause/exceptions/0/type"), "SignatureDoesNotMatch");
    assert_flags(&call, &["error"]);
}

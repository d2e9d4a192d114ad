//! The calls that the SDK makes for itself, for credentials: traced where its configuration is, and without a secret.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, SdkConfig, imds};
use serde_json::json;
use support::scripted::{Answer, Server};
use support::{Fixture, assert_flags, sdk_config};
use xray_aws::XRayHttpClient;

const ROLE: &str = "arn:aws:iam::123456789012:role/reader";
const EMPTY: Answer = Answer::Http(200, "content-type: application/x-amz-json-1.0\r\nx-amzn-requestid: R1\r\n", "{}");

/// A configuration whose loader was given the client that traces.
async fn load(url: &str) -> SdkConfig {
    let plain = sdk_config(url);
    aws_config::defaults(BehaviorVersion::latest())
        .region(plain.region().cloned())
        .endpoint_url(url)
        .credentials_provider(plain.credentials_provider().unwrap())
        .http_client(XRayHttpClient::new(plain.http_client().unwrap()))
        .retry_config(RetryConfig::disabled())
        .load()
        .await
}

#[tokio::test]
async fn a_role_is_assumed_in_the_trace_of_the_call_that_needs_it() {
    const SESSION: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
        <AccessKeyId>AKID</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey><SessionToken>t0ken</SessionToken>\
        <Expiration>2126-11-20T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
    let fixture = Fixture::start();
    let server = Server::start([Answer::Http(200, "content-type: text/xml\r\n", SESSION), EMPTY, EMPTY]).await;
    let base = load(&server.url).await;
    let role = AssumeRoleProvider::builder(ROLE).session_name("shop").configure(&base).build().await;
    let config = aws_sdk_dynamodb::config::Builder::from(&base).credentials_provider(role);
    let client = xray_aws::attach!(aws_sdk_dynamodb, aws_sdk_dynamodb::Client::from_conf(config.build()));
    let work = async {
        client.list_tables().send().await.unwrap();
        client.list_tables().send().await.unwrap();
    };
    let ((), trace) = fixture.traced(work).await;
    let mut calls = trace.root().children();
    calls.sort_by_key(|call| call.name().to_owned());
    let names: Vec<_> = calls.iter().map(|call| call.name()).collect();
    assert_eq!(names, ["DynamoDB", "DynamoDB", "STS"], "{trace}");
    assert_eq!(calls[2].get("/aws"), &json!({ "operation": "AssumeRole", "region": "us-east-1", "retries": 0 }));
    assert_flags(&calls[2], &[]);
    let headers = server.header("x-amzn-trace-id");
    assert_eq!(headers.len(), 3);
    assert!(headers.iter().zip([2, 0, 1]).all(|(header, call)| header.contains(calls[call].id())), "{headers:?}");
    assert!(!fixture.documents().texts().any(|text| text.contains("s3cret") || text.contains("t0ken")));
}

#[tokio::test]
async fn a_role_that_is_refused_is_the_fault_of_the_call_that_needed_it() {
    const DENIED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
        <Message>not you</Message></Error><RequestId>R2</RequestId></ErrorResponse>";
    let fixture = Fixture::start();
    let server = Server::start([Answer::Http(403, "content-type: text/xml\r\n", DENIED)]).await;
    let base = load(&server.url).await;
    let role = AssumeRoleProvider::builder(ROLE).session_name("shop").configure(&base).build().await;
    let config = aws_sdk_dynamodb::config::Builder::from(&base).credentials_provider(role);
    let client = xray_aws::attach!(aws_sdk_dynamodb, aws_sdk_dynamodb::Client::from_conf(config.build()));
    let (outcome, trace) = fixture.traced(client.describe_table().table_name("orders").send()).await;
    outcome.unwrap_err();
    let (dynamodb, sts) = (trace.root().child("DynamoDB"), trace.root().child("STS"));
    assert_flags(&sts, &["error"]);
    assert_eq!(sts.get("/cause/exceptions/0/type"), "AccessDenied");
    assert_flags(&dynamodb, &["fault"]);
    assert_eq!(dynamodb.get("/aws/table_name"), "orders", "of the request that was never sent");
    assert_eq!(dynamodb.get("/http"), &json!(null));
}

#[tokio::test]
async fn the_instance_s_own_metadata_is_no_call_of_a_service() {
    let fixture = Fixture::start();
    let server = Server::start([
        Answer::Http(200, "x-aws-ec2-metadata-token-ttl-seconds: 60\r\n", "t0ken"),
        Answer::Http(200, "", "i-17"),
    ])
    .await;
    let inner = aws_smithy_http_client::Builder::new().build_http();
    let config = ProviderConfig::without_region().with_http_client(XRayHttpClient::new(inner));
    let client = imds::Client::builder().configure(&config).endpoint(&server.url).unwrap().build();
    let (outcome, trace) = fixture.traced(client.get("/latest/meta-data/instance-id")).await;
    assert_eq!(outcome.unwrap().as_ref(), "i-17");
    assert_eq!(trace.nodes().len(), 1, "{trace}");
    assert_eq!(server.header("x-amzn-trace-id"), ["", ""]);
}

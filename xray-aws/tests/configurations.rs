//! Clients of a configuration that is traced, and clients that are traced later.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use serde_json::json;
use support::scripted::{Answer, Server};
use support::{Fixture, assert_flags, assert_raised_there, s3_config, sdk_config};
use test_support::ClosedPort;
use xray_aws::{Parameter, SdkConfigExt as _, XRayHttpClient, XRayInterceptor};
use xray_core::{Library, XRayFutureExt as _};

const JSON: &str = "content-type: application/x-amz-json-1.0\r\nx-amzn-requestid: R1\r\n";
const EMPTY: Answer = Answer::Http(200, JSON, "{}");

/// A library that knows nothing of traces, and makes a client for itself.
async fn third_party(config: &SdkConfig, table: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let client = aws_sdk_dynamodb::Client::new(config);
    client
        .query()
        .table_name(table)
        .expression_attribute_values(":id", AttributeValue::S("secret".to_owned()))
        .send()
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_third_party_s_client_is_traced() {
    let fixture = Fixture::start();
    const PAGE: &str = r#"{"Count":1,"ScannedCount":7,"Items":[{"id":{"S":"secret"}}]}"#;
    let server = Server::start([Answer::Http(200, JSON, PAGE)]).await;
    let config = sdk_config(&server.url).xray();
    let (outcome, call) = fixture.call(third_party(&config, "orders")).await;
    outcome.unwrap();
    assert_eq!((call.name(), call.get("/namespace")), ("DynamoDB", &json!("aws")));
    assert_eq!(
        call.get("/aws"),
        &json!({
            "operation": "Query", "region": "us-east-1", "retries": 0, "request_id": "R1", "table_name": "orders", "count": 1,
            "scanned_count": 7,
        })
    );
    assert_eq!(call.get("/http/response"), &json!({ "status": 200, "content_length": PAGE.len() }));
    assert_flags(&call, &[]);
    let expected = format!("Root={};Parent={};Sampled=1", call.trace().id(), call.id());
    assert_eq!(server.header("x-amzn-trace-id"), [expected]);
    assert!(!fixture.documents().texts().any(|text| text.contains("secret")));
}

#[tokio::test]
async fn buckets_and_keys_are_found_behind_the_endpoint() {
    let fixture = Fixture::start();
    let server = Server::start([Answer::Http(200, "x-amz-request-id: R1\r\nx-amz-id-2: E1\r\n", "body")]).await;
    let client = aws_sdk_s3::Client::from_conf(s3_config(&sdk_config(&server.url).xray()).build());
    let (outcome, call) = fixture.call(client.get_object().bucket("shop").key("orders/17 é.json").send()).await;
    assert_eq!(outcome.unwrap().body.collect().await.unwrap().into_bytes(), "body");
    assert_eq!(
        call.get("/aws"),
        &json!({
            "operation": "GetObject", "region": "us-east-1", "retries": 0, "bucket_name": "shop", "key": "orders/17 é.json",
            "request_id": "R1", "id_2": "E1",
        })
    );
}

#[tokio::test]
async fn each_attempt_is_recorded_with_the_service_s_error() {
    let fixture = Fixture::start();
    const SLOW: &str =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"too fast"}"#;
    const BROKEN: &str = "<html>502</html>";
    let server =
        Server::start([Answer::Http(400, JSON, SLOW), Answer::Http(502, "", BROKEN), Answer::Http(200, JSON, "{}")])
            .await;
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = sdk_config(&server.url).into_builder().retry_config(retries).build().xray();
    let (outcome, trace) = fixture.traced(third_party(&config, "orders")).await;
    outcome.unwrap();
    let calls = trace.root().children();
    for (call, (retries, flags, code)) in calls.iter().zip([
        (0, ["error", "throttle"].as_slice(), json!("ProvisionedThroughputExceededException")),
        (1, &["fault"], json!("HTTP 502")),
        (2, &[], json!(null)),
    ]) {
        assert_eq!(call.get("/aws/retries"), retries);
        assert_flags(call, flags);
        assert_eq!(call.get("/cause/exceptions/0/type"), &code);
    }
    assert_eq!(calls.len(), 3, "{trace}");
    let headers = server.header("x-amzn-trace-id");
    assert_eq!(headers.len(), 3);
    assert!(headers.iter().zip(&calls).all(|(header, call)| header.contains(call.id())), "{headers:?}");
}

#[tokio::test]
async fn the_program_sees_the_error_that_is_recorded() {
    let fixture = Fixture::start();
    const GONE: &str =
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"no such table"}"#;
    let server = Server::start([Answer::Http(400, JSON, GONE)]).await;
    let client = aws_sdk_dynamodb::Client::new(&sdk_config(&server.url).xray());
    let (outcome, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
    assert_raised_there(&call, &error);
    assert_flags(&call, &["error"]);
}

#[tokio::test]
async fn failures_on_the_way_are_faults() {
    let fixture = Fixture::start();
    let refused = ClosedPort::hold();
    let cut = Server::start([Answer::Text("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")]).await;
    for (url, kind) in [(format!("http://{refused}"), "DispatchFailure"), (cut.url.clone(), "ResponseError")] {
        let config = sdk_config(&url).xray();
        let (outcome, call) = fixture.call(third_party(&config, "orders")).await;
        outcome.unwrap_err();
        assert_flags(&call, &["fault"]);
        assert_eq!(call.get("/cause/exceptions/0/type"), kind);
        assert!(call.get("/cause/exceptions/1").is_object(), "{call:?}");
    }
}

#[tokio::test]
async fn a_timeout_and_a_dropped_call_end_without_blame() {
    let fixture = Fixture::start();
    let server =
        Server::start([Answer::Stalled(""), Answer::Stalled("HTTP/1.1 400 Wrong\r\ncontent-length: 9\r\n\r\n")]).await;
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_millis(100)).build();
    let config = sdk_config(&server.url).into_builder().timeout_config(timeouts).build().xray();
    for (flags, code) in [([].as_slice(), json!(null)), (&["error"], json!("HTTP 400"))] {
        let (outcome, call) = fixture.call(third_party(&config, "orders")).await;
        outcome.unwrap_err();
        assert_flags(&call, flags);
        assert_eq!(call.get("/cause/exceptions/0/type"), &code);
        assert!(call.get("/end_time").is_number(), "{call:?}");
    }
}

#[tokio::test]
async fn attached_twice_and_beside_an_interceptor_it_records_once() {
    let fixture = Fixture::start();
    let server = Server::start([EMPTY, EMPTY, EMPTY]).await;
    let twice = sdk_config(&server.url).xray().xray();
    let (outcome, call) = fixture.call(third_party(&twice, "orders")).await;
    outcome.unwrap();
    let mut ids = vec![call.id().to_owned()];
    let client = xray_aws::client!(aws_sdk_dynamodb, &twice);
    let (_, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
    ids.push(call.id().to_owned());
    let client = aws_sdk_dynamodb::Client::new(&twice);
    let call = client.describe_table().table_name("orders").customize().interceptor(XRayInterceptor::new());
    let (_, call) = fixture.call(call.send()).await;
    ids.push(call.id().to_owned());
    let headers = server.header("x-amzn-trace-id");
    assert_eq!(headers.len(), ids.len());
    for (header, id) in headers.iter().zip(&ids) {
        assert!(header.contains(id), "{header} {id}");
    }
}

#[tokio::test]
async fn only_what_is_patched_and_sampled_and_in_a_segment_is_recorded() {
    let server = Server::start([EMPTY, EMPTY, EMPTY]).await;
    let config = sdk_config(&server.url).xray();
    Fixture::start().without_segment(third_party(&config, "orders")).await.unwrap();
    let unpatched = Fixture::with(|builder| builder.libraries([Library::Rusqlite]));
    let (_, trace) = unpatched.traced(third_party(&config, "orders")).await;
    assert_eq!(trace.nodes().len(), 1, "{trace}");
    let unsampled = Fixture::start();
    let segment = unsampled.unsampled_segment();
    let root = segment.trace_id().unwrap();
    third_party(&config, "orders").in_segment(segment).await.unwrap();
    unsampled.assert_nothing_sent();
    assert_eq!(server.header("x-amzn-trace-id"), ["".to_owned(), "".to_owned(), format!("Root={root};Sampled=0")]);
}

#[tokio::test]
async fn calls_to_x_ray_itself_are_not_traced() {
    let fixture = Fixture::start();
    let server = Server::start([EMPTY]).await;
    let client = aws_sdk_dynamodb::Client::new(&sdk_config(&server.url).xray());
    let call = client.describe_table().table_name("orders").customize().mutate_request(|request| {
        request.headers_mut().insert("x-amz-user-agent", "aws-sdk-rust/1.3.8 api/xray/1.100.0");
    });
    let (_, trace) = fixture.traced(call.send()).await;
    assert_eq!(trace.nodes().len(), 1, "{trace}");
    assert_eq!(server.header("x-amzn-trace-id"), [""]);
}

#[tokio::test]
async fn fifty_calls_at_once_keep_their_parents() {
    let fixture = Fixture::start();
    let server = Server::start((0..50).map(|_| EMPTY)).await;
    let config = sdk_config(&server.url).xray();
    let query = async |number: i32| {
        let table = format!("table-{number}");
        third_party(&config, &table).in_subsegment(format!("work {number}")).await.unwrap();
    };
    let (_, trace) = fixture.traced(join_all((0..50).map(query))).await;
    assert_eq!(trace.root().children().len(), 50, "{trace}");
    for work in trace.root().children() {
        let calls = work.children();
        assert_eq!(calls.len(), 1, "{work:?}");
        assert_eq!(calls[0].get("/aws/table_name"), &work.name().replace("work ", "table-"), "{work:?}");
    }
}

#[tokio::test]
async fn a_service_s_own_http_client_is_traced_when_it_is_wrapped() {
    let fixture = Fixture::start();
    let server = Server::start([EMPTY]).await;
    let inner = aws_smithy_http_client::Builder::new().build_http();
    let config =
        aws_sdk_dynamodb::config::Builder::from(&sdk_config(&server.url)).http_client(XRayHttpClient::new(inner));
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    let (_, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
    assert_eq!(call.get("/aws/table_name"), "orders");
}

#[tokio::test]
async fn a_client_that_is_there_already_is_traced_when_it_is_attached_to() {
    let fixture = Fixture::start();
    let server = Server::start([EMPTY, EMPTY]).await;
    let untraced = aws_sdk_dynamodb::Client::new(&sdk_config(&server.url));
    let client = xray_aws::attach!(aws_sdk_dynamodb, &untraced);
    let client = xray_aws::attach!(aws_sdk_dynamodb, client);
    let (_, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
    assert_eq!(call.get("/aws/operation"), "DescribeTable");
    let (_, trace) = fixture.traced(untraced.describe_table().table_name("orders").send()).await;
    assert_eq!(trace.nodes().len(), 1, "{trace}");
}

#[tokio::test]
async fn a_program_s_own_parameters_are_recorded_too() {
    let fixture = Fixture::start();
    const ANSWER: &str = r#"{"Table":{"TableId":"t-17","ItemCount":3}}"#;
    let server = Server::start([Answer::Http(200, JSON, ANSWER), EMPTY]).await;
    let interceptor = XRayInterceptor::new()
        .request_parameters(
            "DynamoDB",
            "DescribeTable",
            [Parameter::header("x-amz-target", "target"), Parameter::value("TableName", "described")],
        )
        .response_parameters("DynamoDB", "DescribeTable", [Parameter::keys("Table", "members")])
        .request_parameters("DynamoDB", "Query", [Parameter::keys("ExpressionAttributeValues", "placeholders")])
        .request_parameters("SQS", "DescribeTable", [Parameter::value("TableName", "wrong_service")]);
    let config = aws_sdk_dynamodb::config::Builder::from(&sdk_config(&server.url)).interceptor(interceptor);
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    let (_, call) = fixture.call(client.describe_table().table_name("orders").send()).await;
    assert_eq!(
        call.get("/aws"),
        &json!({
            "operation": "DescribeTable", "region": "us-east-1", "retries": 0, "request_id": "R1", "table_name": "orders",
            "described": "orders", "target": "DynamoDB_20120810.DescribeTable", "members": ["TableId", "ItemCount"],
        })
    );
    let query =
        client.query().table_name("orders").expression_attribute_values(":id", AttributeValue::S("secret".into()));
    let (_, call) = fixture.call(query.send()).await;
    assert_eq!(call.get("/aws/placeholders"), &json!([":id"]));
}

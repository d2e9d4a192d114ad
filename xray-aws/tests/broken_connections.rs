//! Connections that break, in every way that a network knows.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use serde_json::json;
use support::proxy::{self, Fate};
use support::scripted::{Answer, Server};
use support::{Fixture, assert_flags, dynamodb, s3, sdk_config};

const JSON: &str = "content-type: application/x-amz-json-1.0\r\n";
const TABLES: Answer = Answer::Http(200, JSON, r#"{"TableNames":["orders","carts"]}"#);

fn trying(url: &str, attempts: u32) -> SdkConfig {
    let retries = RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(Duration::from_millis(1));
    sdk_config(url).into_builder().retry_config(retries).build()
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_fault_with_its_causes() {
    let fixture = Fixture::start();
    for (fate, kind, status) in [
        (Fate::Reset, "DispatchFailure", json!(null)),
        (Fate::CloseAfter(0), "DispatchFailure", json!(null)),
        (Fate::CloseAfter(20), "DispatchFailure", json!(null)),
        // The head has 120 bytes, and the body some more.
        (Fate::CloseAfter(130), "ResponseError", json!(200)),
    ] {
        let server = Server::start([TABLES]).await;
        let url = proxy::start(&server.url, [fate]).await;
        let (outcome, call) = fixture.call(dynamodb(&trying(&url, 1)).list_tables().send()).await;
        outcome.unwrap_err();
        assert_flags(&call, &["fault"]);
        assert_eq!(call.get("/cause/exceptions/0/type"), kind, "{fate:?}");
        assert!(call.get("/cause/exceptions/1").is_object(), "{fate:?} {call:?}");
        assert_eq!(call.get("/http/response/status"), &status, "{fate:?}");
    }
}

#[tokio::test]
async fn a_call_that_gets_through_in_the_end_is_not_at_fault() {
    let fixture = Fixture::start();
    let server = Server::start([TABLES, TABLES]).await;
    let url = proxy::start(&server.url, [Fate::Reset, Fate::CloseAfter(130)]).await;
    let (outcome, call) = fixture.call(dynamodb(&trying(&url, 3)).list_tables().send()).await;
    outcome.unwrap();
    assert_flags(&call, &[]);
    assert_eq!((call.get("/aws/retries"), call.get("/aws/table_count")), (&json!(2), &json!(2)));
    assert_eq!(call.get("/cause"), &json!(null));
}

#[tokio::test]
async fn attempts_that_all_break_are_one_fault() {
    let fixture = Fixture::start();
    let server = Server::start([]).await;
    let url = proxy::start(&server.url, [Fate::Reset; 3]).await;
    let (outcome, call) = fixture.call(dynamodb(&trying(&url, 3)).list_tables().send()).await;
    outcome.unwrap_err();
    assert_flags(&call, &["fault"]);
    assert_eq!(call.get("/aws/retries"), 2);
    assert_eq!(call.get("/cause/exceptions/0/type"), "DispatchFailure");
}

#[tokio::test]
async fn a_black_hole_is_a_timeout_of_the_operation() {
    let fixture = Fixture::start();
    let server = Server::start([]).await;
    let url = proxy::start(&server.url, [Fate::BlackHole]).await;
    let timeouts = TimeoutConfig::builder().operation_timeout(Duration::from_millis(100)).build();
    let config = trying(&url, 3).into_builder().timeout_config(timeouts).build();
    let (outcome, call) = fixture.call(dynamodb(&config).list_tables().send()).await;
    outcome.unwrap_err();
    assert_flags(&call, &["fault"]);
    assert_eq!(call.get("/cause/exceptions/0/type"), "TimeoutError");
}

#[tokio::test]
async fn a_throttled_call_over_a_broken_connection_has_the_last_outcome() {
    let fixture = Fixture::start();
    const SLOW: Answer = Answer::Http(400, JSON, r#"{"__type":"ThrottlingException","message":"too fast"}"#);
    let server = Server::start([SLOW, SLOW]).await;
    let url = proxy::start(&server.url, [Fate::Reset]).await;
    let (outcome, call) = fixture.call(dynamodb(&trying(&url, 3)).list_tables().send()).await;
    outcome.unwrap_err();
    assert_flags(&call, &["error", "throttle"]);
    assert_eq!(call.get("/aws/retries"), 2);
    assert_eq!(call.get("/cause/exceptions/0/type"), "ThrottlingException");
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_the_fault_of_who_reads_it() {
    let fixture = Fixture::start();
    let server = Server::start([Answer::Text("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n0123456789")]).await;
    let url = proxy::start(&server.url, [Fate::CloseAfter(50)]).await;
    let client = s3(&trying(&url, 3));
    let work = async {
        let output = client.get_object().bucket("shop").key("a").send().await.unwrap();
        xray_core::capture_async("download", output.body.collect()).await.unwrap_err();
    };
    let ((), trace) = fixture.traced(work).await;
    let (call, download) = (trace.root().child("S3"), trace.root().child("download"));
    assert_flags(&call, &[]);
    assert_eq!(call.get("/http/response"), &json!({ "status": 200, "content_length": 1000 }));
    assert_eq!(call.get("/aws/retries"), 0);
    assert_flags(&download, &["fault"]);
}

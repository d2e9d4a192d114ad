//! Answers that are streams of events: the subsegment ends with their headers, and nobody but the program reads them.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use aws_sdk_lambda::primitives::Blob;
use serde_json::json;
use support::scripted::{Answer, Server};
use support::{Fixture, assert_flags, sdk_config};
use xray_aws::SdkConfigExt as _;

/// A stream that has ended: the SDK waits for the first event before it returns.
const EVENTS: Answer =
    Answer::Http(200, "content-type: application/vnd.amazon.eventstream\r\nx-amzn-requestid: R1\r\n", "");

#[tokio::test]
async fn the_events_are_left_to_the_program() {
    let fixture = Fixture::start();
    for by_configuration in [false, true] {
        let server = Server::start([EVENTS]).await;
        let config = sdk_config(&server.url);
        let client = if by_configuration {
            aws_sdk_lambda::Client::new(&config.xray())
        } else {
            xray_aws::client!(aws_sdk_lambda, &config)
        };
        let invoke =
            client.invoke_with_response_stream().function_name("price").qualifier("live").payload(Blob::new("secret"));
        let (outcome, call) = fixture.call(invoke.send()).await;
        let mut events = outcome.unwrap().event_stream;
        assert!(events.recv().await.unwrap().is_none());
        assert_eq!(
            call.get("/aws"),
            &json!({
                "operation": "InvokeWithResponseStream", "region": "us-east-1", "retries": 0, "function_name": "price",
                "qualifier": "live", "request_id": "R1",
            })
        );
        assert_eq!(call.get("/http/response"), &json!({ "status": 200, "content_length": 0 }));
        assert_flags(&call, &[]);
    }
    assert!(!fixture.documents().texts().any(|text| text.contains("secret")));
}

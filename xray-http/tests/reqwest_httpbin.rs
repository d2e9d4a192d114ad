//! The same against httpbin, a server that is not ours.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use xray_http::reqwest::{Client, ClientExt as _};

use support::{Fixture, plain_client};
use test_support::ClosedPort;

#[tokio::test]
#[ignore = "needs httpbin: run tests/run"]
async fn statuses() {
    let (fixture, client, url) = set_up();
    for (status, flags) in [(200, ""), (404, " [error]"), (429, " [error, throttle]"), (500, " [fault]")] {
        let (_, trace) = fixture.traced(client.get(format!("{url}/status/{status}?foo=bar")).send()).await;
        let host = trace.root().children()[0].name().to_owned();
        assert_eq!(trace.render(), format!("shop\n└─ {host} GET {status}{flags}\n"));
        assert_eq!(trace.find(&host).get("/http/request/url"), &format!("{url}/status/{status}"));
        assert_eq!(trace.find(&host).get("/http/response/content_length"), 0);
    }
}

#[tokio::test]
#[ignore = "needs httpbin: run tests/run"]
async fn header_and_body_arrive() {
    let (fixture, client, url) = set_up();
    let request = client.post(format!("{url}/post")).json(&json!({"item": "lamp"}));
    let (echo, node) = fixture.call(async { request.send().await?.json::<Value>().await }).await;
    let echo = echo.unwrap();
    assert_eq!(echo["json"], json!({"item": "lamp"}));
    assert_eq!(
        echo["headers"]["X-Amzn-Trace-Id"],
        format!("Root={};Parent={};Sampled=1", node.trace().id(), node.id())
    );
}

#[tokio::test]
#[ignore = "needs httpbin: run tests/run"]
async fn an_unsampled_header_arrives() {
    use xray_core::XRayFutureExt as _;
    let (fixture, client, url) = set_up();
    let segment = fixture.unsampled_segment();
    let root = segment.trace_id().unwrap();
    let call = async { client.get(format!("{url}/headers")).send().await?.json::<Value>().await };
    let echo = call.in_segment(segment).await.unwrap();
    let header = echo["headers"]["X-Amzn-Trace-Id"].as_str().unwrap();
    assert!(header.starts_with(&format!("Root={root};")) && header.ends_with("Sampled=0"), "{header}");
}

#[tokio::test]
#[ignore = "needs httpbin: run tests/run"]
async fn redirects_and_streams() {
    let (fixture, client, url) = set_up();
    let (_, node) = fixture.call(client.get(format!("{url}/redirect/3")).send()).await;
    assert_eq!(node.get("/http/request/url"), &format!("{url}/redirect/3"));
    assert_eq!(node.get("/http/response/status"), 200);
    let (response, node) = fixture.call(client.get(format!("{url}/stream/2")).send()).await;
    assert_eq!(node.get("/http/response/content_length"), -1);
    assert_eq!(response.unwrap().text().await.unwrap().lines().count(), 2);
    let (response, node) = fixture.call(client.get(format!("{url}/redirect/20?token=s3cret")).send()).await;
    assert!(response.unwrap_err().is_redirect());
    assert_eq!(node.get("/fault"), true);
    assert!(fixture.documents().texts().all(|text| !text.contains("s3cret")));
}

#[tokio::test]
#[ignore = "needs httpbin: run tests/run"]
async fn timeouts_cancellation_and_refusals() {
    let (fixture, client, url) = set_up();
    let slow = format!("{url}/delay/5");
    let (response, node) = fixture.call(client.get(&slow).timeout(Duration::from_millis(100)).send()).await;
    assert!(response.unwrap_err().is_timeout());
    assert_eq!(node.get("/fault"), true);
    let (_, node) = fixture.call(tokio::time::timeout(Duration::from_millis(100), client.get(&slow).send())).await;
    assert_eq!((node.get("/fault"), node.get("/cause")), (&Value::Null, &Value::Null));
    let closed = ClosedPort::hold();
    let (response, node) = fixture.call(client.get(format!("http://{closed}")).send()).await;
    assert!(response.unwrap_err().is_connect());
    assert_eq!(node.get("/fault"), true);
}

#[tokio::test]
#[ignore = "needs httpbin: run tests/run"]
async fn concurrent_calls() {
    use futures::future::join_all;
    use xray_core::XRayFutureExt as _;
    let (fixture, client, url) = set_up();
    let calls = (0..50).map(|number| {
        let call = client.get(format!("{url}/anything/{number}")).send();
        call.in_subsegment(format!("order {number}"))
    });
    let (responses, trace) = fixture.traced(async { join_all(calls).await }).await;
    assert!(responses.iter().all(Result::is_ok));
    for number in 0..50 {
        let calls = trace.root().child(&format!("order {number}")).children();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].get("/http/request/url"), &format!("{url}/anything/{number}"));
    }
}

fn set_up() -> (Fixture, Client, String) {
    let url = std::env::var("XRAY_TEST_HTTPBIN_URL").expect("XRAY_TEST_HTTPBIN_URL is not set: run tests/run");
    (Fixture::start(), plain_client().xray(), url.trim_end_matches('/').to_owned())
}

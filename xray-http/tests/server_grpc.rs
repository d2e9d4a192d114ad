//! What is recorded of gRPC requests, by the clients and servers of tonic.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/grpc.rs"]
mod grpc;
mod support;
#[path = "support/server.rs"]
mod server;

use serde_json::{Value, json};
use tonic::transport::server::TcpConnectInfo;
use tonic_health::pb::health_client::HealthClient;
use xray_core::XRayFutureExt as _;
use xray_http::Naming;

use grpc::{SERVICE, channel, serve_scripted_with, traced_client};
use server::{layer, segments};
use support::{Fixture, Node};

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_is_named_after_the_service() {
    let fixture = Fixture::start();
    let peer = |extensions: &axum::http::Extensions| Some(extensions.get::<TcpConnectInfo>()?.remote_addr()?.ip());
    let layer = layer(&fixture, Naming::by_grpc_service("other")).client_address(peer);
    let url = serve_scripted_with(layer).await;
    HealthClient::new(channel(&url)).check(grpc::request("0")).await.unwrap();
    let segment = segments(&fixture, 1).remove(0);
    assert_eq!(segment.name(), SERVICE);
    let request = segment.get("/http/request");
    assert_eq!(request["url"], json!(format!("{}/{SERVICE}/Check", url.replace("http:", "grpc:"))));
    assert_eq!((&request["method"], &request["client_ip"]), (&json!("POST"), &json!("127.0.0.1")));
    assert!(request["user_agent"].as_str().unwrap().starts_with("tonic/"));
    assert_eq!(segment.get("/http/response"), &json!({"status": 200}));
    check(&segment, &json!({}), None);
}

/// Protocol row 85 and §1.7; `RESOURCE_EXHAUSTED` is an error as well, as every throttled request is.
#[tokio::test(flavor = "multi_thread")]
async fn statuses_set_flags_wherever_they_are() {
    let fixture = Fixture::start();
    let url = serve_scripted_with(layer(&fixture, "stock")).await;
    let mut client = HealthClient::new(channel(&url));
    let cases = [
        (0, None, json!({})),
        (5, Some("NOT_FOUND"), json!({"error": true})),
        (8, Some("RESOURCE_EXHAUSTED"), json!({"error": true, "throttle": true})),
        (13, Some("INTERNAL"), json!({"fault": true})),
        (16, Some("UNAUTHENTICATED"), json!({"error": true})),
    ];
    for (position, (status, name, flags)) in cases.into_iter().enumerate() {
        // Without messages the status is among the headers, else behind them.
        client.check(grpc::request(&status.to_string())).await.err();
        let mut messages = client.watch(grpc::request(&status.to_string())).await.unwrap().into_inner();
        while let Ok(Some(_)) = messages.message().await {}
        for segment in &segments(&fixture, 2 * position + 2)[2 * position..] {
            assert_eq!((segment.name(), segment.get("/http/response/status")), ("stock", &json!(200)));
            check(segment, &flags, name);
        }
    }
}

/// A client that is traced and a server that is, each with its own layer.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_and_its_request_are_one_trace() {
    let fixture = Fixture::start();
    let url = serve_scripted_with(layer(&fixture, "stock")).await;
    let segment = fixture.recorder.begin_segment("shop");
    let id = segment.trace_id().unwrap().to_string();
    async { traced_client(&url).check(grpc::request("16")).await.unwrap_err() }.in_segment(segment).await;
    let tree = format!("shop\n└─ {SERVICE} POST 200 [error]\n   └─ stock POST 200 [error]\n");
    fixture.wait_until(|documents| documents.len() == 2);
    assert_eq!(fixture.documents().trace(&id).render(), tree);
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_at_once_keep_their_traces() {
    let fixture = Fixture::start();
    let url = serve_scripted_with(layer(&fixture, "stock")).await;
    let client = traced_client(&url);
    let calls = (0..50).map(|_| {
        let (mut client, segment) = (client.clone(), fixture.recorder.begin_segment("shop"));
        async move { grpc::echoed(&client.check(grpc::request("echo")).await.unwrap()) }.in_segment(segment)
    });
    futures::future::join_all(calls).await;
    fixture.wait_until(|documents| documents.len() == 100);
    for trace in fixture.documents().traces() {
        assert_eq!(trace.render(), format!("shop\n└─ {SERVICE} POST 200\n   └─ stock POST 200\n"));
    }
}

#[track_caller]
fn check(segment: &Node, flags: &Value, name: Option<&str>) {
    for flag in ["error", "throttle", "fault"] {
        assert_eq!(segment.json().get(flag), flags.get(flag), "{flag} of {segment:?}");
    }
    let exception = |field: &str| segment.get(&format!("/cause/exceptions/0/{field}")).clone();
    match name {
        Some(name) => {
            assert_eq!((exception("type"), exception("message")), (json!(name), json!("100% à l'eau")));
            assert_eq!(exception("remote"), Value::Null, "it is the service's own");
        }
        None => assert_eq!(segment.get("/cause"), &Value::Null),
    }
}

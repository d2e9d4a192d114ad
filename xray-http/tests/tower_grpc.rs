//! What is recorded of gRPC calls, by the clients and servers of tonic.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

#[path = "support/grpc.rs"]
mod grpc;
mod support;

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::post;
use axum::{BoxError, Router};
use futures::FutureExt as _;
use http_body_util::{BodyExt as _, StreamBody};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tonic::Code;
use tonic_health::pb::health_client::HealthClient;
use tower::{Layer as _, ServiceExt as _, service_fn};
use xray_core::begin_subsegment;
use xray_http::tower::XRayClientLayer;

use grpc::{SERVICE, channel, serve_scripted, traced_client};
use support::{Fixture, Node};
use test_support::ClosedPort;

#[tokio::test]
async fn a_call_is_named_after_its_service() {
    let fixture = Fixture::start();
    let (_, server) = tonic_health::server::health_reporter();
    let url = grpc::serve(server).await;
    let authority = url.strip_prefix("http://").unwrap();
    let (response, node) = fixture.call(traced_client(&url).check(grpc::request(""))).await;
    assert_eq!(response.unwrap().get_ref().status, 1);
    assert_eq!((node.name(), node.get("/namespace")), (SERVICE, &json!("remote")));
    let http = json!({
        "request": {"method": "POST", "url": format!("grpc://{authority}/{SERVICE}/Check")},
        // Five bytes in front of a message, and two of its one field.
        "response": {"status": 200, "content_length": 7},
    });
    assert_eq!(node.get("/http"), &http);
    check_flags(&node, &json!({}));
    assert_eq!(node.get("/cause"), &Value::Null);

    let mut without_origin = HealthClient::new(XRayClientLayer::new().layer(channel(&url)));
    let (response, node) = fixture.call(without_origin.check(grpc::request("shop.Stock"))).await;
    assert_eq!(response.unwrap_err().code(), Code::NotFound);
    assert_eq!((node.name(), node.get("/http/request/url")), (SERVICE, &json!(format!("/{SERVICE}/Check"))));
    check_flags(&node, &json!({"error": true}));
    check_exception(&node, "NOT_FOUND", "service not registered");
}

/// Protocol §1.7. The status of a call without messages is among the headers, that of others behind the messages.
#[tokio::test]
async fn statuses_set_flags_wherever_they_are() {
    let fixture = Fixture::start();
    let client = traced_client(&serve_scripted().await);
    let (error, throttle) = (json!({"error": true}), json!({"error": true, "throttle": true}));
    let fault = json!({"fault": true});
    for (number, name, flags) in [
        (1, "CANCELLED", &error),
        (2, "UNKNOWN", &fault),
        (3, "INVALID_ARGUMENT", &error),
        (4, "DEADLINE_EXCEEDED", &fault),
        (5, "NOT_FOUND", &error),
        (6, "ALREADY_EXISTS", &error),
        (7, "PERMISSION_DENIED", &error),
        (8, "RESOURCE_EXHAUSTED", &throttle),
        (9, "FAILED_PRECONDITION", &error),
        (10, "ABORTED", &error),
        (11, "OUT_OF_RANGE", &error),
        (12, "UNIMPLEMENTED", &fault),
        (13, "INTERNAL", &fault),
        (14, "UNAVAILABLE", &fault),
        (15, "DATA_LOSS", &fault),
        (16, "UNAUTHENTICATED", &error),
    ] {
        let request = || grpc::request(&number.to_string());
        let (response, in_headers) = fixture.call(client.clone().check(request())).await;
        assert_eq!(response.unwrap_err().code() as i32, number);
        let (response, in_trailers) = fixture
            .call(async {
                let mut messages = client.clone().watch(request()).await.unwrap().into_inner();
                assert_eq!(messages.message().await.unwrap().unwrap().status, 1);
                assert_eq!(messages.message().await.unwrap().unwrap().status, 2);
                messages.message().await
            })
            .await;
        assert_eq!(response.unwrap_err().code() as i32, number);
        assert_eq!(in_trailers.get("/http/response"), &json!({"status": 200, "content_length": 14}));
        for node in [in_headers, in_trailers] {
            check_flags(&node, flags);
            check_exception(&node, name, "100% à l'eau");
            assert_eq!(node.get("/cause/exceptions/0/remote"), true);
        }
    }
}

#[tokio::test]
async fn a_stream_is_a_call_until_it_ends_or_is_dropped() {
    let fixture = Fixture::start();
    let client = traced_client(&serve_scripted().await);
    for (service, length) in [("0", 14), ("silence", -1)] {
        let (_, trace) = fixture
            .traced(async {
                let mut messages = client.clone().watch(grpc::request(service)).await.unwrap().into_inner();
                messages.message().await.unwrap().unwrap();
                begin_subsegment("first").end();
                messages.message().await.unwrap().unwrap();
                if service == "0" {
                    assert!(messages.message().await.unwrap().is_none());
                }
            })
            .await;
        let call = trace.find(SERVICE);
        assert_eq!(call.get("/http/response"), &json!({"status": 200, "content_length": length}));
        let time = |node: &Node| node.get("/end_time").as_f64().unwrap();
        assert!(time(&call) >= time(&trace.find("first")), "{trace}");
        check_flags(&call, &json!({}));
        assert_eq!((call.get("/cause"), call.get("/in_progress")), (&Value::Null, &Value::Null));
    }
}

#[tokio::test]
async fn a_deadline_is_a_fault_and_a_call_that_is_cancelled_is_not() {
    let fixture = Fixture::start();
    let url = serve_scripted().await;
    let short = Duration::from_millis(50);
    let hasty = channel_with(&url, short);
    let mut client = HealthClient::new(XRayClientLayer::new().layer(hasty));
    let (response, node) = fixture.call(client.check(grpc::request("silence"))).await;
    response.unwrap_err();
    check_flags(&node, &json!({"fault": true}));
    assert!(messages(&node).contains(&"Timeout expired".to_owned()), "{node:?}");

    let mut client = traced_client(&url);
    let (outcome, node) = fixture.call(tokio::time::timeout(short, client.check(grpc::request("silence")))).await;
    outcome.unwrap_err();
    check_flags(&node, &json!({}));
    assert_eq!(node.get("/cause"), &Value::Null);
    assert!(node.get("/end_time").is_f64(), "{node:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_fault_with_the_chain_of_causes() {
    let fixture = Fixture::start();
    let closed = ClosedPort::hold();
    let mut client = traced_client(&format!("http://{closed}"));
    let (response, node) = fixture.call(client.check(grpc::request(""))).await;
    assert_eq!(response.unwrap_err().code(), Code::Unavailable);
    check_flags(&node, &json!({"fault": true}));
    assert_eq!(node.get("/cause/exceptions/0/type"), "tonic::transport::error::Error");
    assert!(messages(&node).last().unwrap().contains("refused"), "{node:?}");
}

#[tokio::test]
async fn a_server_that_goes_away_is_a_fault_of_the_stream() {
    let fixture = Fixture::start();
    let server = Runtime::new().unwrap();
    let url = server.spawn(serve_scripted()).await.unwrap();
    let mut client = traced_client(&url);
    let (error, node) = fixture
        .call(async {
            let mut messages = client.watch(grpc::request("silence")).await.unwrap().into_inner();
            messages.message().await.unwrap().unwrap();
            messages.message().await.unwrap().unwrap();
            server.shutdown_background();
            messages.message().await.unwrap_err()
        })
        .await;
    check_flags(&node, &json!({"fault": true}));
    assert_eq!(node.get("/cause/exceptions/0/type"), "tonic::status::Status");
    assert!(messages(&node)[0].contains(error.message()), "{node:?} {error:?}");
}

/// As behind a proxy that breaks a reply off, or answers by itself.
#[tokio::test]
async fn a_reply_without_a_status_is_a_fault_unless_it_says_what_it_is() {
    let fixture = Fixture::start();
    let answer = |kind: &'static str, status: u16| {
        post(move || async move {
            Response::builder().status(status).header("content-type", kind).body(Body::from("12345")).unwrap()
        })
    };
    let router = Router::new()
        .route("/shop.Stock/Count", answer("application/grpc", 200))
        .route("/shop.Stock/Limit", answer("application/grpc+proto", 503))
        .route("/shop.Stock/Web", answer("application/grpc-web", 200));
    let url = support::serve(router).await;
    for (method, flags, exception) in [
        ("Count", json!({"fault": true}), Some("the reply ended without a gRPC status")),
        ("Limit", json!({"fault": true}), None),
        ("Web", json!({}), None),
    ] {
        let request = Request::post(format!("{url}/shop.Stock/{method}")).header("content-type", "application/grpc");
        let request = request.body(Body::empty()).unwrap();
        let call = XRayClientLayer::new().layer(support::hyper_client()).oneshot(request);
        let (body, node) = fixture.call(async { support::text(call.await.unwrap()).await }).await;
        assert_eq!(body, "12345");
        check_flags(&node, &flags);
        assert_eq!(node.get("/http/response/content_length"), 5);
        assert_eq!(messages(&node), exception.into_iter().collect::<Vec<_>>());
    }
}

/// It was recorded as good: clients do not ask a body for what they know is not there.
#[tokio::test]
async fn a_reply_without_a_status_is_a_fault_though_nobody_reads_on_to_its_end() {
    let fixture = Fixture::start();
    let answer = |body: &'static str| {
        post(async move || {
            Response::builder().header("content-type", "application/grpc").body(Body::from(body)).unwrap()
        })
    };
    let url =
        support::serve(Router::new().route("/grpc.health.v1.Health/Check", answer("")).fallback(answer("12345"))).await;

    let (response, node) = fixture.call(traced_client(&url).check(grpc::request(""))).await;
    assert_eq!(response.unwrap_err().code(), Code::Unknown);
    check_flags(&node, &json!({"fault": true}));
    assert_eq!(node.get("/http/response/content_length"), 0);

    let request = Request::post(format!("{url}/shop.Stock/Count")).header("content-type", "application/grpc");
    let request = request.body(Body::empty()).unwrap();
    let call = XRayClientLayer::new().layer(support::hyper_client()).oneshot(request);
    let (_, node) = fixture.call(async { call.await.unwrap().into_body().frame().await.unwrap().unwrap() }).await;
    check_flags(&node, &json!({"fault": true}));
    assert_eq!(node.get("/http/response/content_length"), 5);
    assert_eq!(messages(&node), ["the reply ended without a gRPC status"]);
}

/// Boxed errors of bodies need no word either.
#[tokio::test]
async fn bodies_that_fail_and_bodies_that_panic_are_faults() {
    let fixture = Fixture::start();
    for (panics, message) in [(false, "no more stock"), (true, "the body is broken")] {
        let body = async move || {
            assert!(!panics, "the body is broken");
            Err::<http_body::Frame<axum::body::Bytes>, BoxError>("no more stock".into())
        };
        let reply = service_fn(async |_: Request<Body>| {
            let body = StreamBody::new(futures::stream::once(Box::pin(body())));
            Ok::<_, BoxError>(Response::builder().header("content-type", "application/grpc").body(body).unwrap())
        });
        let call = XRayClientLayer::new().layer(reply).oneshot(support::request("POST", "http://shop.example/"));
        let (_, node) = fixture
            .call(async {
                let body = call.await.unwrap().into_body().collect();
                assert!(!matches!(std::panic::AssertUnwindSafe(body).catch_unwind().await, Ok(Ok(_))));
            })
            .await;
        check_flags(&node, &json!({"fault": true}));
        assert_eq!(messages(&node), [message]);
    }
}

fn channel_with(url: &str, timeout: Duration) -> tonic::transport::Channel {
    tonic::transport::Channel::from_shared(url.to_owned()).unwrap().timeout(timeout).connect_lazy()
}

fn check_exception(node: &Node, kind: &str, message: &str) {
    let exception = |field: &str| node.get(&format!("/cause/exceptions/0/{field}"));
    assert_eq!((exception("type"), exception("message")), (&json!(kind), &json!(message)), "{node:?}");
}

fn check_flags(node: &Node, flags: &Value) {
    for flag in ["error", "throttle", "fault"] {
        assert_eq!(node.json().get(flag), flags.get(flag), "{flag} of {node:?}");
    }
}

fn messages(node: &Node) -> Vec<String> {
    let exceptions = node.get("/cause/exceptions").as_array();
    let message = |exception: &Value| exception["message"].as_str().unwrap().to_owned();
    exceptions.into_iter().flatten().map(message).collect()
}

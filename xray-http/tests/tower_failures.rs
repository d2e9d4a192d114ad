//! What is recorded of a call through a tower service that gets no response, and what must never be.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use axum::http::{Request, Response};
use futures::FutureExt as _;
use serde_json::Value;
use test_support::ClosedPort;
use tower::timeout::Timeout;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};
use xray_core::testing::Node;
use xray_http::tower::XRayClientLayer;

use support::{Fixture, hyper_client, request, serve_silence};

#[tokio::test]
async fn a_refused_connection_is_a_fault_with_the_chain_of_causes() {
    let fixture = Fixture::start();
    let refused = ClosedPort::hold();
    let url = format!("http://{refused}/cart?token=s3cret");
    let (response, node) =
        fixture.call(XRayClientLayer::new().layer(hyper_client()).oneshot(request("GET", &url))).await;
    let error = response.unwrap_err();
    assert!(error.is_connect());
    assert_eq!((node.name(), node.get("/fault"), node.get("/error")), ("127.0.0.1", &true.into(), &Value::Null));
    assert_eq!(node.get("/http/response"), &Value::Null);
    let exceptions = node.get("/cause/exceptions").as_array().unwrap();
    assert_eq!(exceptions[0]["type"], "hyper_util::client::legacy::client::Error");
    let chain: Vec<_> =
        std::iter::successors(Some(&error as &dyn Error), |error| (*error).source()).map(ToString::to_string).collect();
    assert_eq!(messages(&node), chain);
    assert!(chain.last().unwrap().contains("refused"), "{chain:?}");
    assert!(fixture.documents().texts().all(|text| !text.contains("s3cret")));
}

#[tokio::test]
async fn a_boxed_error_is_a_fault_with_the_chain_of_causes() {
    let fixture = Fixture::start();
    let refused = ClosedPort::hold();
    let url = format!("http://{refused}/");
    let client = Timeout::new(hyper_client(), Duration::from_secs(10));
    let (response, node) = fixture.call(XRayClientLayer::new().layer(client).oneshot(request("GET", &url))).await;
    response.unwrap_err().downcast::<hyper_util::client::legacy::Error>().unwrap();
    assert_eq!(node.get("/fault"), true);
    assert!(messages(&node).last().unwrap().contains("refused"), "{node:?}");
}

#[tokio::test]
async fn a_timeout_inside_is_a_fault_and_one_outside_a_call_that_ended() {
    let fixture = Fixture::start();
    let (url, mut arrivals) = serve_silence().await;
    let short = Duration::from_millis(50);
    let inside = XRayClientLayer::new().layer(Timeout::new(hyper_client(), short));
    let (response, node) = fixture.call(inside.oneshot(request("GET", &url))).await;
    assert_eq!(messages(&node), [response.unwrap_err().to_string()]);
    assert_eq!(node.get("/fault"), true);
    arrivals.recv().await.unwrap();

    let outside = Timeout::new(XRayClientLayer::new().layer(hyper_client()), short);
    let (response, node) = fixture.call(outside.oneshot(request("GET", &url))).await;
    response.unwrap_err();
    check_ended_without_fault(&node);
}

#[tokio::test]
async fn a_call_is_recorded_from_where_the_service_is_called() {
    let fixture = Fixture::start();
    let mut client = XRayClientLayer::new().layer(hyper_client());
    let (_, trace) =
        fixture.traced(async { drop(client.clone().oneshot(request("GET", "http://shop.example/"))) }).await;
    assert_eq!(trace.render(), "shop\n");
    let (_, node) = fixture.call(async { drop(client.call(request("GET", "http://shop.example/"))) }).await;
    check_ended_without_fault(&node);
}

#[tokio::test]
async fn a_panic_in_the_client_is_a_fault() {
    let fixture = Fixture::start();
    let in_call = service_fn(|_: Request<Body>| -> futures::future::Ready<Result<Response<Body>, BoxError>> {
        panic!("the client is broken")
    });
    let in_future = service_fn(async |_: Request<Body>| -> Result<Response<Body>, BoxError> {
        tokio::task::yield_now().await;
        panic!("the client is broken")
    });
    let in_call = XRayClientLayer::new().layer(in_call).oneshot(request("GET", "http://shop.example/"));
    let in_future = XRayClientLayer::new().layer(in_future).oneshot(request("GET", "http://shop.example/"));
    let (outcome, first) = fixture.call(AssertUnwindSafe(in_call).catch_unwind()).await;
    assert!(outcome.is_err());
    let (outcome, second) = fixture.call(AssertUnwindSafe(in_future).catch_unwind()).await;
    assert!(outcome.is_err());
    for node in [first, second] {
        assert_eq!(node.get("/fault"), true);
        assert_eq!(messages(&node), ["the client is broken"]);
    }
}

#[tokio::test]
async fn a_client_that_is_not_ready_is_not_called() {
    struct NeverReady;
    impl Service<Request<Body>> for NeverReady {
        type Response = Response<Body>;
        type Error = std::io::Error;
        type Future = futures::future::Ready<Result<Response<Body>, std::io::Error>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Err(std::io::Error::other("closed")))
        }

        fn call(&mut self, _: Request<Body>) -> Self::Future {
            panic!("it was not ready")
        }
    }
    let fixture = Fixture::start();
    let client = XRayClientLayer::new().layer(NeverReady);
    let (response, trace) = fixture.traced(client.oneshot(request("GET", "http://shop.example/"))).await;
    assert_eq!(response.unwrap_err().to_string(), "closed");
    assert_eq!(trace.render(), "shop\n");
}

#[tokio::test]
async fn no_secret_of_a_url_leaves_the_process() {
    let fixture = Fixture::start();
    let quoting =
        service_fn(async |request: Request<Body>| Err::<Response<Body>, BoxError>(request.uri().to_string().into()));
    let url = "http://us3cret:pas3cret@shop.example/cart?token=s3cret";
    let (response, node) = fixture.call(XRayClientLayer::new().layer(quoting).oneshot(request("GET", url))).await;
    assert_eq!(response.unwrap_err().to_string(), url, "the program's own error is untouched");
    assert_eq!(node.name(), "shop.example");
    assert_eq!(node.get("/http/request/url"), "http://shop.example/cart");
    assert_eq!(messages(&node), ["http://shop.example/cart"]);
    assert!(fixture.documents().texts().all(|text| !text.contains("s3cret")));
}

fn check_ended_without_fault(node: &Node) {
    assert!(node.get("/end_time").is_f64(), "{node:?}");
    for absent in ["/fault", "/error", "/cause", "/http/response", "/in_progress"] {
        assert_eq!(node.get(absent), &Value::Null, "{absent}");
    }
}

fn messages(node: &Node) -> Vec<String> {
    let exceptions = node.get("/cause/exceptions").as_array();
    let message = |exception: &Value| exception["message"].as_str().unwrap().to_owned();
    exceptions.into_iter().flatten().map(message).collect()
}

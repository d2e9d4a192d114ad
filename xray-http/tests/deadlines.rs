//! What is dropped before its answer: as its time was up, if the caller has said how much there is, or else as nobody wanted it.
//!
//! A gRPC call that ran into its deadline left a segment without status, flag or cause: it counted as success.
#![cfg(all(feature = "axum", feature = "reqwest", feature = "tower"))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/grpc.rs"]
mod grpc;
mod support;
#[path = "support/server.rs"]
mod server;

use std::convert::Infallible;
use std::future::pending;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use axum::{BoxError, Router};
use futures::{FutureExt as _, StreamExt as _, stream};
use http_body_util::BodyExt as _;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tower::timeout::TimeoutLayer;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use xray_http::XRayLayer;
use xray_http::tower::XRayClientLayer;

use grpc::SERVICE;
use server::{layer, only_segment, send, serve_traced};
use support::{Fixture, Node, request, serve};

/// Time that is up as soon as it is given, and time that lasts for thousands of years.
const NONE: &str = "1n";
const ENDLESS: &str = "99999999H";

/// What is no `grpc-timeout`.
const BAD: [&str; 8] = ["", "5", "S", "5x", "-1S", "1.5S", "123456789n", " "];

fn grpc_call(url: &str, timeout: &str) -> Request<Body> {
    call_of("application/grpc", url, timeout)
}

fn call_of(content_type: &str, url: &str, timeout: &str) -> Request<Body> {
    let request = Request::post(url).header("content-type", content_type).header("te", "trailers");
    request.header("grpc-timeout", timeout).body(Body::empty()).unwrap()
}

#[track_caller]
fn assert_exceeded(node: &Node, remains: &str) {
    assert_eq!(node.get("/fault"), true, "{remains}: {node:?}");
    assert_eq!(node.get("/cause/exceptions/0/type"), "DEADLINE_EXCEEDED", "{remains}");
    assert_eq!(node.get("/cause/exceptions/1"), &Value::Null, "{remains}");
    assert_eq!(node.get("/annotations"), &Value::Null, "{remains}: {node:?}");
}

#[track_caller]
fn assert_cancelled(node: &Node, remains: &str) {
    assert_eq!(node.get("/annotations/cancelled"), true, "{remains}: {node:?}");
    assert_eq!((node.get("/fault"), node.get("/cause")), (&Value::Null, &Value::Null), "{remains}");
}

async fn connection(url: &str) -> SendRequest<Body> {
    let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    let (client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A server of tonic whose service never answers.
async fn serve_tonic(layer: XRayLayer, timeout: Option<Duration>) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut server = tonic::transport::Server::builder().layer(layer);
    if let Some(timeout) = timeout {
        server = server.timeout(timeout);
    }
    let server = server.add_service(grpc::silence());
    tokio::spawn(server.serve_with_incoming(tonic::transport::server::TcpIncoming::from(listener)));
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_tonic_gives_up_at_the_deadline() {
    let short = Some(Duration::from_millis(20));
    for (timeout, of_server, exceeded) in
        [("20m", None, true), ("20000u", None, true), (NONE, None, true), ("", short, false), (ENDLESS, short, false)]
    {
        let fixture = Fixture::start();
        let url = serve_tonic(layer(&fixture, "stock"), of_server).await;
        let mut request = grpc_call(&format!("{url}/{SERVICE}/Check"), timeout);
        // An empty message.
        *request.body_mut() = Body::from(Bytes::from_static(&[0; 5]));
        let response = connection(&url).await.send_request(request).await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "1", "tonic's own");
        let check = if exceeded { assert_exceeded } else { assert_cancelled };
        check(&only_segment(&fixture), &format!("{timeout} and {of_server:?}"));
    }
}

/// The client resets the stream of a call that it gives up.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_its_client_gives_up_is_in_time_or_not() {
    let grpc = "application/grpc+proto";
    let bad = BAD.map(|timeout| (grpc, timeout, false));
    let known = [(grpc, NONE, true), (grpc, ENDLESS, false), ("application/json", NONE, false)];
    for (kind, timeout, exceeded) in known.into_iter().chain(bad) {
        for streams in [false, true] {
            let fixture = Fixture::start();
            let arrived = Arc::new(Notify::new());
            let handler = {
                let arrived = Arc::clone(&arrived);
                async move || {
                    arrived.notify_one();
                    if !streams {
                        pending::<()>().await;
                    }
                    let chunks = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"01234"))]);
                    let body = Body::from_stream(chunks.chain(stream::pending()));
                    Response::builder().header("content-type", kind).body(body).unwrap()
                }
            };
            let url = serve_traced(&fixture, handler).await;
            let mut client = connection(&url).await;
            let call = client.send_request(call_of(kind, &url, timeout));
            if streams {
                drop(call.await.unwrap().into_body().frame().await);
            } else {
                let mut call = Box::pin(call);
                tokio::select! {
                    _ = &mut call => panic!("nobody answers"),
                    () = arrived.notified() => {}
                }
            }
            let check = if exceeded { assert_exceeded } else { assert_cancelled };
            check(&only_segment(&fixture), &format!("{kind} {timeout:?}, streams: {streams}"));
        }
    }
}

/// A layer outside of ours drops the request, and answers by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_layer_cancels() {
    let fixture = Fixture::start();
    let silence = service_fn(async |_: Request<Body>| pending::<Result<Response<Body>, Infallible>>().await);
    let service = layer(&fixture, "shop").layer(silence);
    let service = TimeoutLayer::new(Duration::from_millis(1)).layer(service);
    let service = service_fn(move |request| {
        let service = service.clone();
        async move {
            let outcome: Result<_, BoxError> = service.oneshot(request).await;
            assert!(outcome.is_err());
            Ok::<_, Infallible>(Response::builder().status(504).body(Body::empty()).unwrap())
        }
    });
    let url = serve(Router::new().fallback_service(service)).await;
    assert_eq!(send(request("GET", &url)).await.0.status(), 504);
    assert_cancelled(&only_segment(&fixture), "behind a timeout");
}

/// What a panic has ended was not ended by the deadline.
#[tokio::test]
async fn a_panic_is_what_happened() {
    let fixture = Fixture::start();
    let broken = service_fn(async |_: Request<Body>| -> Result<Response<Body>, Infallible> { panic!("out of stock") });
    let call = layer(&fixture, "stock").layer(broken).oneshot(grpc_call("http://stock.example/", NONE));
    // Caught while the future is still there, as by a layer that catches panics.
    let mut call = Box::pin(std::panic::AssertUnwindSafe(call));
    std::panic::AssertUnwindSafe(call.as_mut()).catch_unwind().await.unwrap_err();
    drop(call);
    let segment = only_segment(&fixture);
    assert_eq!(segment.get("/cause/exceptions/0/message"), "out of stock", "{segment:?}");
    assert_eq!(segment.get("/cause/exceptions/1"), &Value::Null, "{segment:?}");
}

/// An answer that came, however late, is the answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_after_the_deadline_is_an_answer() {
    let fixture = Fixture::start();
    let url =
        serve_traced(&fixture, async || Response::builder().header("grpc-status", "0").body(Body::empty()).unwrap())
            .await;
    let response = connection(&url).await.send_request(grpc_call(&url, NONE)).await.unwrap();
    drop(response.into_body().collect().await.unwrap());
    let segment = only_segment(&fixture);
    assert_eq!(segment.get("/http/response/status"), &json!(200));
    assert_eq!((segment.get("/fault"), segment.get("/annotations")), (&Value::Null, &Value::Null), "{segment:?}");
}

#[tokio::test]
async fn a_call_that_is_dropped_is_in_time_or_not() {
    let fixture = Fixture::start();
    let grpc = "application/grpc";
    let bad = BAD.map(|timeout| (grpc, timeout, false));
    let known = [(grpc, NONE, true), (grpc, ENDLESS, false), ("application/json", NONE, false)];
    for (kind, timeout, exceeded) in known.into_iter().chain(bad) {
        let remains = format!("{kind} {timeout:?}");
        let check = if exceeded { assert_exceeded } else { assert_cancelled };
        let silence = service_fn(async |_: Request<Body>| pending::<Result<Response<Body>, Infallible>>().await);
        let mut client = XRayClientLayer::new().layer(silence);
        let (_, node) = fixture
            .call(async {
                let mut call = Box::pin(client.call(call_of(kind, "http://stock.example/shop.Stock/Count", timeout)));
                assert!(futures::poll!(call.as_mut()).is_pending());
            })
            .await;
        check(&node, &remains);
        // Amid the reply, which is part of the call if it is one of gRPC.
        if kind == grpc {
            let replies = service_fn(async |_: Request<Body>| {
                let chunks = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"01234"))]);
                let body = Body::from_stream(chunks.chain(stream::pending()));
                Ok::<_, Infallible>(Response::builder().header("content-type", "application/grpc").body(body).unwrap())
            });
            let mut client = XRayClientLayer::new().layer(replies);
            let (_, node) = fixture
                .call(async {
                    let response = client.call(grpc_call("http://stock.example/shop.Stock/Count", timeout)).await;
                    drop(response.unwrap().into_body().frame().await);
                })
                .await;
            assert_eq!(node.get("/http/response/status"), 200, "{remains}");
            check(&node, &remains);
        }
    }
}

/// By the client of tonic: the time that the program gives a call is in its header.
#[tokio::test]
async fn a_timeout_around_a_call_of_tonic_tells_the_deadline() {
    let fixture = Fixture::start();
    let silence = service_fn(async |_: Request<tonic::body::Body>| {
        pending::<Result<Response<tonic::body::Body>, Infallible>>().await
    });
    for (timeout, check) in [
        (Some(Duration::from_millis(1)), assert_exceeded as fn(&Node, &str)),
        (Some(Duration::from_secs(3600)), assert_cancelled),
        (None, assert_cancelled),
    ] {
        let mut client = tonic_health::pb::health_client::HealthClient::new(XRayClientLayer::new().layer(silence));
        let mut request = grpc::request("");
        if let Some(timeout) = timeout {
            request.set_timeout(timeout);
        }
        let call = tokio::time::timeout(Duration::from_millis(20), client.check(request));
        let (outcome, node) = fixture.call(call).await;
        outcome.unwrap_err();
        check(&node, &format!("{timeout:?}"));
    }
}

//! What is recorded of a call through a tower service that gets a response.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::time::Duration;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{Request, Response, header};
use axum::routing::{any, get};
use axum::{BoxError, Router};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tower::timeout::Timeout;
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _};
use xray_core::TraceHeader;
use xray_http::ClientOptions;
use xray_http::tower::{BoxedErrors, XRayClientBody, XRayClientLayer, XRayClientService};

use support::{Fixture, HyperClient, hyper_client, request, serve, serve_echo, text};

#[tokio::test]
async fn the_called_service_gets_the_header_of_the_subsegment() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let plain = request("GET", &url);
    // Most often the header that came in, copied along with all others.
    let mut copied = request("GET", &url);
    copied.headers_mut().insert("X-Amzn-Trace-Id", "Root=1-00000001-000000000000000000000001".parse().unwrap());
    for request in [plain, copied] {
        let (sent, node) = fixture.call(async { text(traced_client().oneshot(request).await.unwrap()).await }).await;
        assert_eq!(sent, format!("Root={};Parent={};Sampled=1", node.trace().id(), node.id()));
    }
}

#[tokio::test]
async fn content_lengths_are_those_that_are_declared() {
    let fixture = Fixture::start();
    let chunks = || async { Body::from_stream(futures::stream::iter([Ok::<_, std::io::Error>("a"), Ok("b")])) };
    let url = serve(Router::new().route("/whole", get(|| async { "12345" })).route("/chunks", get(chunks))).await;
    for (method, path, length) in [("GET", "whole", 5), ("HEAD", "whole", 5), ("GET", "chunks", -1)] {
        let call = traced_client().oneshot(request(method, &format!("{url}/{path}")));
        let (response, node) = fixture.call(call).await;
        response.unwrap();
        assert_eq!(node.get("/http/response/content_length"), length, "{method} {path}");
    }
}

/// Protocol §1.7; the HTTP status of all of them is 200.
#[tokio::test]
async fn statuses_of_grpc_set_flags() {
    let fixture = Fixture::start();
    let answer = |Path(status): Path<String>| async move {
        let headers = [("content-type", "application/grpc"), ("grpc-message", "100%25 %C3%A0 l'eau")];
        ([("grpc-status", status)], headers)
    };
    let url = serve(Router::new().route("/status/{status}", any(answer))).await;
    for (status, name, flags) in [
        ("0", None, json!({})),
        ("5", Some("NOT_FOUND"), json!({"error": true})),
        ("8", Some("RESOURCE_EXHAUSTED"), json!({"error": true, "throttle": true})),
        ("14", Some("UNAVAILABLE"), json!({"fault": true})),
        ("99", Some("UNKNOWN"), json!({"fault": true})),
    ] {
        let call = traced_client().oneshot(request("POST", &format!("{url}/status/{status}")));
        let (response, node) = fixture.call(call).await;
        assert_eq!(response.unwrap().headers()["grpc-status"], status);
        assert_eq!(node.name(), "127.0.0.1");
        assert_eq!(node.get("/http/response/status"), 200);
        check_flags(&node, &flags);
        let exception = |field: &str| node.get(&format!("/cause/exceptions/0/{field}"));
        match name {
            Some(name) => {
                assert_eq!((exception("type"), exception("message")), (&json!(name), &json!("100% à l'eau")));
                assert_eq!(exception("remote"), true);
            }
            None => assert_eq!(node.get("/cause"), &Value::Null),
        }
    }
}

/// As the requests of tonic's clients, which get their host behind the layer.
#[tokio::test]
async fn a_grpc_call_without_host_is_named_after_its_service() {
    let fixture = Fixture::start();
    let channel = tower::service_fn(async |_: Request<Body>| Ok::<_, BoxError>(Response::new(Body::empty())));
    for (content_type, name) in [("application/grpc", "shop.Stock"), ("text/plain", "UNKNOWN HOST")] {
        let mut request = request("POST", "/shop.Stock/Count");
        request.headers_mut().insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        let (_, node) = fixture.call(XRayClientLayer::new().layer(channel).oneshot(request)).await;
        assert_eq!(node.name(), name);
        assert_eq!(node.get("/http/request/url"), "/shop.Stock/Count");
    }
}

#[tokio::test]
async fn a_connection_of_hyper_s_own_is_traced_as_a_service() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let host = url.strip_prefix("http://").unwrap();
    let stream = TokioIo::new(TcpStream::connect(host).await.unwrap());
    let (mut sender, connection) = http1::handshake::<_, Body>(stream).await.unwrap();
    tokio::spawn(connection);
    let mut sender = XRayClientLayer::new().layer(tower::service_fn(move |request| sender.send_request(request)));
    let mut request = request("GET", "/cart?token=s3cret");
    request.headers_mut().insert(header::HOST, host.parse().unwrap());
    let (response, node) = fixture.call(async { sender.call(request).await }).await;
    let response: Response<hyper::body::Incoming> = response.unwrap().map(XRayClientBody::into_inner);
    assert_eq!(TraceHeader::parse(&text(response).await).parent().unwrap().to_string(), node.id());
    assert_eq!((node.name(), node.get("/http/request/url")), ("127.0.0.1", &json!(format!("{url}/cart"))));
}

#[tokio::test]
async fn options_say_what_is_recorded_and_who_is_told() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let layer = |options| XRayClientLayer::new().with_options(options);
    let sent = |options, path: &str| {
        let call = layer(options).layer(hyper_client()).oneshot(request("GET", &format!("{url}{path}")));
        async { text(call.await.unwrap()).await }
    };
    let (sent, trace) = fixture
        .traced(async {
            [
                sent(ClientOptions::new().ignore_hosts(["127.*"]), "/").await,
                sent(ClientOptions::new().ignore_urls(["*/health"]), "/health?full=yes").await,
                sent(ClientOptions::new().propagate_to(["*.example"]).name("127.*", "stock"), "/").await,
                sent(ClientOptions::new().propagate_to(["127.0.0.1"]), "/").await,
            ]
        })
        .await;
    assert_eq!(trace.render(), "shop\n├─ stock GET 200\n└─ 127.0.0.1 GET 200\n");
    assert_eq!(sent[..3], ["", "", ""]);
    let parent = TraceHeader::parse(&sent[3]).parent().unwrap();
    assert_eq!(parent.to_string(), trace.find("127.0.0.1").id());
}

/// The program keeps its types: those of services can be written, and boxed errors need one word.
#[tokio::test]
async fn services_can_be_stacked_stored_and_spawned() {
    struct Shop {
        own: XRayClientService<HyperClient>,
        boxed: XRayClientService<Timeout<HyperClient>, BoxedErrors>,
    }
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let mut shop = Shop {
        own: XRayClientLayer::new().layer(hyper_client()),
        boxed: XRayClientLayer::new().layer(Timeout::new(hyper_client(), Duration::from_secs(10))),
    };
    let stacked = ServiceBuilder::new()
        .buffer(8)
        .timeout(Duration::from_secs(10))
        .layer(XRayClientLayer::new())
        .service(hyper_client());
    let (_, trace) = fixture
        .traced(async {
            shop.own.ready().await.unwrap().call(request("GET", &url)).await.unwrap();
            shop.boxed.ready().await.unwrap().call(request("POST", &url)).await.unwrap();
            let call = stacked.clone().oneshot(request("PUT", &url));
            // Behind the buffer another task calls, which is in no segment.
            tokio::spawn(call).await.unwrap().unwrap();
        })
        .await;
    assert_eq!(trace.render(), "shop\n├─ 127.0.0.1 GET 200\n└─ 127.0.0.1 POST 200\n");
    assert_eq!(shop.own.inner().clone().oneshot(request("GET", &url)).await.unwrap().status(), 200);
}

fn traced_client() -> XRayClientService<HyperClient> {
    ServiceBuilder::new().layer(XRayClientLayer::new()).service(hyper_client())
}

fn check_flags(node: &support::Node, flags: &Value) {
    for flag in ["error", "throttle", "fault"] {
        assert_eq!(node.json().get(flag), flags.get(flag), "{flag} of {node:?}");
    }
}

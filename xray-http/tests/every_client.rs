//! What is to be recorded of every client, by each of them: reqwest in both versions and kinds, its middleware, and hyper-util.
#![cfg(all(
    feature = "reqwest-blocking",
    feature = "reqwest-0_12-blocking",
    feature = "reqwest-middleware",
    feature = "reqwest-middleware-0_4",
    feature = "tower"
))]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::future::ready;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{Request, StatusCode};
use axum::response::Redirect;
use axum::routing::{get, post};
use axum::{BoxError, Router};
use futures::stream::{self, Stream};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::block_in_place;
use tower::timeout::Timeout;
use tower::{Layer as _, ServiceExt as _, service_fn};
use xray_core::capture_async;
use xray_http::tower::XRayClientLayer;

use support::{Fixture, Node, request, serve};

/// What a client is to do with a URL, and to read the response to its end.
enum Call {
    Get(String),
    /// With a timeout of [`SHORT`].
    Hurry(String),
    /// By a client whose resolver knows no address.
    Resolve(String),
    /// With a body that fails after some bytes.
    Upload(String),
}

const SHORT: Duration = Duration::from_millis(50);

macro_rules! asynchronous {
    ($name:ident, $reqwest:ident, $around:expr) => {
        #[tokio::test]
        async fn $name() {
            let around = $around;
            let client = around($reqwest::Client::builder().no_proxy().build().unwrap());
            let lost = $reqwest::Client::builder().no_proxy().dns_resolver(Arc::new(NoAddress)).build().unwrap();
            let lost = around(lost);
            let call = async |call| {
                let request = match call {
                    Call::Get(url) => client.get(url),
                    Call::Hurry(url) => client.get(url).timeout(SHORT),
                    Call::Resolve(url) => lost.get(url),
                    Call::Upload(url) => client.post(url).body($reqwest::Body::wrap(StreamBody::new(failing_frames()))),
                };
                request.send().await?.bytes().await?;
                Ok(())
            };
            check(call).await;
            check_redirect_loop(call).await;
            check_cancelled(call).await;
        }
    };
}

macro_rules! blocking {
    ($name:ident, $reqwest:ident, $traced:path) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            use $traced as _;
            let (client, lost) = block_in_place(|| {
                let builder = || $reqwest::blocking::Client::builder().no_proxy();
                let lost = builder().dns_resolver(Arc::new(NoAddress)).build().unwrap();
                (builder().build().unwrap().xray(), lost.xray())
            });
            let call = async |call| {
                block_in_place(|| {
                    let request = match call {
                        Call::Get(url) => client.get(url),
                        Call::Hurry(url) => client.get(url).timeout(SHORT),
                        Call::Resolve(url) => lost.get(url),
                        Call::Upload(url) => client.post(url).body($reqwest::blocking::Body::new(FailingReader(false))),
                    };
                    request.send()?.bytes()?;
                    Ok(())
                })
            };
            check(call).await;
            check_redirect_loop(call).await;
            block_in_place(|| drop((client, lost)));
        }
    };
}

asynchronous!(reqwest_0_13, reqwest, xray_http::reqwest::ClientExt::xray);
asynchronous!(reqwest_0_12, reqwest_0_12, xray_http::reqwest_0_12::ClientExt::xray);
asynchronous!(reqwest_middleware, reqwest, |client| {
    let middleware = xray_http::reqwest_middleware::XRayMiddleware::new();
    reqwest_middleware::ClientBuilder::new(client).with(middleware).build()
});
asynchronous!(reqwest_middleware_0_4, reqwest_0_12, |client| {
    let middleware = xray_http::reqwest_middleware_0_4::XRayMiddleware::new();
    reqwest_middleware_0_4::ClientBuilder::new(client).with(middleware).build()
});
blocking!(reqwest_0_13_blocking, reqwest, xray_http::reqwest::blocking::ClientExt);
blocking!(reqwest_0_12_blocking, reqwest_0_12, xray_http::reqwest_0_12::blocking::ClientExt);

#[tokio::test]
async fn hyper_util() {
    let client = support::hyper_client();
    let resolver = service_fn(|_: Name| ready(Err::<std::vec::IntoIter<SocketAddr>, _>(unresolved())));
    let lost = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    let lost = lost.build::<_, Body>(HttpConnector::new_with_resolver(resolver));
    let call = async |call| {
        let response = match call {
            Call::Get(url) => XRayClientLayer::new().layer(client.clone()).oneshot(request("GET", &url)).await?,
            Call::Resolve(url) => XRayClientLayer::new().layer(lost.clone()).oneshot(request("GET", &url)).await?,
            Call::Hurry(url) => {
                let hasty = XRayClientLayer::new().layer(Timeout::new(client.clone(), SHORT));
                hasty.oneshot(request("GET", &url)).await?
            }
            Call::Upload(url) => {
                let body = Body::new(StreamBody::new(failing_frames()));
                let request = Request::post(url).body(body).unwrap();
                XRayClientLayer::new().layer(client.clone()).oneshot(request).await?
            }
        };
        response.into_body().collect().await?;
        Ok(())
    };
    check(call).await;
    check_cancelled(call).await;
}

async fn check(call: impl AsyncFn(Call) -> Result<(), BoxError>) {
    check_statuses(&call).await;
    check_failures(call).await;
}

async fn check_statuses(call: impl AsyncFn(Call) -> Result<(), BoxError>) {
    let fixture = Fixture::start();
    let status = |Path(status): Path<u16>| async move { (StatusCode::from_u16(status).unwrap(), "0123456789") };
    let url = serve(Router::new().route("/status/{status}", get(status))).await;
    // Python row 130; protocol row 73.
    for (status, flags) in [
        (200, ""),
        (302, ""),
        (400, " [error]"),
        (404, " [error]"),
        (429, " [error, throttle]"),
        (500, " [fault]"),
        (503, " [fault]"),
    ] {
        let (outcome, trace) = fixture.traced(call(Call::Get(format!("{url}/status/{status}?token=s3cret")))).await;
        outcome.unwrap();
        assert_eq!(trace.render(), format!("shop\n└─ 127.0.0.1 GET {status}{flags}\n"));
        let node = trace.find("127.0.0.1");
        let http = json!({
            "request": {"method": "GET", "url": format!("{url}/status/{status}")},
            "response": {"status": status, "content_length": 10},
        });
        assert_eq!((node.get("/http"), node.get("/namespace")), (&http, &json!("remote")));
        assert_eq!(node.get("/cause"), &Value::Null);
    }
    assert!(fixture.documents().texts().all(|text| !text.contains("s3cret")));
}

async fn check_failures(call: impl AsyncFn(Call) -> Result<(), BoxError>) {
    let (silent, _arrivals) = support::serve_silence().await;
    let reading = serve(Router::new().route("/", post(async |body: Bytes| body))).await;
    for (what, name, reason) in [
        (Call::Resolve("http://SHOP.example:81/cart?token=s3cret".to_owned()), "shop.example", "is not in the zone"),
        (Call::Hurry(format!("{silent}/?token=s3cret")), "127.0.0.1", "timed out"),
        (Call::Upload(format!("{reading}/?token=s3cret")), "127.0.0.1", "the disk is gone"),
    ] {
        let fixture = Fixture::start();
        let (outcome, node) = fixture.call(call(what)).await;
        outcome.unwrap_err();
        assert_eq!(node.name(), name);
        check_fault(&fixture, &node, reason);
    }
    check_body_that_breaks_off(call).await;
}

/// The call ends with the headers of the response: who reads the body gets the error.
async fn check_body_that_breaks_off(call: impl AsyncFn(Call) -> Result<(), BoxError>) {
    let fixture = Fixture::start();
    let url = serve_half().await;
    let load = async { call(Call::Get(url)).await.map_err(|error| io::Error::other(error.to_string())) };
    let (outcome, trace) = fixture.traced(async { capture_async("load", load).await }).await;
    outcome.unwrap_err();
    assert_eq!(trace.render(), "shop\n└─ load [fault]\n   └─ 127.0.0.1 GET 200\n");
    let response = json!({"status": 200, "content_length": 1000});
    assert_eq!(trace.find("127.0.0.1").get("/http/response"), &response);
}

async fn check_redirect_loop(call: impl AsyncFn(Call) -> Result<(), BoxError>) {
    let fixture = Fixture::start();
    let url = serve(Router::new().route("/", get(async || Redirect::temporary("/?token=s3cret")))).await;
    let (outcome, node) = fixture.call(call(Call::Get(url))).await;
    outcome.unwrap_err();
    check_fault(&fixture, &node, "too many redirects");
}

async fn check_cancelled(call: impl AsyncFn(Call) -> Result<(), BoxError>) {
    let fixture = Fixture::start();
    let (url, mut arrivals) = support::serve_silence().await;
    let cancelled = async {
        tokio::select! {
            outcome = call(Call::Get(url)) => panic!("{outcome:?}"),
            arrived = arrivals.recv() => arrived.unwrap(),
        }
    };
    let ((), node) = fixture.call(cancelled).await;
    assert!(node.get("/end_time").is_f64(), "{node:?}");
    for absent in ["/fault", "/error", "/cause", "/http/response", "/in_progress"] {
        assert_eq!(node.get(absent), &Value::Null, "{absent}");
    }
}

fn check_fault(fixture: &Fixture, node: &Node, reason: &str) {
    assert_eq!((node.get("/fault"), node.get("/error")), (&json!(true), &Value::Null), "{node:?}");
    assert_eq!(node.get("/http/response"), &Value::Null);
    let exceptions = node.get("/cause/exceptions").as_array().unwrap();
    let innermost = exceptions.last().unwrap()["message"].as_str().unwrap();
    assert!(innermost.contains(reason), "{innermost}");
    assert!(fixture.documents().texts().all(|text| !text.contains("s3cret")), "{node:?}");
}

/// Promises a thousand bytes and closes after four.
async fn serve_half() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        assert_ne!(connection.read(&mut [0; 4096]).await.unwrap(), 0);
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n0123").await.unwrap();
    });
    url
}

fn failing_frames() -> impl Stream<Item = io::Result<Frame<Bytes>>> + Send + Sync {
    stream::iter([Ok(Frame::data(Bytes::from_static(b"some"))), Err(io::Error::other("the disk is gone"))])
}

/// Whether it has been read from.
struct FailingReader(bool);

impl Read for FailingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if std::mem::replace(&mut self.0, true) {
            return Err(io::Error::other("the disk is gone"));
        }
        buffer[..4].copy_from_slice(b"some");
        Ok(4)
    }
}

struct NoAddress;

fn unresolved() -> io::Error {
    io::Error::other("dns://us3cret:pas3cret@zone/?key=s3cret: it is not in the zone")
}

macro_rules! resolve_nothing {
    ($reqwest:ident) => {
        impl $reqwest::dns::Resolve for NoAddress {
            fn resolve(&self, _: $reqwest::dns::Name) -> $reqwest::dns::Resolving {
                Box::pin(async { Err(unresolved().into()) })
            }
        }
    };
}

resolve_nothing!(reqwest);
resolve_nothing!(reqwest_0_12);

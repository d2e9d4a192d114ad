//! A daemon, a recorder and an HTTP service, each on a real socket of its own.

// Every test program compiles this file, and none needs all of it.
#![allow(dead_code, unreachable_pub, unused_imports)]

use std::net::{Ipv4Addr, SocketAddr};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, Response};
use axum::routing::get;
use axum::{BoxError, Router};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
pub use test_support::{Fixture, PATIENCE};
use tokio::net::TcpListener;
pub use xray_core::testing::Node;

/// A client that uses no proxy, whatever the environment says.
#[cfg(feature = "reqwest")]
pub fn plain_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The client of hyper-util.
pub type HyperClient = Client<HttpConnector, Body>;

pub fn hyper_client() -> HyperClient {
    Client::builder(TokioExecutor::new()).build_http()
}

/// A request without a body.
pub fn request(method: &str, url: &str) -> Request<Body> {
    Request::builder().method(method).uri(url).body(Body::empty()).unwrap()
}

/// The body of hyper-util's response.
pub async fn text<B>(response: Response<B>) -> String
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let body = to_bytes(Body::new(response.into_body()), usize::MAX).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// Serves a router on a loopback port of its own and returns `http://host:port`.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

/// A service that answers with the trace header that it got, or with nothing.
pub async fn serve_echo() -> String {
    serve(Router::new().fallback(echo)).await
}

pub async fn echo(headers: HeaderMap) -> String {
    let values: Vec<_> = headers.get_all("x-amzn-trace-id").iter().map(|value| value.to_str().unwrap()).collect();
    values.join(" and ")
}

/// A service that accepts requests and never answers, and a channel that says when a request is there.
pub async fn serve_silence() -> (String, tokio::sync::mpsc::UnboundedReceiver<()>) {
    let (arrived, arrivals) = tokio::sync::mpsc::unbounded_channel();
    let silent = move || async move {
        arrived.send(()).unwrap();
        std::future::pending::<()>().await;
    };
    (serve(Router::new().route("/", get(silent))).await, arrivals)
}

//! Many requests on one connection, over HTTP/1.1 and HTTP/2, by several clients.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/server.rs"]
mod server;

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Version};
use axum::routing::get;
use axum::{Router, extract};
use futures::future::join_all;
use http_body_util::BodyExt as _;
use hyper::server::conn::http2;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tower::ServiceExt as _;
use xray_core::{SegmentId, TraceId, begin_subsegment};

use server::{get_with, layer, segments, serve_traced};
use support::{Fixture, HyperClient};

#[tokio::test(flavor = "multi_thread")]
async fn each_request_of_a_kept_connection_has_its_own_segment() {
    let fixture = Fixture::start();
    let url = serve_traced(&fixture, async || begin_subsegment("handler").end()).await;
    let client: HyperClient = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(1).build_http();
    let mut traces = HashSet::new();
    for _ in 0..100 {
        let response = client.clone().oneshot(get_with(&url, &[])).await.unwrap();
        assert_eq!(response.version(), Version::HTTP_11);
        traces.insert(response.headers()["x-amzn-trace-id"].clone());
        response.into_body().collect().await.unwrap();
    }
    assert_eq!(traces.len(), 100);
    for segment in segments(&fixture, 100) {
        assert_eq!(segment.trace().render(), "shop GET 200\n└─ handler\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_requests_at_once_on_one_connection_keep_their_traces() {
    const REQUESTS: usize = 300;
    let fixture = Fixture::start();
    let all_there = Arc::new(Barrier::new(REQUESTS));
    let handler = move |extract::Path(id): extract::Path<String>| {
        let all_there = Arc::clone(&all_there);
        async move {
            all_there.wait().await;
            begin_subsegment(&id).end();
            Body::from_stream(futures::stream::once(async move {
                begin_subsegment(&format!("body {id}")).end();
                Ok::<_, std::io::Error>(id)
            }))
        }
    };
    let router = Router::new().route("/{id}", get(handler)).layer(layer(&fixture, "shop"));
    let url = serve_one_connection(router, REQUESTS).await;
    let client: HyperClient = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let calls = (0..REQUESTS).map(|id| {
        let (root, parent) = (TraceId::generate(), SegmentId::generate());
        let header = format!("Root={root};Parent={parent};Sampled=1");
        let request = get_with(&format!("{url}/{id}"), &[("x-amzn-trace-id", &header)]);
        let client = client.clone();
        async move {
            let response = client.oneshot(request).await.unwrap();
            assert_eq!(response.version(), Version::HTTP_2);
            response.into_body().collect().await.unwrap();
            (id, root.to_string(), parent.to_string())
        }
    });
    let sent = join_all(calls).await;
    segments(&fixture, REQUESTS);
    let documents = fixture.documents();
    assert_eq!(documents.len(), REQUESTS);
    for (id, root, parent) in sent {
        let trace = documents.trace(&root);
        assert_eq!(trace.render(), format!("shop GET 200 (parent not captured)\n├─ {id}\n└─ body {id}\n"));
        let segment = trace.root();
        assert_eq!(segment.get("/parent_id"), &parent);
        assert_eq!(segment.get("/http/request/url"), &format!("{url}/{id}"));
    }
}

/// Serves the first connection, over HTTP/2, with so many requests at once: axum's own server allows 200.
async fn serve_one_connection(router: Router, requests: usize) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (connection, _) = listener.accept().await.unwrap();
        let mut server = http2::Builder::new(TokioExecutor::new());
        server.max_concurrent_streams(u32::try_from(requests).unwrap());
        server.serve_connection(TokioIo::new(connection), TowerToHyperService::new(router)).await
    });
    url
}

/// Protocol version, headers and URLs as curl has them.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs curl: run tests/run"]
async fn curl_is_served() {
    let fixture = Fixture::start();
    let handler = async |request: Request<Body>| format!("{:?} {}", request.version(), request.uri().path());
    let url = serve_traced(&fixture, handler).await;
    let root = TraceId::generate();
    let header = format!("X-Amzn-Trace-Id: Root={root};Sampled=?");
    for (position, (version, name)) in
        [("--http1.0", "HTTP/1.0"), ("--http1.1", "HTTP/1.1"), ("--http2-prior-knowledge", "HTTP/2.0")]
            .into_iter()
            .enumerate()
    {
        let secret = url.replace("http://", "http://user:secret@");
        let arguments = ["--silent", "--include", "--noproxy", "*", version, "--header", &header];
        let output = Command::new("curl").args(arguments).arg(format!("{secret}/cart?token=secret#secret")).output();
        let answer = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(answer.to_lowercase().contains(&format!("x-amzn-trace-id: root={root};sampled=1")), "{answer}");
        assert!(answer.ends_with(&format!("{name} /cart")), "{answer}");
        segments(&fixture, position + 1);
        let segment = fixture.documents()[position].clone();
        assert_eq!(segment["http"]["request"]["url"], json!(format!("{url}/cart")));
        assert!(segment["http"]["request"]["user_agent"].as_str().unwrap().starts_with("curl/"));
        assert_eq!(segment["http"]["request"]["client_ip"], Value::Null, "axum was not asked to tell");
        assert!(!segment.to_string().contains("secret"));
    }
}

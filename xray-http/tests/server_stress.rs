//! Ten thousand requests over two hundred connections, with clients that go away, handlers that panic, and streams.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/server.rs"]
mod server;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use fastrand::Rng;
use futures::StreamExt as _;
use futures::future::join_all;
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tower::{ServiceBuilder, ServiceExt as _};
use xray_core::{SegmentId, TraceId, XRayFutureExt as _, begin_subsegment};

use server::{get_with, layer};
use support::{Fixture, HyperClient, PATIENCE, serve};

const CONNECTIONS: usize = 200;
const REQUESTS: usize = 50;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Plain,
    Error,
    Stream,
    Panic,
    PanicInBody,
    Silent,
}

const KINDS: [(Kind, &str); 6] = [
    (Kind::Plain, "plain"),
    (Kind::Error, "error"),
    (Kind::Stream, "stream"),
    (Kind::Panic, "panic"),
    (Kind::PanicInBody, "panic-in-body"),
    (Kind::Silent, "silent"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_request_has_one_segment() {
    let seed =
        std::env::var("XRAY_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("XRAY_TEST_SEED={seed}");
    let fixture = Fixture::start();
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    let counting = ServiceBuilder::new().map_request(move |request: Request<Body>| {
        count.fetch_add(1, Ordering::SeqCst);
        request
    });
    let router = Router::new().route("/{kind}/{id}", get(handle)).layer(layer(&fixture, "shop"));
    let url = serve(router.layer(counting)).await;

    let mut random = Rng::with_seed(seed);
    let connections = (0..CONNECTIONS).map(|_| connection(url.clone(), random.fork()));
    let mut sent = HashMap::new();
    for (root, parent, kind) in join_all(connections.map(tokio::spawn)).await.into_iter().flat_map(Result::unwrap) {
        sent.insert(root, (parent, kind));
    }
    assert_eq!(sent.len(), CONNECTIONS * REQUESTS);

    // Every request that came to the layer ends, with the body of its response.
    let reached = || reached.load(Ordering::SeqCst) as u64;
    fixture.daemon.wait_until(|_| fixture.daemon.received() >= reached(), PATIENCE);
    let documents = fixture.daemon.documents();
    assert_eq!(documents.len() as u64, reached(), "one segment each");
    assert!(documents.len() > CONNECTIONS * REQUESTS / 2, "most requests arrive: {}", documents.len());
    let (mut seen, mut panics) = (0, 0);
    for document in documents.iter() {
        let (parent, kind) = sent.remove(document["trace_id"].as_str().unwrap()).expect("no trace comes twice");
        assert_eq!(document["parent_id"], parent.as_str());
        assert_eq!(document["name"], "shop");
        assert!(document.get("in_progress").is_none() && document["end_time"].is_number(), "{document}");
        check(kind, document);
        seen += document["subsegments"].as_array().map_or(0, Vec::len);
        panics += usize::from(document.get("cause").is_some());
    }
    assert!(seen > documents.len(), "handlers and streams have subsegments: {seen}");
    assert!(panics > CONNECTIONS * REQUESTS / 10, "panics are recorded: {panics}");
    assert_eq!(fixture.recorder.stats().emitted, documents.len() as u64);
}

fn check(kind: Kind, document: &Value) {
    let response = &document["http"]["response"]["status"];
    let names = |name: &str| {
        let subsegments = document["subsegments"].as_array().map_or(&[][..], Vec::as_slice);
        assert!(subsegments.iter().all(|subsegment| subsegment.get("in_progress").is_none()), "{document}");
        subsegments.iter().filter(|subsegment| subsegment["name"] == name).count()
    };
    if !response.is_null() {
        assert_eq!(names("handler"), 1, "{kind:?} {document}");
    }
    match kind {
        // Its client may have gone away before the end.
        Kind::Plain | Kind::Stream => assert!(response == 200 || response.is_null(), "{document}"),
        Kind::Error => assert!(response == 503 || response.is_null(), "{document}"),
        Kind::Panic => assert!(response.is_null(), "{document}"),
        Kind::PanicInBody => assert!(response == 200 || response.is_null(), "{document}"),
        Kind::Silent => assert!(response.is_null(), "{document}"),
    }
    let panic = &document["cause"]["exceptions"][0]["message"];
    let own = match kind {
        Kind::Panic => "the handler's own",
        Kind::PanicInBody => "the body's own",
        _ => "",
    };
    assert!(panic.is_null() || panic == own, "{kind:?} {document}");
    assert_eq!(document.get("fault").is_some(), !panic.is_null() || response == 503, "{kind:?} {document}");
}

/// Sends requests one after the other over one connection, or a new one where that broke.
async fn connection(url: String, mut random: Rng) -> Vec<(String, String, Kind)> {
    let http2 = random.bool();
    let client: HyperClient = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
    let mut sent = Vec::new();
    for id in 0..REQUESTS {
        let (kind, path) = KINDS[random.usize(..KINDS.len())];
        let (root, parent) = (TraceId::generate(), SegmentId::generate());
        let header = format!("Root={root};Parent={parent};Sampled=1");
        let request = get_with(&format!("{url}/{path}/{id}"), &[("x-amzn-trace-id", &header)]);
        sent.push((root.to_string(), parent.to_string(), kind));
        let call = async {
            let response = client.clone().oneshot(request).await.ok()?;
            let mut body = response.into_body();
            while body.frame().await?.is_ok() {}
            Some(())
        };
        // A client that goes away does so after any number of its own polls.
        if kind == Kind::Silent || random.u8(..4) == 0 {
            let mut call = Box::pin(call);
            for _ in 0..random.u8(1..8) {
                if futures::poll!(&mut call).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        } else {
            call.await;
        }
    }
    sent
}

async fn handle(Path((kind, id)): Path<(String, u8)>) -> Response {
    async {
        for _ in 0..id % 4 {
            tokio::task::yield_now().await;
        }
    }
    .in_subsegment("handler")
    .await;
    let chunks = |last: fn()| {
        Body::from_stream(futures::stream::iter(0..3).then(move |chunk| async move {
            tokio::task::yield_now().await;
            begin_subsegment("chunk").end();
            if chunk == 2 {
                last();
            }
            Ok::<_, Infallible>("chunk")
        }))
    };
    match kind.as_str() {
        "plain" => "a cart".into_response(),
        "error" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        "stream" => chunks(|| ()).into_response(),
        "panic" => panic!("the handler's own"),
        "panic-in-body" => chunks(|| panic!("the body's own")).into_response(),
        _ => std::future::pending().await,
    }
}

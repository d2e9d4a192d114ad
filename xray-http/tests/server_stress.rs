//! Ten thousand requests over two hundred connections, with clients that go away, handlers that panic, and streams.
#![cfg(feature = "axum")]
#![allow(clippy::expect_used, clippy::unit_arg, clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/server.rs"]
mod server;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

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
use xray_core::{SegmentId, TraceId, XRayFutureExt as _, begin_subsegment, current_trace_id};

use server::{get_with, layer};
use support::{Fixture, HyperClient, serve};

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
    let happened = Happened::default();
    let handle = {
        let happened = happened.clone();
        move |path| handle(path, happened.clone())
    };
    let router = Router::new().route("/{kind}/{id}", get(handle)).layer(layer(&fixture, "shop"));
    let url = serve(router.layer(counting)).await;

    let mut random = Rng::with_seed(seed);
    let connections = (0..CONNECTIONS).map(|_| connection(url.clone(), random.fork()));
    let mut sent = HashMap::new();
    for request in join_all(connections.map(tokio::spawn)).await.into_iter().flat_map(Result::unwrap) {
        sent.insert(request.root.clone(), request);
    }
    assert_eq!(sent.len(), CONNECTIONS * REQUESTS);

    // Every request that came to the layer ends, with the body of its response.
    let reached = || reached.load(Ordering::SeqCst);
    let documents = fixture.wait_until(|documents| documents.len() >= reached());
    assert_eq!(documents.len(), reached(), "one segment each");
    let happened = happened.0.lock().unwrap();
    assert!(happened.values().map(|work| work.panics).sum::<usize>() > 1_000, "the test does what it says");
    for document in documents.iter() {
        let root = document["trace_id"].as_str().unwrap();
        let request = sent.remove(root).expect("no trace comes twice");
        assert_eq!(document["parent_id"], request.parent.as_str());
        assert_eq!(document["name"], "shop");
        assert!(document.get("in_progress").is_none() && document["end_time"].is_number(), "{document}");
        check(request.kind, document);
        assert_eq!(work_of(document), happened.get(root).copied().unwrap_or_default(), "{document}");
        if request.answered {
            assert!(document["http"]["response"]["status"].is_number(), "{document}");
        }
    }
    assert_eq!(happened.keys().find(|root| sent.contains_key(*root)), None, "what was handled has a segment");
    assert!(!sent.values().any(|request| request.answered), "what was answered has a segment");
}

/// What was done for a request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Work {
    handlers: usize,
    chunks: usize,
    panics: usize,
}

/// What really happened, by trace.
#[derive(Clone, Default)]
struct Happened(Arc<Mutex<HashMap<String, Work>>>);

impl Happened {
    fn note(&self, note: impl FnOnce(&mut Work)) {
        let root = current_trace_id().expect("handlers and bodies are in the segment").to_string();
        note(self.0.lock().unwrap().entry(root).or_default());
    }
}

/// The same, as the document has it.
fn work_of(document: &Value) -> Work {
    let subsegments = document["subsegments"].as_array().map_or(&[][..], Vec::as_slice);
    let named = |name: &str| subsegments.iter().filter(|subsegment| subsegment["name"] == name).count();
    let work = Work {
        handlers: named("handler"),
        chunks: named("chunk"),
        panics: document["cause"]["exceptions"].as_array().map_or(0, Vec::len),
    };
    assert_eq!(work.handlers + work.chunks, subsegments.len(), "{document}");
    assert!(subsegments.iter().all(|subsegment| subsegment.get("in_progress").is_none()), "{document}");
    work
}

struct Sent {
    root: String,
    parent: String,
    kind: Kind,
    /// Whether the client has the whole response.
    answered: bool,
}

fn check(kind: Kind, document: &Value) {
    let response = &document["http"]["response"]["status"];
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
async fn connection(url: String, mut random: Rng) -> Vec<Sent> {
    let http2 = random.bool();
    let client: HyperClient = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
    let mut sent = Vec::new();
    for id in 0..REQUESTS {
        let (kind, path) = KINDS[random.usize(..KINDS.len())];
        let (root, parent) = (TraceId::generate(), SegmentId::generate());
        let header = format!("Root={root};Parent={parent};Sampled=1");
        let request = get_with(&format!("{url}/{path}/{id}"), &[("x-amzn-trace-id", &header)]);
        let mut answered = false;
        let call = async {
            let response = client.clone().oneshot(request).await.ok()?;
            let mut body = response.into_body();
            while let Some(frame) = body.frame().await {
                frame.ok()?;
            }
            Some(())
        };
        // A client that goes away does so after any number of its own polls.
        if kind == Kind::Silent || random.u8(..4) == 0 {
            let mut call = Box::pin(call);
            for _ in 0..random.u8(1..8) {
                if let Poll::Ready(outcome) = futures::poll!(&mut call) {
                    answered = outcome.is_some();
                    break;
                }
                tokio::task::yield_now().await;
            }
        } else {
            answered = call.await.is_some();
        }
        sent.push(Sent { root: root.to_string(), parent: parent.to_string(), kind, answered });
    }
    sent
}

async fn handle(Path((kind, id)): Path<(String, u8)>, happened: Happened) -> Response {
    let panic = |happened: &Happened, message: &'static str| -> () {
        happened.note(|work| work.panics += 1);
        panic!("{message}");
    };
    let handler = happened.clone();
    async {
        handler.note(|work| work.handlers += 1);
        for _ in 0..id % 4 {
            tokio::task::yield_now().await;
        }
    }
    .in_subsegment("handler")
    .await;
    let chunks = |panics: bool| {
        let happened = happened.clone();
        Body::from_stream(futures::stream::iter(0..3).then(move |chunk| {
            let happened = happened.clone();
            async move {
                tokio::task::yield_now().await;
                happened.note(|work| work.chunks += 1);
                begin_subsegment("chunk").end();
                if chunk == 2 && panics {
                    panic(&happened, "the body's own");
                }
                Ok::<_, Infallible>("chunk")
            }
        }))
    };
    match kind.as_str() {
        "plain" => "a cart".into_response(),
        "error" => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        "stream" => chunks(false).into_response(),
        "panic" => panic(&happened, "the handler's own").into_response(),
        "panic-in-body" => chunks(true).into_response(),
        _ => std::future::pending().await,
    }
}

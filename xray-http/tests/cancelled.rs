//! What was dropped before its end is told from what came to it: requests that are served, and calls.
#![cfg(all(feature = "axum", feature = "reqwest", feature = "tower"))]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/server.rs"]
mod server;

use std::convert::Infallible;
use std::io;
use std::pin::Pin;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use futures::stream::{self, StreamExt as _};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tower::{Layer as _, ServiceExt as _, service_fn};
use xray_http::reqwest::ClientExt as _;

use server::{layer, only_segment, send, serve_traced};
use support::{Fixture, hyper_client, plain_client, request, serve};

type Chunks = Pin<Box<dyn futures::Stream<Item = Result<Bytes, io::Error>> + Send>>;

fn chunks(count: usize, then: Option<Result<Bytes, io::Error>>, ends: bool) -> Chunks {
    let chunks = stream::iter((0..count).map(|_| Ok(Bytes::from("chunk")))).chain(stream::iter(then));
    if ends { chunks.boxed() } else { chunks.chain(stream::pending()).boxed() }
}

/// Serves one request without a network, and drops what is left of the body after so many frames.
async fn serve_one(method: &str, status: u16, length: Option<&str>, body: Body, frames: usize) -> bool {
    let fixture = Fixture::start();
    let mut response = Response::builder().status(status);
    if let Some(length) = length {
        response = response.header("content-length", length);
    }
    let mut response = Some(response.body(body).unwrap());
    let service = layer(&fixture, "shop").layer(service_fn(move |_: Request<Body>| {
        let response = response.take().unwrap();
        async { Ok::<_, Infallible>(response) }
    }));
    let mut response = service.oneshot(request(method, "/")).await.unwrap();
    for _ in 0..frames {
        let _ = response.body_mut().frame().await;
    }
    drop(response);
    is_cancelled(&fixture)
}

fn is_cancelled(fixture: &Fixture) -> bool {
    let segment = only_segment(fixture);
    let mark = segment.get("/annotations/cancelled");
    assert!(mark.is_null() || mark == true, "{mark}");
    mark == true
}

#[tokio::test]
async fn a_request_is_cancelled_if_its_body_is_dropped_before_its_end() {
    let streamed = |count, ends| Body::from_stream(chunks(count, None, ends));
    for (what, method, status, length, body, frames, expected) in [
        ("read to its end", "GET", 200, None, streamed(2, true), 3, false),
        ("all there is was sent", "GET", 200, None, Body::from("whole"), 1, false),
        ("empty", "GET", 200, None, Body::empty(), 0, false),
        ("as long as it was said to be", "GET", 200, Some("10"), streamed(2, false), 2, false),
        ("not asked for", "HEAD", 200, Some("10"), Body::from("whole"), 0, false),
        ("no content", "GET", 204, None, streamed(2, false), 0, false),
        ("not modified", "GET", 304, Some("10"), streamed(2, false), 0, false),
        ("never asked for", "GET", 200, None, streamed(2, true), 0, true),
        ("dropped amid a stream", "GET", 200, None, streamed(2, false), 1, true),
        ("shorter than it was said to be", "GET", 200, Some("15"), streamed(2, false), 2, true),
        ("dropped before it was sent", "GET", 200, None, Body::from("whole"), 0, true),
    ] {
        assert_eq!(serve_one(method, status, length, body, frames).await, expected, "{what}");
    }
    let broken = Body::from_stream(chunks(1, Some(Err(io::Error::other("broken"))), false));
    assert!(!serve_one("GET", 200, None, broken, 2).await, "it failed, which is an end");
    let trailers = chunks(1, None, true).map(|data| data.map(Frame::data));
    let trailers = trailers.chain(stream::iter([Ok(Frame::trailers(Default::default()))]));
    assert!(!serve_one("GET", 200, None, Body::new(StreamBody::new(trailers)), 3).await, "trailers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_a_server_answers_is_not_cancelled() {
    for method in ["GET", "HEAD", "POST"] {
        for (status, body) in [(200, "text"), (200, ""), (204, ""), (304, ""), (404, "none"), (500, "broken")] {
            let fixture = Fixture::start();
            let url = serve_traced(&fixture, async move || (StatusCode::from_u16(status).unwrap(), body)).await;
            send(request(method, &url)).await;
            assert!(!is_cancelled(&fixture), "{method} {status} {body}");
        }
        let fixture = Fixture::start();
        let url = serve_traced(&fixture, async || Body::from_stream(chunks(3, None, true))).await;
        send(request(method, &url)).await;
        assert!(!is_cancelled(&fixture), "{method}, a stream");
    }
}

#[tokio::test]
async fn a_request_whose_handler_is_dropped_is_cancelled() {
    let fixture = Fixture::start();
    let service = layer(&fixture, "shop")
        .layer(service_fn(async |_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>().await));
    let mut call = Box::pin(service.oneshot(request("GET", "/")));
    assert!(futures::poll!(call.as_mut()).is_pending());
    drop(call);
    assert!(is_cancelled(&fixture));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_dropped_before_its_answer_is_cancelled() {
    let fixture = Fixture::start();
    let answers = serve(Router::new().fallback(async || "text")).await;
    let silent = serve(Router::new().fallback(async || std::future::pending::<()>().await)).await;
    let client = plain_client().xray();
    let traced_tower = |url: String| {
        let layer = xray_http::tower::XRayClientLayer::new();
        layer.layer(hyper_client()).oneshot(request("GET", &url))
    };
    let calls = async {
        client.get(&answers).send().await.unwrap().text().await.unwrap();
        drop(client.get(&answers).send().await.unwrap()); // handed out, and whatever becomes of its body
        traced_tower(answers.clone()).await.unwrap();
        client.get("http://127.0.0.1:1").send().await.unwrap_err();
        let mut call = Box::pin(client.get(&silent).send());
        assert!(futures::poll!(call.as_mut()).is_pending());
        drop(call);
        let mut call = Box::pin(traced_tower(silent.clone()));
        assert!(futures::poll!(call.as_mut()).is_pending());
        drop(call);
        drop(client.get(&silent).send()); // never polled: there was no call
    };
    let trace = fixture.trace(calls).await;
    let marks: Vec<_> = trace.root().children().iter().map(|call| call.get("/annotations/cancelled") == true).collect();
    assert_eq!(marks, [false, false, false, false, true, true], "{trace}");
    assert!(trace.root().children().iter().skip(4).all(|call| call.get("/fault").is_null()), "{trace}");
}

//! Traced servers and what their clients get.

// Every test program compiles this file, and none needs all of it.
#![allow(dead_code, unreachable_pub)]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use axum::routing::any;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use xray_core::sampling::{Sampler, SamplingDecision, SamplingRequest};
use xray_core::testing::{Documents, Node};
use xray_http::{Naming, ServerOptions, XRayLayer};

use super::support::{Fixture, hyper_client, serve};

/// Options that record with the fixture's recorder.
pub fn options(fixture: &Fixture) -> ServerOptions {
    ServerOptions::new().recorder(fixture.recorder.clone())
}

/// A layer that records with the fixture's recorder.
pub fn layer(fixture: &Fixture, naming: impl Into<Naming>) -> XRayLayer {
    XRayLayer::new(naming).with_options(options(fixture))
}

/// A server of one handler behind the layer.
pub async fn serve_traced<H, T>(fixture: &Fixture, handler: H) -> String
where
    H: axum::handler::Handler<T, ()>,
    T: 'static,
{
    serve(Router::new().fallback(any(handler)).layer(layer(fixture, "shop"))).await
}

/// Sends a request on a connection of its own, and reads the whole response.
pub async fn send(request: Request<Body>) -> (Response<()>, String) {
    let (parts, body) = hyper_client().oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).unwrap())
}

/// A `GET` with headers.
pub fn get_with(url: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let request = headers.iter().fold(Request::get(url), |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).unwrap()
}

/// The trace header of a response, empty if there is none.
pub fn trace_header(headers: &HeaderMap) -> &str {
    headers.get("x-amzn-trace-id").map_or("", |value| value.to_str().unwrap())
}

/// Waits until a server has sent so many segments, and returns them in the order of arrival.
pub fn segments(fixture: &Fixture, count: usize) -> Vec<Node> {
    roots(&fixture.wait_for(count))
}

pub fn roots(documents: &Documents) -> Vec<Node> {
    documents.traces().iter().flat_map(|trace| trace.roots()).collect()
}

/// Waits until a server has sent its one segment.
pub fn only_segment(fixture: &Fixture) -> Node {
    segments(fixture, 1).remove(0)
}

/// A sampler that keeps what it was asked, as `service method host path`.
#[derive(Clone, Debug)]
pub struct Asked {
    pub questions: Arc<Mutex<Vec<String>>>,
    sampled: bool,
}

impl Asked {
    pub fn answering(sampled: bool) -> Self {
        Self { questions: Arc::default(), sampled }
    }

    pub fn questions(&self) -> Vec<String> {
        self.questions.lock().unwrap().clone()
    }
}

impl Sampler for Asked {
    fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision {
        let part = |part: Option<&str>| part.unwrap_or("-").to_owned();
        let question = [request.service_name, request.method, request.host, request.path].map(part).join(" ");
        self.questions.lock().unwrap().push(question);
        if self.sampled { SamplingDecision::sampled() } else { SamplingDecision::not_sampled() }
    }
}

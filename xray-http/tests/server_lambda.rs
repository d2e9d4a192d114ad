//! Requests that come to a Lambda function through an HTTP adapter: each is a subsegment of the function's segment.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/lambda.rs"]
mod lambda;
mod support;
#[path = "support/server.rs"]
mod server;

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{Request, Response};
use serde_json::{Value, json};
use tower::{Layer as _, ServiceExt as _, service_fn};
use xray_core::{TraceHeader, XRayFutureExt as _, begin_subsegment, current_trace_header};

use lambda::{PARENT, ROOT, assert_goes_on_with_the_functions_segment};
use server::{get_with, layer, serve_traced};
use support::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_a_function_goes_on_with_the_functions_segment() {
    assert_goes_on_with_the_functions_segment(async |fixture| {
        let url = serve_traced(&fixture, async || {
            begin_subsegment("handler").end();
            current_trace_header().unwrap().to_string()
        })
        .await;
        (fixture, url)
    })
    .await;
}

/// As with `lambda_http`, which calls the service in the invocation.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_in_an_invocation_adds_a_subsegment() {
    let fixture = Fixture::start();
    let function =
        fixture.recorder.facade_segment(TraceHeader::parse(&format!("Root={ROOT};Parent={PARENT};Sampled=1")));
    let service = service_fn(async |_: Request<Body>| {
        begin_subsegment("handler").end();
        Ok::<_, Infallible>(Response::builder().status(503).body(Body::empty()).unwrap())
    });
    let call = async { layer(&fixture, "shop").layer(service).oneshot(get_with("/cart", &[])).await };
    drop(call.in_segment(function).await.unwrap());
    let documents = fixture.wait_for(2);
    let request = documents.iter().find(|document| document["name"] == "shop").unwrap();
    assert_eq!((&request["type"], &request["parent_id"]), (&json!("subsegment"), &json!(PARENT)));
    assert_eq!((&request["fault"], &request["aws"]), (&json!(true), &Value::Null));
}

//! Requests that come to a Lambda function through an HTTP adapter: each is a subsegment of the function's segment.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/server.rs"]
mod server;

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{Request, Response};
use serde_json::{Value, json};
use tower::{Layer as _, ServiceExt as _, service_fn};
use xray_core::{Environment, TraceHeader, XRayFutureExt as _, begin_subsegment, current_trace_header};

use server::{Asked, get_with, layer, send, serve_traced, trace_header};
use support::{Fixture, PATIENCE};

const ROOT: &str = "1-57ff426a-80c11c39b0c928905eb0828d";
const PARENT: &str = "53995c3f42cd8ad8";

/// As behind the Lambda web adapter, which calls a server in the function by HTTP.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_a_function_goes_on_with_the_functions_segment() {
    let both = format!("Root={ROOT};Parent={PARENT}");
    for (header, recorded, answered) in [
        (format!("{both};Sampled=1;Lineage=a:1"), true, format!("Root={ROOT}")),
        (format!("{both};Sampled=0"), false, String::new()),
        (format!("Root={ROOT};Lineage=a:1"), false, String::new()),
    ] {
        let sampler = Asked::answering(true);
        let environment = Environment::from_iter([("LAMBDA_TASK_ROOT", "/var/task")]);
        let fixture = Fixture::with(|builder| builder.environment(environment).sampler(sampler.clone()));
        let url = serve_traced(&fixture, async || {
            begin_subsegment("handler").end();
            current_trace_header().unwrap().to_string()
        })
        .await;
        let (response, seen) = send(get_with(&format!("{url}/cart"), &[("x-amzn-trace-id", &header)])).await;
        assert_eq!(sampler.questions(), [""; 0], "Lambda decides about sampling");
        assert_eq!(trace_header(response.headers()), answered, "{header}");
        if recorded {
            let documents = fixture.daemon.wait_for(2, PATIENCE);
            let request = documents.iter().find(|document| document["name"] == "shop").unwrap();
            assert_eq!((&request["type"], &request["parent_id"]), (&json!("subsegment"), &json!(PARENT)));
            assert_eq!(request["http"]["response"], json!({"status": 200, "content_length": seen.len()}));
            assert_eq!(seen, format!("Root={ROOT};Parent={};Sampled=1;Lineage=a:1", request["id"].as_str().unwrap()));
            let handler = documents.iter().find(|document| document["name"] == "handler").unwrap();
            assert_eq!(handler["parent_id"], request["id"]);
        } else {
            assert_eq!(seen, header, "it goes on as it came");
            assert_eq!(fixture.daemon.documents().len(), 0, "{header}");
        }
    }
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
    let documents = fixture.daemon.wait_for(2, PATIENCE);
    let request = documents.iter().find(|document| document["name"] == "shop").unwrap();
    assert_eq!((&request["type"], &request["parent_id"]), (&json!("subsegment"), &json!(PARENT)));
    assert_eq!((&request["fault"], &request["aws"]), (&json!(true), &Value::Null));
}

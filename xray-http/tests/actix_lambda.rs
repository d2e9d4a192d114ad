//! Requests that come to an actix-web server in a Lambda function: each is a subsegment of the function's segment.
#![cfg(all(feature = "actix-web", feature = "axum"))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
mod support;
#[path = "support/server.rs"]
mod server;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};
use xray_core::{Environment, begin_subsegment, current_trace_header};

use actix::Site;
use server::{Asked, get_with, send, trace_header};
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
        let site = site_in_a_function(&sampler);
        let request = get_with(&format!("{}/cart", site.url), &[("x-amzn-trace-id", &header)]);
        let (response, seen) = send(request).await;
        assert_eq!(sampler.questions(), [""; 0], "Lambda decides about sampling");
        assert_eq!(trace_header(response.headers()), answered, "{header}");
        if recorded {
            let documents = site.fixture.daemon.wait_for(2, PATIENCE);
            let request = documents.iter().find(|document| document["name"] == "shop").unwrap();
            assert_eq!((&request["type"], &request["parent_id"]), (&json!("subsegment"), &json!(PARENT)));
            assert_eq!((&request["trace_id"], &request["namespace"]), (&json!(ROOT), &Value::Null));
            assert_eq!(request["http"]["response"], json!({"status": 200, "content_length": seen.len()}));
            assert_eq!(seen, format!("Root={ROOT};Parent={};Sampled=1;Lineage=a:1", request["id"].as_str().unwrap()));
            let handler = documents.iter().find(|document| document["name"] == "handler").unwrap();
            assert_eq!(handler["parent_id"], request["id"]);
        } else {
            assert_eq!(seen, header, "it goes on as it came");
            assert_eq!(site.fixture.recorder.stats().emitted, 0, "{header}");
        }
    }
}

/// What fails is on the request's subsegment, which is sent although the function's segment is Lambda's.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_in_a_function_fails_with_is_on_its_subsegment() {
    let site = site_in_a_function(&Asked::answering(true));
    let header = format!("Root={ROOT};Parent={PARENT};Sampled=1");
    for (count, path, status) in [(1, "lost", json!(500)), (2, "panic", Value::Null)] {
        let request = get_with(&format!("{}/{path}", site.url), &[("x-amzn-trace-id", &header)]);
        let answer = support::hyper_client().request(request).await;
        assert_eq!(answer.is_err(), path == "panic");
        let documents = site.fixture.daemon.wait_for(count, PATIENCE);
        let request = &documents[count - 1];
        assert_eq!((&request["type"], &request["parent_id"]), (&json!("subsegment"), &json!(PARENT)));
        assert_eq!((&request["fault"], &request["http"]["response"]["status"]), (&json!(true), &status), "{path}");
        assert_eq!(request["cause"]["exceptions"][0]["message"], "out of stock", "{path}");
    }
}

/// A server whose recorder finds itself in Lambda.
fn site_in_a_function(sampler: &Asked) -> Site {
    let environment = Environment::from_iter([("LAMBDA_TASK_ROOT", "/var/task")]);
    let fixture = Fixture::with(|builder| builder.environment(environment).sampler(sampler.clone()));
    Site::serve_recorded_by(fixture, "shop", |options| options, routes)
}

fn routes(config: &mut ServiceConfig) {
    let cart = || async {
        begin_subsegment("handler").end();
        current_trace_header().unwrap().to_string()
    };
    let lost = || async { Err::<HttpResponse, _>(actix_web::error::ErrorInternalServerError("out of stock")) };
    async fn panic() -> HttpResponse {
        panic!("out of stock")
    }
    config
        .route("/cart", web::get().to(cart))
        .route("/lost", web::get().to(lost))
        .route("/panic", web::get().to(panic));
}

//! Requests that come to an actix-web server in a Lambda function: each is a subsegment of the function's segment.
#![cfg(all(feature = "actix-web", feature = "axum"))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
#[path = "support/lambda.rs"]
mod lambda;
mod support;
#[path = "support/server.rs"]
mod server;

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use serde_json::{Value, json};
use xray_core::{begin_subsegment, current_trace_header};

use actix::Site;
use lambda::{PARENT, ROOT, assert_goes_on_with_the_functions_segment, fixture_in_a_function};
use server::{Asked, get_with};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_in_a_function_goes_on_with_the_functions_segment() {
    assert_goes_on_with_the_functions_segment(async |fixture| {
        let site = Site::serve_recorded_by(fixture, "shop", |options| options, routes);
        (site.fixture, site.url)
    })
    .await;
}

/// What fails is on the request's subsegment, which is sent although the function's segment is Lambda's.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_in_a_function_fails_with_is_on_its_subsegment() {
    let site =
        Site::serve_recorded_by(fixture_in_a_function(&Asked::answering(true)), "shop", |options| options, routes);
    let header = format!("Root={ROOT};Parent={PARENT};Sampled=1");
    for (count, path, status) in [(1, "lost", json!(500)), (2, "panic", Value::Null)] {
        let request = get_with(&format!("{}/{path}", site.url), &[("x-amzn-trace-id", &header)]);
        let answer = support::hyper_client().request(request).await;
        assert_eq!(answer.is_err(), path == "panic");
        let documents = site.fixture.wait_for(count);
        let request = &documents[count - 1];
        assert_eq!((&request["type"], &request["parent_id"]), (&json!("subsegment"), &json!(PARENT)));
        assert_eq!((&request["fault"], &request["http"]["response"]["status"]), (&json!(true), &status), "{path}");
        assert_eq!(request["cause"]["exceptions"][0]["message"], "out of stock", "{path}");
    }
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

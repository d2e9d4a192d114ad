//! Servers that anybody can reach, and that believe no trace header.
#![cfg(all(feature = "actix-web", feature = "axum", feature = "reqwest"))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
#[path = "support/server.rs"]
mod server;
mod support;

use actix_web::web;
use axum::Router;
use serde_json::{Value, json};
use xray_core::TraceHeader;
use xray_http::{ServerOptions, XRayLayer};

use actix::Site;
use server::{Asked, get_with, only_segment, options, send, trace_header};
use support::{Fixture, serve};

const ROOT: &str = "1-57ff426a-80c11c39b0c928905eb0828d";
const PARENT: &str = "53995c3f42cd8ad8";
const W3C: &str = "00-57ff426a80c11c39b0c928905eb0828d-53995c3f42cd8ad8";

/// `Sampled=1` from the Internet had every request recorded, in a trace of the sender's choice, and unknown keys travelled on.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_begins_a_trace_of_its_own_which_is_linked_to_the_senders() {
    let xray = "x-amzn-trace-id";
    for (name, value, is_linked) in [
        (xray, format!("Root={ROOT};Parent={PARENT};Sampled=1;Lineage=a:1;secret=x"), true),
        (xray, format!("Root={ROOT};Parent={PARENT};Sampled=0"), true),
        (xray, format!("Root={ROOT};Parent={PARENT};Sampled=?"), true),
        (xray, format!("Root={ROOT};Sampled=1"), false),
        (xray, format!("Parent={PARENT};Sampled=0"), false),
        (xray, "garbage".to_owned(), false),
        ("traceparent", format!("{W3C}-01"), true),
        ("traceparent", format!("{W3C}-00"), true),
        ("x-other", String::new(), false),
    ] {
        for sampled in [true, false] {
            for with_actix in [false, true] {
                let case = format!("{value}, sampled: {sampled}, actix: {with_actix}");
                let sampler = Asked::answering(sampled);
                let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
                let (url, fixture) = if with_actix {
                    let routes = |config: &mut web::ServiceConfig| {
                        config.default_service(web::to(async || current()));
                    };
                    let site = Site::serve_recorded_by(fixture, "shop", ServerOptions::distrust_callers, routes);
                    (site.url, site.fixture)
                } else {
                    let layer = XRayLayer::new("shop").with_options(options(&fixture).distrust_callers());
                    (serve(Router::new().fallback(async || current()).layer(layer)).await, fixture)
                };
                let (response, seen) = send(get_with(&url, &[(name, &value)])).await;
                assert_eq!(sampler.questions().len(), 1, "{case}");
                let seen = TraceHeader::parse(&seen);
                let own = seen.root().unwrap().to_string();
                assert_ne!(own, ROOT, "{case}");
                assert_eq!(seen.extras().count(), 0, "{case}");
                let answer = if sampled { format!("Root={own}") } else { String::new() };
                assert_eq!(trace_header(response.headers()), answer, "{case}");
                if !sampled {
                    fixture.assert_nothing_sent();
                    continue;
                }
                let segment = only_segment(&fixture);
                assert_eq!((segment.trace().id(), segment.get("/parent_id")), (own.as_str(), &Value::Null), "{case}");
                let link = json!([{"trace_id": ROOT, "id": PARENT}]);
                let links = segment.get("/links").as_array().map(|links| {
                    let named = |link: &Value| json!({"trace_id": link["trace_id"], "id": link["id"]});
                    links.iter().map(named).collect::<Value>()
                });
                assert_eq!(links, is_linked.then_some(link), "{case}");
                assert_eq!(fixture.recorder.stats().rejected_values, 0, "{case}");
            }
        }
    }
}

fn current() -> String {
    xray_core::current_trace_header().unwrap().to_string()
}

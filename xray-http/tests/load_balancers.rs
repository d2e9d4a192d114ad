//! Which trace a request belongs to, where a load balancer or somebody else has added X-Ray's header to W3C's.
//!
//! An Application Load Balancer adds `X-Amzn-Trace-Id: Root=…` to what has none. That beat the caller's `traceparent`, so every trace
//! from OpenTelemetry was cut at the load balancer.
//! See <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html>.
#![cfg(all(feature = "actix-web", feature = "axum", feature = "reqwest"))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
#[path = "support/server.rs"]
mod server;
mod support;

use actix_web::web;
use serde_json::{Value, json};
use xray_core::{Sampled, TraceHeader};

use actix::Site;
use server::{Asked, get_with, only_segment, send, serve_traced, trace_header};
use support::Fixture;

/// The load balancer's own.
const ROOT: &str = "1-57ff426a-80c11c39b0c928905eb0828d";
const PARENT: &str = "53995c3f42cd8ad8";
/// W3C's, of a caller.
const CALLER: &str = "1-4bf92f35-77b34da6a3ce929d0e0e4736";
const CALLERS_SPAN: &str = "00f067aa0ba902b7";

#[derive(Clone, Copy, Debug)]
enum Wins {
    XRay,
    W3c,
    Nobody,
}

#[tokio::test(flavor = "multi_thread")]
async fn traceparent_wins_over_a_header_that_has_neither_parent_nor_decision() {
    use Wins::{Nobody, W3c, XRay};
    let hop = "1-67891234-12456789abcdef0123456780";
    let same = "1-4bf92f35-77b34da6a3ce929d0e0e4736";
    // X-Ray's header, whether `traceparent` says sampled, who wins, whether the sampler is asked, what is answered beside the root.
    for (header, w3c, wins, asked, answered) in [
        (format!("Root={ROOT}"), Some(true), W3c, false, ""),
        (format!("Root={ROOT}"), Some(false), W3c, false, ""),
        (format!("Root={ROOT}"), None, XRay, true, ""),
        (format!("Self={hop};Root={ROOT}"), Some(true), W3c, false, ""),
        (format!("Root={ROOT};Self={hop}"), Some(true), W3c, false, ""),
        (format!("Self={hop}"), Some(true), W3c, false, ""),
        (format!("Self={hop}"), None, Nobody, true, ""),
        (format!("Root={ROOT};CalledFrom=app"), Some(true), W3c, false, ""),
        (format!("Root={same}"), Some(true), W3c, false, ""),
        (format!("Root={ROOT};Parent={PARENT}"), Some(true), XRay, true, ""),
        (format!("Self={hop};Root={ROOT};Parent={PARENT};Sampled=1"), Some(false), XRay, false, ""),
        (format!("Root={ROOT};Sampled=1"), Some(false), XRay, false, ""),
        (format!("Root={ROOT};Sampled=0"), Some(true), XRay, false, ""),
        ("Sampled=0".to_owned(), Some(true), Nobody, false, ""),
        // Who asks for the decision has not decided, and is told.
        (format!("Root={ROOT};Sampled=?"), Some(true), W3c, false, ";Sampled=1"),
        (format!("Root={ROOT};Sampled=?"), Some(false), W3c, false, ";Sampled=0"),
        (format!("Root={ROOT};Parent={PARENT};Sampled=?"), Some(true), XRay, true, ";Sampled=1"),
        // Neither a parent without a trace nor what cannot be read is one.
        (format!("Parent={PARENT}"), Some(true), W3c, false, ""),
        (format!("Root={ROOT};Parent=0000000000000000;Sampled=2"), Some(true), W3c, false, ""),
        ("Root=garbage".to_owned(), Some(true), W3c, false, ""),
        (String::new(), Some(true), W3c, false, ""),
    ] {
        for with_actix in [false, true] {
            let case = format!("{header:?} and {w3c:?}, actix: {with_actix}");
            let sampler = Asked::answering(true);
            let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
            let sent = w3c
                .map(|sampled| format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{CALLERS_SPAN}-{:02x}", u8::from(sampled)));
            let mut headers = vec![("x-amzn-trace-id", header.as_str())];
            headers.extend(sent.as_deref().map(|sent| ("traceparent", sent)));
            let (url, fixture) = if with_actix {
                let routes = |config: &mut web::ServiceConfig| {
                    config.default_service(web::to(async || current()));
                };
                let site = Site::serve_recorded_by(fixture, "shop", |options| options, routes);
                (site.url, site.fixture)
            } else {
                (serve_traced(&fixture, async || current()).await, fixture)
            };
            let (response, seen) = send(get_with(&url, &headers)).await;
            let seen = TraceHeader::parse(&seen);
            let (root, parent) = match wins {
                XRay => (Some(ROOT), header.contains(PARENT).then_some(PARENT)),
                W3c => (Some(CALLER), Some(CALLERS_SPAN)),
                Nobody => (None, None),
            };
            let traced = seen.root().unwrap().to_string();
            assert_eq!(root.unwrap_or(&traced), traced, "{case}");
            assert_eq!(sampler.questions().len(), usize::from(asked), "{case}");
            let foreign = seen.extras().collect::<Vec<_>>();
            assert_eq!(foreign, if header.contains("app") { vec![("CalledFrom", "app")] } else { vec![] }, "{case}");
            let sampled = seen.sampled() == Sampled::Yes;
            let answer =
                if sampled || !answered.is_empty() { format!("Root={traced}{answered}") } else { String::new() };
            assert_eq!(trace_header(response.headers()), answer, "{case}");
            if sampled {
                let segment = only_segment(&fixture);
                assert_eq!(segment.trace().id(), traced, "{case}");
                assert_eq!(segment.get("/parent_id"), &parent.map_or(Value::Null, |parent| json!(parent)), "{case}");
            } else {
                let no = if let W3c = wins { w3c == Some(false) } else { header.contains("Sampled=0") };
                assert!(no, "{case}");
                fixture.assert_nothing_sent();
            }
        }
    }
}

/// A header that cannot be read is no reason to lose the one that can.
#[tokio::test(flavor = "multi_thread")]
async fn a_traceparent_that_is_none_leaves_the_load_balancers_trace() {
    for bad in ["", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"] {
        let fixture = Fixture::start();
        let url = serve_traced(&fixture, async || ()).await;
        send(get_with(&url, &[("x-amzn-trace-id", &format!("Root={ROOT}")), ("traceparent", bad)])).await;
        let segment = only_segment(&fixture);
        assert_eq!((segment.trace().id(), segment.get("/parent_id")), (ROOT, &Value::Null), "{bad}");
    }
}

fn current() -> String {
    xray_core::current_trace_header().unwrap().to_string()
}

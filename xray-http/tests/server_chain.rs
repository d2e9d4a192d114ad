//! A traced client and a traced server: one trace, with X-Ray's header between them and with W3C's.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/server.rs"]
mod server;

use axum::body::Body;
use axum::http::{Request, Response};
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _};
use xray_core::{Sampled, TraceHeader, XRayFutureExt as _, current_trace_header};
use xray_http::ClientOptions;
use xray_http::tower::XRayClientLayer;

use server::serve_traced;
use support::{Fixture, hyper_client, request, serve, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_and_its_request_are_one_trace_with_either_header() {
    for (options, strip) in [
        (ClientOptions::new(), None),
        (ClientOptions::new().propagate_w3c(), None),
        (ClientOptions::new().propagate_w3c(), Some("x-amzn-trace-id")),
    ] {
        let fixture = Fixture::start();
        let url = serve_traced(&fixture, async || ()).await;
        // What is between the two knows only the one header.
        let proxy = ServiceBuilder::new()
            .layer(XRayClientLayer::new().with_options(options))
            .map_request(move |mut request: Request<Body>| {
                strip.map(|header| request.headers_mut().remove(header));
                request
            })
            .service(hyper_client());
        let segment = fixture.recorder.begin_segment("shop");
        let id = segment.trace_id().unwrap().to_string();
        async { text(proxy.oneshot(request("GET", &url)).await.unwrap()).await }.in_segment(segment).await;
        fixture.wait_until(|documents| documents.len() == 2);
        let tree = "shop\n└─ 127.0.0.1 GET 200\n   └─ shop GET 200\n";
        assert_eq!(fixture.documents().trace(&id).render(), tree, "{strip:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traceparent_goes_out_only_where_it_is_asked_for() {
    let fixture = Fixture::start();
    let echo = async |request: Request<Body>| {
        let header = |name| request.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        format!("{} {}", header("x-amzn-trace-id"), header("traceparent"))
    };
    let url = serve(axum::Router::new().fallback(echo)).await;
    let w3c = || ClientOptions::new().propagate_w3c();
    for (options, sampled, both) in [
        (ClientOptions::new(), true, false),
        (w3c(), true, true),
        (w3c(), false, true),
        (w3c().propagate_to(["*.example"]), true, false),
    ] {
        let client = XRayClientLayer::new().with_options(options).layer(hyper_client());
        let segment = fixture.recorder.segment("shop").sampled(sampled).begin();
        let sent = async { text(call(client, request("GET", &url)).await).await }.in_segment(segment).await;
        let (own, traceparent) = sent.split_once(' ').unwrap();
        assert_eq!(traceparent.is_empty(), !both, "{sent}");
        if both {
            let (own, w3c) = (TraceHeader::parse(own), TraceHeader::from_traceparent(traceparent).unwrap());
            assert_eq!((own.root(), own.sampled()), (w3c.root(), w3c.sampled()), "{sent}");
            assert_eq!(own.sampled(), if sampled { Sampled::Yes } else { Sampled::No });
            // An unsampled trace has no parent, which W3C does not know.
            assert!(own.parent().is_none() || own.parent() == w3c.parent(), "{sent}");
        }
    }
    let trees: Vec<_> = fixture.documents().traces().iter().map(|trace| trace.render()).collect();
    assert_eq!(trees, ["shop\n└─ 127.0.0.1 GET 200\n"; 3], "of the sampled ones");
    // Without a trace there is nothing to say.
    assert_eq!(current_trace_header(), None);
    let client = XRayClientLayer::new().with_options(w3c()).layer(hyper_client());
    let sent = async { text(call(client, request("GET", &url)).await).await };
    assert_eq!(fixture.without_segment(sent).await, " ");
}

async fn call<S, B>(client: S, request: Request<Body>) -> Response<B>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
{
    client.oneshot(request).await.unwrap()
}

//! Which parent a call through a tower service gets, and when nothing is recorded.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use futures::future::join_all;
use tokio::sync::Barrier;
use tower::{Layer as _, Service as _, ServiceBuilder, ServiceExt as _};
use xray_core::testing::Trace;
use xray_core::{Library, TraceHeader, XRayFutureExt as _};
use xray_http::tower::{XRayClientLayer, XRayClientService};

use support::{Fixture, HyperClient, PATIENCE, echo, hyper_client, request, serve, serve_echo, text};

#[tokio::test]
async fn concurrent_calls_in_one_task_keep_their_parents() {
    let fixture = Fixture::start();
    let url = serve_fifty_at_once().await;
    let client = traced_client();
    let calls = (0..50).map(|number| {
        let (mut client, request) = (client.clone(), request("GET", &format!("{url}/{number}")));
        async move { text(client.ready().await.unwrap().call(request).await.unwrap()).await }
            .in_subsegment(format!("order {number}"))
    });
    let (headers, trace) = fixture.traced(async { join_all(calls).await }).await;
    check_orders(&url, &headers, &trace);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_calls_in_many_tasks_keep_their_parents() {
    let fixture = Fixture::start();
    let url = serve_fifty_at_once().await;
    let client = traced_client();
    let (headers, trace) = fixture
        .traced(async {
            let tasks = (0..50).map(|number| {
                let call = client.clone().oneshot(request("GET", &format!("{url}/{number}")));
                let call = async { text(call.await.unwrap()).await };
                tokio::spawn(call.in_subsegment(format!("order {number}")))
            });
            join_all(tasks).await.into_iter().map(Result::unwrap).collect::<Vec<_>>()
        })
        .await;
    check_orders(&url, &headers, &trace);
}

#[tokio::test]
async fn siblings_under_join_keep_their_parents() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let client = traced_client();
    let call = || client.clone().oneshot(request("GET", &url));
    let (_, trace) = fixture
        .traced(async {
            let (left, right) = tokio::join!(call().in_subsegment("left"), call().in_subsegment("right"));
            assert!(left.is_ok() && right.is_ok());
        })
        .await;
    let rendered = "shop\n├─ left\n│  └─ 127.0.0.1 GET 200\n└─ right\n   └─ 127.0.0.1 GET 200\n";
    assert_eq!(trace.render(), rendered);
}

#[tokio::test]
async fn attached_twice_records_once() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let directly = XRayClientLayer::new().layer(traced_client());
    let around_a_timeout = ServiceBuilder::new()
        .layer(XRayClientLayer::new())
        .timeout(PATIENCE)
        .layer(XRayClientLayer::new())
        .service(hyper_client());
    let (sent, node) = fixture.call(async { text(directly.oneshot(request("GET", &url)).await.unwrap()).await }).await;
    assert_eq!(TraceHeader::parse(&sent).parent().unwrap().to_string(), node.id());
    let (sent, node) =
        fixture.call(async { text(around_a_timeout.oneshot(request("GET", &url)).await.unwrap()).await }).await;
    assert_eq!(TraceHeader::parse(&sent).parent().unwrap().to_string(), node.id());
}

#[tokio::test]
async fn a_trace_that_is_not_sampled_goes_on_in_the_header() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let segment = fixture.unsampled_segment();
    let root = segment.trace_id().unwrap();
    let sent =
        async { text(traced_client().oneshot(request("GET", &url)).await.unwrap()).await }.in_segment(segment).await;
    assert_eq!(TraceHeader::parse(&sent).root(), Some(root));
    assert!(sent.ends_with(";Sampled=0"), "{sent}");
    fixture.assert_nothing_sent();
}

#[tokio::test]
async fn a_library_that_is_not_patched_is_left_alone() {
    let fixture = Fixture::with(|builder| builder.libraries([Library::Reqwest]));
    let url = serve_echo().await;
    for segment in [fixture.recorder.begin_segment("shop"), fixture.unsampled_segment()] {
        let work = async { text(traced_client().oneshot(request("GET", &url)).await.unwrap()).await };
        assert_eq!(work.in_segment(segment).await, "");
    }
    assert_eq!(fixture.wait_for(1).only_trace().render(), "shop\n");
}

#[tokio::test]
async fn without_a_segment_the_call_goes_through() {
    let (fixture, url) = (Fixture::start(), serve_echo().await);
    let call = async { text(traced_client().oneshot(request("GET", &url)).await.unwrap()).await };
    assert_eq!(fixture.without_segment(call).await, "");
}

fn traced_client() -> XRayClientService<HyperClient> {
    XRayClientLayer::new().layer(hyper_client())
}

/// A service that echoes headers, once there are fifty requests.
async fn serve_fifty_at_once() -> String {
    let all_there = Arc::new(Barrier::new(50));
    let answer = move |Path(_): Path<u32>, headers| async move {
        all_there.wait().await;
        echo(headers).await
    };
    serve(Router::new().route("/{number}", get(answer))).await
}

fn check_orders(url: &str, headers: &[String], trace: &Trace) {
    assert_eq!(trace.root().children().len(), 50, "{trace}");
    for (number, header) in headers.iter().enumerate() {
        let calls = trace.root().child(&format!("order {number}")).children();
        assert_eq!(calls.len(), 1, "{trace}");
        assert_eq!(calls[0].get("/http/request/url"), &format!("{url}/{number}"));
        assert_eq!(TraceHeader::parse(header).parent().unwrap().to_string(), calls[0].id());
    }
}

//! Which parent a call gets, and when nothing is recorded.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use futures::future::join_all;
use xray_core::{Library, TraceHeader, XRayFutureExt as _, begin_subsegment};
use xray_http::reqwest::{ClientExt as _, RequestBuilderExt as _};

use support::{Fixture, echo, plain_client, serve, serve_echo};

#[tokio::test]
async fn concurrent_calls_in_one_task_keep_their_parents() {
    let fixture = Fixture::start();
    let url = serve(Router::new().route("/{number}", get(echo))).await;
    let client = plain_client().xray();
    let calls = (0..50).map(|number| {
        let (client, url) = (&client, format!("{url}/{number}"));
        async move { client.get(url).send().await.unwrap().text().await.unwrap() }
            .in_subsegment(format!("order {number}"))
    });
    let (headers, trace) = fixture.traced(async { join_all(calls).await }).await;
    check_orders(&url, &headers, &trace);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_calls_in_many_tasks_keep_their_parents() {
    let fixture = Fixture::start();
    let all_there = tokio::sync::Barrier::new(50);
    let all_there = std::sync::Arc::new(all_there);
    let router = Router::new().route(
        "/{number}",
        get(move |Path(_): Path<u32>, headers| async move {
            all_there.wait().await;
            echo(headers).await
        }),
    );
    let url = serve(router).await;
    let client = plain_client().xray();
    let (headers, trace) = fixture
        .traced(async {
            let tasks = (0..50).map(|number| {
                let (client, url) = (client.clone(), format!("{url}/{number}"));
                let call = async move { client.get(url).send().await.unwrap().text().await.unwrap() };
                tokio::spawn(call.in_subsegment(format!("order {number}")))
            });
            join_all(tasks).await.into_iter().map(Result::unwrap).collect::<Vec<_>>()
        })
        .await;
    check_orders(&url, &headers, &trace);
}

fn check_orders(url: &str, headers: &[String], trace: &xray_core::testing::Trace) {
    assert_eq!(trace.root().children().len(), 50, "{trace}");
    for (number, header) in headers.iter().enumerate() {
        let order = trace.root().child(&format!("order {number}"));
        let calls = order.children();
        assert_eq!(calls.len(), 1, "{trace}");
        assert_eq!(calls[0].get("/http/request/url"), &format!("{url}/{number}"));
        assert_eq!(TraceHeader::parse(header).parent().unwrap().to_string(), calls[0].id());
    }
}

/// A call is a future like any other: what it is put into is its parent, whatever was current when it was made.
#[tokio::test]
async fn the_parent_is_what_is_current_when_the_call_is_polled() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let client = plain_client().xray();
    let (_, trace) = fixture
        .traced(async {
            let elsewhere = begin_subsegment("elsewhere");
            let call = {
                let _current = elsewhere.enter();
                client.get(&url).send()
            };
            call.in_subsegment("load").await.unwrap();
        })
        .await;
    assert_eq!(trace.render(), "shop\n├─ elsewhere\n└─ load\n   └─ 127.0.0.1 GET 200\n");
}

#[tokio::test]
async fn attached_twice_records_once() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let client = plain_client().xray().xray();
    let (response, node) = fixture.call(client.get(&url).send_traced()).await;
    let sent = response.unwrap().text().await.unwrap();
    assert_eq!(TraceHeader::parse(&sent).parent().unwrap().to_string(), node.id());
    let request = client.get(&url).build().unwrap();
    fixture.call(client.execute(request)).await.0.unwrap();
}

#[tokio::test]
async fn a_trace_that_is_not_sampled_goes_on_in_the_header() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let client = plain_client().xray();
    let segment = fixture.unsampled_segment();
    let root = segment.trace_id().unwrap();
    let sent = async { client.get(&url).send().await.unwrap().text().await.unwrap() }.in_segment(segment).await;
    let header = TraceHeader::parse(&sent);
    assert_eq!(header.root(), Some(root));
    assert!(sent.ends_with(";Sampled=0"), "{sent}");
    fixture.assert_nothing_sent();
}

#[tokio::test]
async fn unknown_keys_of_the_incoming_header_travel_on() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let client = plain_client().xray();
    for (sampled, rest) in [(true, ";Sampled=1;Lineage=a:1"), (false, ";Sampled=0;Lineage=a:1")] {
        let incoming = TraceHeader::parse("Root=1-57ff426a-80c11c39b0c928905eb0828d;Lineage=a:1");
        let segment = fixture.recorder.segment("shop").trace_header(incoming).sampled(sampled).begin();
        let sent = async { client.get(&url).send().await.unwrap().text().await.unwrap() }.in_segment(segment).await;
        assert!(sent.starts_with("Root=1-57ff426a-80c11c39b0c928905eb0828d;"), "{sent}");
        assert!(sent.ends_with(rest), "{sent}");
    }
    assert_eq!(fixture.only_trace().render(), "shop\n└─ 127.0.0.1 GET 200\n", "of the sampled one");
}

#[tokio::test]
async fn a_library_that_is_not_patched_is_left_alone() {
    let fixture = Fixture::with(|builder| builder.libraries([Library::Tower]));
    let url = serve_echo().await;
    let client = plain_client().xray();
    for segment in [fixture.recorder.begin_segment("shop"), fixture.unsampled_segment()] {
        let own = client.get(&url).header("x-amzn-trace-id", "Root=own");
        let work = async {
            let sent = client.get(&url).send().await.unwrap().text().await.unwrap();
            (sent, own.send().await.unwrap().text().await.unwrap())
        };
        assert_eq!(work.in_segment(segment).await, (String::new(), "Root=own".to_owned()));
    }
    let trace = fixture.wait_for(1).only_trace();
    assert_eq!(trace.render(), "shop\n");
}

#[tokio::test]
async fn without_a_segment_the_call_goes_through() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let client = plain_client().xray();
    let calls = async {
        assert_eq!(client.get(&url).send().await.unwrap().text().await.unwrap(), "");
        assert_eq!(client.inner().get(&url).send_traced().await.unwrap().text().await.unwrap(), "");
    };
    fixture.without_segment(calls).await;
}

#[tokio::test]
async fn an_sdk_that_is_disabled_leaves_headers_as_they_are() {
    let fixture = Fixture::with(|builder| builder.enabled(false));
    let url = serve_echo().await;
    let client = plain_client().xray();
    let request = client.get(&url).header("x-amzn-trace-id", "Root=own");
    let segment = fixture.recorder.begin_segment("shop");
    let sent = async { request.send().await.unwrap().text().await.unwrap() }.in_segment(segment).await;
    assert_eq!(sent, "Root=own");
    fixture.assert_nothing_sent();
}

/// What the coercion to the stock client costs, as the documentation of `Client` says.
#[tokio::test]
async fn the_stock_client_below_is_not_traced() {
    async fn fetch(client: &reqwest::Client, url: &str) -> String {
        client.get(url).send().await.unwrap().text().await.unwrap()
    }
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let client = plain_client().xray();
    let (sent, trace) = fixture.traced(fetch(&client, &url)).await;
    assert_eq!(sent, "");
    assert_eq!(trace.render(), "shop\n");
}

//! The older version of reqwest: the same code, so what may differ is tested, and that it is there.
#![cfg(feature = "reqwest-0_12")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use axum::Router;
use axum::routing::any;
use futures::future::join_all;
use reqwest_0_12 as reqwest;
use serde_json::json;
use test_support::ClosedPort;
use xray_core::{Library, TraceHeader, XRayFutureExt as _};
use xray_http::ClientOptions;
use xray_http::reqwest_0_12::{ClientExt as _, RequestBuilderExt as _};

use support::{Fixture, echo, serve, serve_echo};

#[tokio::test]
async fn every_way_to_make_a_call_is_recorded_once() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let plain = plain_client();
    let client = plain.clone().xray().xray();
    let (sent, trace) = fixture
        .traced(async {
            [
                client.post(&url).json(&json!({"item": "lamp"})).send().await.unwrap(),
                client.put(&url).form(&[("item", "lamp")]).send().await.unwrap(),
                client.get(&url).send_traced().await.unwrap(),
                client.execute(client.get(&url).build().unwrap()).await.unwrap(),
                plain.get(&url).send_traced().await.unwrap(),
            ]
        })
        .await;
    let sent = join_all(sent.into_iter().map(reqwest::Response::text)).await;
    let parent = |header: &reqwest::Result<String>| TraceHeader::parse(header.as_ref().unwrap()).parent().unwrap();
    let parents: Vec<_> = sent.iter().map(|header| parent(header).to_string()).collect();
    let calls: Vec<_> = trace.root().children().iter().map(|call| call.id().to_owned()).collect();
    assert_eq!(parents, calls, "{trace}");
}

#[tokio::test]
async fn a_refused_connection_is_a_fault_with_the_chain_of_causes() {
    let fixture = Fixture::start();
    let refused = ClosedPort::hold();
    let url = format!("http://{refused}/cart?token=s3cret");
    let (response, node) = fixture.call(plain_client().xray().get(&url).send()).await;
    assert!(response.unwrap_err().is_connect());
    assert_eq!(node.get("/fault"), true);
    let exceptions = node.get("/cause/exceptions").as_array().unwrap();
    assert_eq!(exceptions[0]["type"], "reqwest::error::Error");
    assert_eq!(exceptions.last().unwrap()["type"], "std::io::error::Error");
    assert!(fixture.documents().texts().all(|text| !text.contains("s3cret")));
}

#[tokio::test]
async fn concurrent_calls_keep_their_parents() {
    let fixture = Fixture::start();
    let url = serve(Router::new().route("/{number}", any(echo))).await;
    let client = plain_client().xray();
    let calls =
        (0..50).map(|number| client.get(format!("{url}/{number}")).send().in_subsegment(format!("order {number}")));
    let (responses, trace) = fixture.traced(async { join_all(calls).await }).await;
    assert!(responses.iter().all(Result::is_ok));
    for number in 0..50 {
        let calls = trace.root().child(&format!("order {number}")).children();
        assert_eq!(calls.len(), 1, "{trace}");
        assert_eq!(calls[0].get("/http/request/url"), &format!("{url}/{number}"));
    }
}

#[tokio::test]
async fn what_is_not_recorded_goes_through() {
    let fixture = Fixture::start();
    let unpatched = Fixture::with(|builder| builder.libraries([Library::Tower]));
    let url = serve_echo().await;
    let client = plain_client().xray();
    let sent = async || client.get(&url).send().await.unwrap().text().await.unwrap();
    assert_eq!(fixture.without_segment(sent()).await, "", "no segment");

    let segment = fixture.unsampled_segment();
    let root = segment.trace_id().unwrap();
    let header = sent().in_segment(segment).await;
    assert!(header.starts_with(&format!("Root={root};")) && header.ends_with("Sampled=0"), "{header}");

    assert_eq!(sent().in_segment(unpatched.recorder.begin_segment("shop")).await, "", "not patched");
    assert_eq!(unpatched.wait_for(1).only_trace().render(), "shop\n");

    let client = client.clone().with_options(ClientOptions::new().ignore_hosts(["127.*"]));
    let (_, trace) = fixture.traced(client.get(&url).send()).await;
    assert_eq!(trace.render(), "shop\n", "ignored");
}

fn plain_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

//! What is recorded of a call that gets a response.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{any, get};
use tokio::sync::Notify;
use xray_core::TraceHeader;
use xray_http::reqwest::{ClientExt as _, RequestBuilderExt as _};

use support::{Fixture, echo, plain_client, serve, serve_echo};

#[tokio::test]
async fn every_way_to_make_a_call_is_recorded() {
    let fixture = Fixture::start();
    let url = serve(Router::new().fallback(any(echo))).await;
    let plain = plain_client();
    let client = plain.clone().xray();
    let requests = [
        ("GET", client.get(&url)),
        ("POST", client.post(&url).body("order")),
        ("PUT", client.put(&url)),
        ("PATCH", client.patch(&url)),
        ("DELETE", client.delete(&url)),
        ("HEAD", client.head(&url)),
        ("PURGE", client.request(reqwest::Method::from_bytes(b"PURGE").unwrap(), &url)),
    ];
    for (method, request) in requests {
        let (response, node) = fixture.call(request.send()).await;
        assert_eq!(response.unwrap().status(), 200, "{method}");
        assert_eq!(node.get("/http/request/method"), method);
    }
    let request = client.get(&url).build().unwrap();
    let (response, node) = fixture.call(client.execute(request)).await;
    assert_eq!(response.unwrap().text().await.unwrap(), header_of(&node));
    let (response, node) = fixture.call(plain.get(&url).send_traced()).await;
    assert_eq!(response.unwrap().text().await.unwrap(), header_of(&node));
}

#[tokio::test]
async fn the_called_service_gets_the_header_of_the_subsegment() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let client = plain_client().xray();
    let (sent, node) = fixture.call(async { client.get(&url).send().await.unwrap().text().await.unwrap() }).await;
    let header = TraceHeader::parse(&sent);
    assert_eq!(sent, header_of(&node));
    assert_eq!(header.parent().unwrap().to_string(), node.id());
}

/// Most often it is the header that came in, copied along with all others.
#[tokio::test]
async fn a_header_that_the_program_set_gives_way() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let client = plain_client().xray();
    let request = client.get(&url).header("X-Amzn-Trace-Id", "Root=1-00000001-000000000000000000000001");
    let (sent, node) = fixture.call(async { request.send().await.unwrap().text().await.unwrap() }).await;
    assert_eq!(sent, header_of(&node));
}

#[tokio::test]
async fn redirects_stay_inside_of_one_call() {
    let fixture = Fixture::start();
    let target = serve_echo().await;
    let away = Redirect::temporary(&format!("{target}/?token=s3cret"));
    let router = Router::new()
        .route("/first", get(|| async { Redirect::temporary("/second") }))
        .route("/second", get(move || async { away }));
    let url = serve(router).await;
    let client = plain_client().xray();
    let (sent, node) =
        fixture.call(async { client.get(format!("{url}/first")).send().await.unwrap().text().await.unwrap() }).await;
    assert_eq!(sent, header_of(&node), "the header goes along, to the other service too");
    assert_eq!(node.get("/http/request/url"), &format!("{url}/first"));
    assert_eq!(node.get("/http/response/status"), 200);
}

#[tokio::test]
async fn content_lengths_are_those_that_are_known() {
    let fixture = Fixture::start();
    let chunks = || async { Body::from_stream(futures::stream::iter([Ok::<_, std::io::Error>("a"), Ok("b")])) };
    let router = Router::new()
        .route("/whole", get(|| async { "12345" }))
        .route("/chunks", get(chunks))
        .route("/nothing", get(|| async { StatusCode::NO_CONTENT }));
    let url = serve(router).await;
    let client = plain_client().xray();
    for (request, length) in [
        (client.get(format!("{url}/whole")), 5),
        (client.head(format!("{url}/whole")), 5),
        (client.get(format!("{url}/chunks")), -1),
        (client.get(format!("{url}/nothing")), 0),
    ] {
        let described = format!("{request:?}");
        let (response, node) = fixture.call(request.send()).await;
        response.unwrap();
        assert_eq!(node.get("/http/response/content_length"), length, "{described}");
    }
}

#[tokio::test]
async fn a_call_ends_with_the_headers_of_the_response() {
    let fixture = Fixture::start();
    let gate = Arc::new(Notify::new());
    let opened = gate.clone();
    let body = move || async move {
        let late = async move {
            opened.notified().await;
            Ok::<_, std::io::Error>("late")
        };
        Body::from_stream(futures::stream::once(late))
    };
    let url = serve(Router::new().route("/", get(body))).await;
    let client = plain_client().xray();
    let (response, node) = fixture.call(client.get(&url).send()).await;
    assert_eq!(node.get("/http/response/status"), 200, "recorded and sent before the body came");
    gate.notify_one();
    assert_eq!(response.unwrap().text().await.unwrap(), "late");
}

/// The header that belongs to a recorded call.
fn header_of(node: &support::Node) -> String {
    format!("Root={};Parent={};Sampled=1", node.trace().id(), node.id())
}

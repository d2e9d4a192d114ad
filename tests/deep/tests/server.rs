//! A server whose handler is six captured functions above a call of the AWS SDK.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

use aws_sdk_dynamodb::Client;
use aws_xray_sdk as xray;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use deep_programs::chain;
use test_support::Fixture;
use xray::http::{ServerOptions, XRayLayer};

type Error = Box<dyn std::error::Error + Send + Sync>;

chain! {
    #[xray::capture]
    (client: &Client, more: usize) -> Result<usize, Error>:
    one two, two three, three four, four five, five six, six tables
}

async fn tables(client: &Client, more: usize) -> Result<usize, Error> {
    Ok(client.list_tables().send().await?.table_names().len() + more)
}

async fn handle(State(client): State<Client>) -> Result<String, StatusCode> {
    match one(&client, 7).await {
        Ok(tables) => Ok(tables.to_string()),
        Err(_) => Err(StatusCode::BAD_GATEWAY),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_handler_with_six_captures_above_a_call_answers_and_is_traced() {
    let fixture = Fixture::start();
    let layer = XRayLayer::new("shop").with_options(ServerOptions::new().recorder(fixture.recorder.clone()));
    let client = support::dynamodb(&support::serve().await);
    let router = Router::new().route("/", get(handle)).layer(layer).with_state(client);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    assert_eq!(reqwest::get(url).await.unwrap().text().await.unwrap(), "7");
    let trace = fixture.wait_for(1).only_trace();
    let names: Vec<_> = trace.nodes().iter().map(|node| node.name().to_owned()).collect();
    assert_eq!(names, ["shop", "one", "two", "three", "four", "five", "six", "DynamoDB"], "{trace}");
}

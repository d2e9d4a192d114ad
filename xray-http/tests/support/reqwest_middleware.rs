//! Calls of a client with middleware. Compiled for each version: `client`, `middleware` and `traced` are what the test program
//! says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use futures::future::join_all;
use http::Extensions;
use test_support::ClosedPort;
use tokio::sync::Notify;
use xray_core::{Library, TraceHeader, XRayFutureExt as _};
use xray_http::ClientOptions;

use crate::client::{Client, Request, Response};
use crate::middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result};
use crate::support::{Fixture, echo, serve, serve_echo};
use crate::traced::XRayMiddleware;

#[tokio::test]
async fn errors_are_faults_with_the_chain_of_causes() {
    let fixture = Fixture::start();
    let refused = ClosedPort::hold();
    let url = format!("http://{refused}/?token=s3cret");
    let (response, node) = fixture.call(traced_client().get(&url).send()).await;
    assert!(response.unwrap_err().is_connect());
    assert_eq!(node.get("/fault"), true);
    let exceptions = node.get("/cause/exceptions").as_array().unwrap();
    assert_eq!(exceptions[0]["type"], "reqwest::error::Error");
    assert_eq!(exceptions.last().unwrap()["type"], "std::io::error::Error");

    let client = ClientBuilder::new(plain_client()).with(XRayMiddleware::new()).with(Failing).build();
    let (response, node) = fixture.call(client.get(&url).send()).await;
    assert!(response.unwrap_err().is_middleware());
    assert_eq!(node.get("/fault"), true);
    let messages: Vec<_> = node.get("/cause/exceptions").as_array().unwrap().iter().map(|e| &e["message"]).collect();
    assert_eq!(messages, ["cannot sign", "no token"]);
    assert!(fixture.documents().texts().all(|text| !text.contains("s3cret")));
}

#[tokio::test]
async fn concurrent_calls_keep_their_parents() {
    let fixture = Fixture::start();
    let url = serve(Router::new().route("/{number}", get(echo))).await;
    let client = traced_client();
    let calls = (0..50).map(|number| {
        let (client, url) = (&client, format!("{url}/{number}"));
        async move { text(client, &url).await }.in_subsegment(format!("order {number}"))
    });
    let (headers, trace) = fixture.traced(async { join_all(calls).await }).await;
    for (number, header) in headers.iter().enumerate() {
        let calls = trace.root().child(&format!("order {number}")).children();
        assert_eq!(calls.len(), 1, "{trace}");
        assert_eq!(calls[0].get("/http/request/url"), &format!("{url}/{number}"));
        assert_eq!(TraceHeader::parse(header).parent().unwrap().to_string(), calls[0].id());
    }
}

/// In front of a middleware that tries again there is one call, behind it one for each attempt.
#[tokio::test]
async fn attached_twice_records_once() {
    let rest = "└─ 127.0.0.1 GET 200\n";
    let client = || ClientBuilder::new(plain_client());
    let (first, second) = (XRayMiddleware::new, XRayMiddleware::new);
    for (client, failures, rendered) in [
        (client().with(first()).with(second()).build(), 0, format!("shop\n{rest}")),
        (client().with(first()).with(Retry).with(second()).build(), 2, format!("shop\n{rest}")),
        (
            client().with(Retry).with(first()).with(second()).build(),
            2,
            format!("shop\n{}{rest}", "├─ 127.0.0.1 GET 503 [fault]\n".repeat(2)),
        ),
    ] {
        let fixture = Fixture::start();
        let url = serve_failures(failures).await;
        let (_, trace) = fixture.traced(client.get(&url).send()).await;
        assert_eq!(trace.render(), rendered);
    }
}

/// The attempt that was given up left its mark in the extensions, and the next one was not recorded.
#[tokio::test]
async fn an_attempt_after_one_that_was_given_up_is_recorded() {
    let fixture = Fixture::start();
    let arrived = Arc::new(Notify::new());
    let first = Arc::new((Arc::clone(&arrived), AtomicBool::new(true)));
    let answer = move || async move {
        if first.1.swap(false, Ordering::Relaxed) {
            first.0.notify_one();
            std::future::pending::<()>().await;
        }
    };
    let url = serve(Router::new().route("/", get(answer))).await;
    let client = ClientBuilder::new(plain_client()).with(GiveUp(arrived)).with(XRayMiddleware::new()).build();
    let (response, trace) = fixture.traced(client.get(&url).send()).await;
    assert_eq!(response.unwrap().status(), 200);
    assert_eq!(trace.render(), "shop\n├─ 127.0.0.1 GET {cancelled=true}\n└─ 127.0.0.1 GET 200\n");
}

#[tokio::test]
async fn what_is_not_recorded_goes_through() {
    let fixture = Fixture::start();
    let unpatched = Fixture::with(|builder| builder.libraries([Library::Tower]));
    let url = serve_echo().await;
    let client = traced_client();
    assert_eq!(fixture.without_segment(text(&client, &url)).await, "", "no segment");

    let segment = fixture.unsampled_segment();
    let root = segment.trace_id().unwrap();
    let sent = text(&client, &url).in_segment(segment).await;
    assert!(sent.starts_with(&format!("Root={root};")) && sent.ends_with("Sampled=0"), "{sent}");

    assert_eq!(text(&client, &url).in_segment(unpatched.recorder.begin_segment("shop")).await, "", "not patched");
    assert_eq!(unpatched.wait_for(1).only_trace().render(), "shop\n");

    let ignoring = XRayMiddleware::new().with_options(ClientOptions::new().ignore_hosts(["127.*"]));
    let client = ClientBuilder::new(plain_client()).with(ignoring).build();
    let (sent, trace) = fixture.traced(text(&client, &url)).await;
    assert_eq!((sent.as_str(), trace.render().as_str()), ("", "shop\n"));
}

/// Fails before the request is sent.
struct Failing;

#[async_trait::async_trait]
impl Middleware for Failing {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
        Err(anyhow::Error::from(std::io::Error::other("no token")).context("cannot sign").into())
    }
}

/// Gives the first attempt up as soon as it has arrived, and tries again.
struct GiveUp(Arc<Notify>);

#[async_trait::async_trait]
impl Middleware for GiveUp {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        tokio::select! {
            response = next.clone().run(request.try_clone().unwrap(), extensions) => return response,
            () = self.0.notified() => {}
        }
        next.run(request, extensions).await
    }
}

/// Tries again until the service is there.
struct Retry;

#[async_trait::async_trait]
impl Middleware for Retry {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        loop {
            let response = next.clone().run(request.try_clone().unwrap(), extensions).await?;
            if response.status() != StatusCode::SERVICE_UNAVAILABLE {
                return Ok(response);
            }
        }
    }
}

/// A service that is unavailable for its first requests.
async fn serve_failures(count: u16) -> String {
    let failures = Arc::new(AtomicU16::new(count));
    let answer = move || async move {
        let failing = failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if failing.is_ok() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    };
    serve(Router::new().route("/", get(answer))).await
}

fn plain_client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

fn traced_client() -> ClientWithMiddleware {
    ClientBuilder::new(plain_client()).with(XRayMiddleware::new()).build()
}

async fn text(client: &ClientWithMiddleware, url: &str) -> String {
    client.get(url).send().await.unwrap().text().await.unwrap()
}

//! What is recorded of a call that gets no response, and what must never be.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use futures::FutureExt as _;
use reqwest::dns::{Name, Resolve, Resolving};
use serde_json::Value;
use test_support::ClosedPort;
use xray_core::capture_async;
use xray_core::testing::Node;
use xray_http::reqwest::{Client, ClientExt as _, RequestBuilderExt as _};

use support::{Fixture, plain_client, serve, serve_silence};

#[tokio::test]
async fn a_refused_connection_is_a_fault_with_the_chain_of_causes() {
    let fixture = Fixture::start();
    let refused = ClosedPort::hold();
    let url = format!("http://{refused}/cart");
    let (response, node) = fixture.call(plain_client().xray().get(&url).send()).await;
    let error = response.unwrap_err();
    assert!(error.is_connect());
    assert_eq!(node.name(), "127.0.0.1");
    assert_eq!(node.get("/fault"), true);
    assert_eq!(node.get("/error"), &Value::Null);
    assert_eq!(node.get("/http/request/url"), &url);
    assert_eq!(node.get("/http/response"), &Value::Null);
    let exceptions = node.get("/cause/exceptions").as_array().unwrap();
    assert_eq!(exceptions[0]["type"], "reqwest::error::Error");
    assert_eq!(exceptions[0]["message"], format!("error sending request for url ({url})"));
    assert_eq!(exceptions.len(), chain(&error).len(), "{exceptions:#?}");
    let innermost = exceptions.last().unwrap();
    assert_eq!(innermost["type"], "std::io::error::Error");
    assert!(innermost["message"].as_str().unwrap().contains("refused"), "{innermost}");
    for (exception, cause) in exceptions.iter().zip(&exceptions[1..]) {
        assert_eq!(exception["cause"], cause["id"]);
    }
}

#[tokio::test]
async fn a_host_that_has_no_address_is_a_fault() {
    let fixture = Fixture::start();
    let client = reqwest::Client::builder().no_proxy().dns_resolver(Arc::new(NoAddress)).build().unwrap().xray();
    let (response, node) = fixture.call(client.get("http://SHOP.example:81/cart").send()).await;
    response.unwrap_err();
    assert_eq!(node.name(), "shop.example");
    assert_eq!(node.get("/fault"), true);
    assert!(messages(&node).last().unwrap().ends_with("is not in the zone"), "{node:?}");
}

#[tokio::test]
async fn a_timeout_is_a_fault() {
    let fixture = Fixture::start();
    let (url, mut arrivals) = serve_silence().await;
    let request = plain_client().xray().get(&url).timeout(Duration::from_millis(50));
    let (response, node) = fixture.call(request.send()).await;
    assert!(response.unwrap_err().is_timeout());
    arrivals.recv().await.unwrap();
    assert_eq!(node.get("/fault"), true);
    assert!(messages(&node).contains(&"operation timed out".to_owned()), "{node:?}");
}

#[tokio::test]
async fn a_redirect_loop_is_a_fault() {
    let fixture = Fixture::start();
    let url = serve(Router::new().route("/", get(|| async { Redirect::temporary("/") }))).await;
    let (response, node) = fixture.call(plain_client().xray().get(&url).send()).await;
    assert!(response.unwrap_err().is_redirect());
    assert_eq!(node.get("/fault"), true);
    assert_eq!(messages(&node).last().unwrap(), "too many redirects");
}

#[tokio::test]
async fn a_scheme_that_cannot_be_called_is_a_fault() {
    let fixture = Fixture::start();
    let (response, node) = fixture.call(plain_client().xray().get("ftp://shop.example/cart").send()).await;
    assert!(response.unwrap_err().is_builder());
    assert_eq!(node.get("/fault"), true);
    assert_eq!(messages(&node)[0], "builder error for url (ftp://shop.example/cart)");
}

#[tokio::test]
async fn a_request_that_cannot_be_built_is_no_call() {
    let fixture = Fixture::start();
    let client = plain_client().xray();
    let (errors, trace) = fixture
        .traced(async {
            let invalid_url = client.get("INVALID_URL").send().await;
            let invalid_header = client.get("http://shop.example/").header("a\nb", "c").send().await;
            [invalid_url.unwrap_err(), invalid_header.unwrap_err()]
        })
        .await;
    assert!(errors.iter().all(reqwest::Error::is_builder), "{errors:?}");
    assert_eq!(trace.render(), "shop\n");
}

#[tokio::test]
async fn a_call_that_is_never_polled_is_not_recorded() {
    let fixture = Fixture::start();
    let client = plain_client().xray();
    let (_, trace) = fixture.traced(async { drop(client.get("http://shop.example/").send()) }).await;
    assert_eq!(trace.render(), "shop\n");
}

/// Who catches a panic may drop the future later, when nobody sees the panic any more.
#[tokio::test]
async fn a_panic_in_the_client_is_a_fault() {
    let fixture = Fixture::start();
    let client = reqwest::Client::builder().no_proxy().dns_resolver(Arc::new(Panicking)).build().unwrap().xray();
    let call = client.get("http://shop.example/").send();
    let (outcome, node) = fixture.call(AssertUnwindSafe(call).catch_unwind()).await;
    assert!(outcome.is_err());
    assert_eq!(node.get("/fault"), true);
    assert_eq!(messages(&node)[0], "the resolver is broken");
}

/// Clients quote the URL in their errors, with the query string.
#[tokio::test]
async fn no_secret_of_a_url_leaves_the_process() {
    let fixture = Fixture::start();
    let refused = ClosedPort::hold();
    let location = format!("http://us3cret:pas3cret@{refused}/?token=s3cret#fragment-s3cret");
    let redirecting = {
        let location = location.clone();
        serve(Router::new().route("/", get(|| async move { Redirect::temporary(&location) }))).await
    };
    let plain = plain_client();
    let resolving = reqwest::Client::builder().no_proxy().dns_resolver(Arc::new(NoAddress)).build().unwrap();
    let unsafe_scheme = location.replace("http:", "ftp:");
    let requests = [
        plain.get(&location),
        plain.get(format!("{redirecting}/?token=s3cret")),
        plain.get(unsafe_scheme),
        resolving.get("http://us3cret:pas3cret@shop.example/?token=s3cret"),
        plain
            .get(&redirecting)
            .query(&[("token", "s3cret"), ("list", "(s3cret)")])
            .basic_auth("us3cret", Some("s3cret")),
    ];
    let (errors, trace) = fixture
        .traced(async {
            let mut errors = Vec::new();
            for request in requests {
                errors.push(request.send_traced().await.unwrap_err());
            }
            let request = reqwest::Request::new(reqwest::Method::GET, location.parse().unwrap());
            errors.push(plain.clone().xray().execute(request).await.unwrap_err());
            errors
        })
        .await;
    assert_eq!(trace.nodes().len(), 7, "{trace}");
    assert!(trace.nodes()[1..].iter().all(|node| node.get("/fault") == true && !messages(node).is_empty()), "{trace}");
    for text in fixture.documents().texts() {
        assert!(!text.contains("s3cret"), "{text}");
    }
    // The program's own errors are untouched.
    for (position, error) in errors.iter().enumerate() {
        assert!(chain(error).iter().any(|message| message.contains("s3cret")), "{position}: {error:?}");
    }
}

/// `?` brings the error up to what is captured around the call, which refers to it and does not repeat it.
#[tokio::test]
async fn an_error_on_its_way_up_is_referred_to() {
    let fixture = Fixture::start();
    let refused = ClosedPort::hold();
    let url = format!("http://{refused}/cart");
    let client = plain_client().xray();
    let load = async |client: &Client| client.get(&url).send().await;
    let (_, trace) = fixture.traced(async { capture_async("load cart", load(&client)).await }).await;
    assert_eq!(trace.render(), "shop\n└─ load cart [fault]\n   └─ 127.0.0.1 GET [fault]\n");
    assert_eq!(trace.find("load cart").get("/cause"), trace.find("127.0.0.1").get("/cause/exceptions/0/id"));
}

#[derive(Debug)]
struct NoAddress;

impl Resolve for NoAddress {
    fn resolve(&self, name: Name) -> Resolving {
        let error =
            Unresolved(format!("dns://us3cret:pas3cret@zone/?key=s3cret: {} is not in the zone", name.as_str()));
        Box::pin(async { Err::<Box<dyn Iterator<Item = SocketAddr> + Send>, _>(error.into()) })
    }
}

#[derive(Debug)]
struct Unresolved(String);

impl fmt::Display for Unresolved {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Unresolved {}

struct Panicking;

impl Resolve for Panicking {
    fn resolve(&self, _: Name) -> Resolving {
        panic!("the resolver is broken")
    }
}

fn messages(node: &Node) -> Vec<String> {
    let exceptions = node.get("/cause/exceptions").as_array();
    let message = |exception: &Value| exception["message"].as_str().unwrap().to_owned();
    exceptions.into_iter().flatten().map(message).collect()
}

fn chain(error: &reqwest::Error) -> Vec<String> {
    std::iter::successors(Some(error as &dyn Error), |error| (*error).source()).map(ToString::to_string).collect()
}

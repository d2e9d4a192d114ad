//! Rules for the calls of a client: which are recorded, under which names, and who is told.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use xray_core::{Compiled, ContextMissing, Library, TraceHeader, patch};
use xray_http::ClientOptions;
use xray_http::reqwest::{Client, ClientExt as _, RequestBuilder};

use support::{Fixture, plain_client, serve_echo};

#[tokio::test]
async fn ignored_calls_are_left_alone() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    for (options, path) in [
        (ClientOptions::new().ignore_hosts(["*.example", "127.0.0.?"]), "/cart"),
        (ClientOptions::new().ignore_urls(["*/health"]), "/health?full=yes#all"),
        (ClientOptions::new().ignore_urls([format!("{url}/*/health")]), "/a/b/health"),
    ] {
        let client = traced_client(&options);
        let own = client.get(format!("{url}{path}")).header("x-amzn-trace-id", "Root=own");
        let (sent, trace) =
            fixture.traced(async { [sent(client.get(format!("{url}{path}"))).await, sent(own).await] }).await;
        assert_eq!(trace.render(), "shop\n", "{options:?}");
        assert_eq!(sent, ["", "Root=own"], "{options:?}");
    }
}

#[tokio::test]
#[expect(clippy::await_holding_invalid_type)] // nothing else runs on its thread
async fn ignored_calls_are_not_missed_by_a_segment() {
    let url = serve_echo().await;
    let fixture = Fixture::with(|builder| builder.context_missing(ContextMissing::RuntimeError));
    patch(&[Compiled { library: Library::Reqwest, install: || Ok(()) }], [Library::Reqwest]).unwrap();
    let _scope = fixture.recorder.scope();
    let ignoring = traced_client(&ClientOptions::new().ignore_hosts(["127.*"]));
    assert_eq!(sent(ignoring.get(&url)).await, "");
    for options in [ClientOptions::new(), ClientOptions::new().ignore_hosts(["*.example"])] {
        let call = AssertUnwindSafe(sent(traced_client(&options).get(&url))).catch_unwind();
        assert!(call.await.is_err(), "{options:?}");
    }
}

#[tokio::test]
async fn other_calls_are_recorded() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let options = ClientOptions::new()
        .ignore_hosts(["127.0.0.2", "127.0.0.1:*"])
        .ignore_urls(["*/health", "127.0.0.1*"])
        .propagate_to(["127.*"]);
    let client = traced_client(&options);
    let (sent, node) = fixture.call(sent(client.get(format!("{url}/healthy")))).await;
    assert_eq!(TraceHeader::parse(&sent).parent().unwrap().to_string(), node.id());
}

#[tokio::test]
async fn only_hosts_that_are_allowed_get_the_header() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    for (hosts, expected) in [(&["*.example", "127.0.0.1"][..], true), (&["*.example"], false), (&[], false)] {
        let client = traced_client(&ClientOptions::new().propagate_to(hosts.iter().copied()));
        let (sent, node) = fixture.call(sent(client.get(&url))).await;
        assert_eq!(!sent.is_empty(), expected, "{hosts:?}");
        assert_eq!(node.get("/http/response/status"), 200);
    }
}

#[tokio::test]
async fn calls_can_be_named() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let options = ClientOptions::new().name("*.example", "other").name("127.*", "stock").name("*", "rest");
    let (_, node) = fixture.call(sent(traced_client(&options).get(&url))).await;
    assert_eq!(node.name(), "stock");
}

/// However a call is made, it follows the options of its client.
#[tokio::test]
async fn options_stay_with_the_client() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let client = traced_client(&ClientOptions::new().name("*", "stock")).xray().clone();
    let request = || client.get(&url).build().unwrap();
    let (split, _) = client.get(&url).build_split();
    let (_, trace) = fixture
        .traced(async {
            sent(client.get(&url).try_clone().unwrap()).await;
            sent(client.get(&url).map(|builder| builder.header("accept", "text/html"))).await;
            sent(RequestBuilder::from_parts(client.clone(), request())).await;
            sent(split.get(&url)).await;
            client.execute(request()).await.unwrap();
        })
        .await;
    assert_eq!(trace.render(), format!("shop\n{}└─ stock GET 200\n", "├─ stock GET 200\n".repeat(4)));
}

#[cfg(feature = "reqwest-blocking")]
#[test]
fn the_blocking_client_has_them_too() {
    use xray_http::reqwest::blocking::ClientExt as _;
    let fixture = Fixture::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = runtime.block_on(serve_echo());
    let client =
        |options| reqwest::blocking::Client::builder().no_proxy().build().unwrap().xray().with_options(options);
    let (_, trace) = fixture.traced_blocking(|| {
        for options in [
            ClientOptions::new().ignore_hosts(["127.*"]),
            ClientOptions::new().propagate_to(["*.example"]).name("*", "stock"),
        ] {
            assert_eq!(client(options).get(&url).send().unwrap().text().unwrap(), "");
        }
    });
    assert_eq!(trace.render(), "shop\n└─ stock GET 200\n");
}

fn traced_client(options: &ClientOptions) -> Client {
    plain_client().xray().with_options(options.clone())
}

/// The trace header that arrived.
async fn sent(request: RequestBuilder) -> String {
    request.send().await.unwrap().text().await.unwrap()
}

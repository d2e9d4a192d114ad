//! What an attached instrument takes from the allocator where nothing is recorded: nothing.
#![cfg(all(
    feature = "reqwest-blocking",
    feature = "reqwest-0_12-blocking",
    feature = "reqwest-middleware",
    feature = "reqwest-middleware-0_4"
))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/inactive.rs"]
mod inactive;
mod support;

use async_trait::async_trait;
use axum::Router;
use futures::executor::block_on;
use reqwest_middleware::{ClientBuilder, Middleware, Next};
use test_support::usual_allocations;
use tokio::runtime::{Builder, Runtime};
use xray_core::Library;
use xray_http::reqwest_middleware::XRayMiddleware;

use inactive::assert_allocates;
use support::{plain_client, serve};

/// A client of one version of reqwest, and the module that traces it.
macro_rules! asynchronous {
    ($test:ident, $client:path, $traced:path) => {
        #[test]
        fn $test() {
            use $client as Client;
            use $traced::{ClientExt as _, RequestBuilderExt as _};
            let (runtime, url) = service(Builder::new_current_thread());
            let plain = Client::builder().no_proxy().build().unwrap();
            let traced = plain.clone().xray();
            let without_us = allocations!(runtime, plain.get(&url).send());
            assert_allocates(Library::Reqwest, without_us, || allocations!(runtime, traced.get(&url).send()));
            assert_allocates(Library::Reqwest, without_us, || allocations!(runtime, plain.get(&url).send_traced()));
        }
    };
}

macro_rules! blocking {
    ($test:ident, $client:path, $traced:path) => {
        #[test]
        fn $test() {
            use traced_by::ClientExt as _;
            use $client as Client;
            use $traced as traced_by;
            let (_runtime, url) = service(Builder::new_multi_thread());
            let plain = Client::builder().no_proxy().build().unwrap();
            let traced = plain.clone().xray();
            let without_us = blocking_allocations!(plain.get(&url).header("accept", "*/*").send());
            assert_allocates(Library::Reqwest, without_us, || {
                blocking_allocations!(traced.get(&url).header("accept", "*/*").send())
            });
        }
    };
}

macro_rules! allocations {
    ($runtime:expr, $call:expr) => {
        $runtime.block_on(usual_allocations(async || {
            assert_eq!($call.await.unwrap().text().await.unwrap(), "lamp");
        }))
    };
}

/// Of the calling thread. The client's own thread has the rest, and would make the map of headers if there were none.
macro_rules! blocking_allocations {
    ($call:expr) => {
        block_on(usual_allocations(async || assert_eq!($call.unwrap().text().unwrap(), "lamp")))
    };
}

asynchronous!(of_0_13, reqwest::Client, xray_http::reqwest);
asynchronous!(of_0_12, reqwest_0_12::Client, xray_http::reqwest_0_12);
blocking!(of_0_13_blocking, reqwest::blocking::Client, xray_http::reqwest::blocking);
blocking!(of_0_12_blocking, reqwest_0_12::blocking::Client, xray_http::reqwest_0_12::blocking);

#[test]
fn the_middleware_takes_what_any_takes() {
    let (runtime, url) = service(Builder::new_current_thread());
    let other = ClientBuilder::new(plain_client()).with(Other).build();
    let traced = ClientBuilder::new(plain_client()).with(XRayMiddleware::new()).build();
    let without_us = allocations!(runtime, other.get(&url).send());
    assert_allocates(Library::Reqwest, without_us, || allocations!(runtime, traced.get(&url).send()));
}

/// A middleware that does nothing; for its future reqwest-middleware needs a box.
struct Other;

#[async_trait]
impl Middleware for Other {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        next.run(request, extensions).await
    }
}

/// The service runs as long as its runtime lives. On the thread of the client, nothing is a matter of who is faster.
fn service(mut runtime: Builder) -> (Runtime, String) {
    let runtime = runtime.enable_all().build().unwrap();
    let url = runtime.block_on(serve(Router::new().fallback(async || "lamp")));
    (runtime, url)
}

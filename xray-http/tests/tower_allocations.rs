//! What an attached layer takes from the allocator where nothing is recorded: nothing.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/inactive.rs"]
mod inactive;
mod support;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use http_body_util::BodyExt as _;
use test_support::usual_allocations;
use tokio::runtime::Builder;
use tower::{Layer as _, Service, ServiceExt as _};
use xray_core::Library;
use xray_http::tower::XRayClientLayer;

use inactive::assert_allocates;
use support::{hyper_client, serve};

#[test]
fn a_call_that_is_not_recorded_allocates_what_it_does_without_us() {
    // On one thread, nothing is a matter of who is faster.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let url = runtime.block_on(serve(Router::new().fallback(async || "lamp")));
    let plain = hyper_client();
    let traced = XRayClientLayer::new().layer(plain.clone());
    let without_us = runtime.block_on(usual_allocations(async || call(&plain, &url).await));
    assert_allocates(Library::Tower, without_us, || {
        runtime.block_on(usual_allocations(async || call(&traced, &url).await))
    });
}

async fn call<S, B>(client: &S, url: &str)
where
    S: Clone + Service<Request<Body>, Response = Response<B>, Error: std::fmt::Debug>,
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let request = Request::get(format!("{url}/cart?token=x")).body(Body::empty()).unwrap();
    let response = client.clone().oneshot(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "lamp");
}

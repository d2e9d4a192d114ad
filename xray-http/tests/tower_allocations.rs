//! What an attached layer takes from the allocator where nothing is recorded: nothing.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use axum::http::{Request, Response};
use tower::{Layer as _, Service, service_fn};
use xray_core::Library;
use xray_http::tower::XRayClientLayer;

use support::Fixture;

#[test]
fn a_call_that_is_not_traced_allocates_what_it_does_without_us() {
    let traced = XRayClientLayer::new().layer(service_fn(answer));
    let patched = Fixture::start();
    let unpatched = Fixture::with(|builder| builder.libraries([Library::Reqwest]));
    let without_us = allocations(service_fn(answer));
    assert!(without_us > 0, "the allocator counts");

    assert_eq!(allocations(traced.clone()), without_us, "no segment");

    let segment = unpatched.recorder.begin_segment("shop").entered();
    assert_eq!(allocations(traced.clone()), without_us, "not patched");
    segment.end();

    let segment = unpatched.unsampled_segment().entered();
    assert_eq!(allocations(traced.clone()), without_us, "neither patched nor sampled");
    segment.end();

    let segment = patched.recorder.begin_segment("shop").entered();
    assert!(allocations(traced.clone()) > without_us, "a call that is recorded does allocate");
    segment.end();
}

type Answer = Result<Response<Body>, Infallible>;

fn answer(_: Request<()>) -> Ready<Answer> {
    ready(Ok(Response::new(Body::empty())))
}

/// Allocations of a hundred calls, each with its request.
fn allocations<S: Clone + Service<Request<()>, Response = Response<B>, Error = Infallible>, B>(client: S) -> u64 {
    test_support::allocations(|| {
        let request = Request::get("http://shop.example/cart?token=x").body(()).unwrap();
        let polled = pin!(client.clone().call(request)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(_))));
    })
}

//! What the layer takes from the allocator where nothing is recorded: nothing.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/server.rs"]
mod server;

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::http::{Request, Response};
use http_body_util::Full;
use tower::{Layer as _, Service, service_fn};
use xray_core::sampling::FixedSampler;
use xray_http::{Naming, XRayLayer};

use server::{layer, options};
use support::Fixture;

#[test]
fn a_request_that_is_not_recorded_allocates_what_it_does_without_us() {
    let recording = Fixture::start();
    let unsampled = Fixture::with(|builder| builder.sampler(FixedSampler::NONE));
    let off = Fixture::with(|builder| builder.enabled(false));
    let ignoring = options(&recording).ignore_path("/static/*").ignore_path("/cart").ignore_when(|_| false);
    let nothing = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=0";
    let none = "Root=1-57ff426a-80c11c39b0c928905eb0828d";
    for header in [none, nothing] {
        let without_us = allocations(service_fn(answer), header);
        assert!(without_us > 0, "the allocator counts");
        for (what, layer) in [
            ("not sampled", layer(&unsampled, "shop")),
            ("named by its host", layer(&unsampled, Naming::by_host("*.example", "shop"))),
            ("left out", XRayLayer::new("shop").with_options(ignoring.clone())),
            ("turned off", layer(&off, "shop")),
        ] {
            assert_eq!(allocations(layer.layer(service_fn(answer)), header), without_us, "{what}, {header}");
        }
    }
    // A program that is not sampled keeps what it passes on; one that is turned off does not even look at it.
    let lineage = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Lineage=a:1";
    let without_us = allocations(service_fn(answer), lineage);
    assert_eq!(allocations(layer(&off, "shop").layer(service_fn(answer)), lineage), without_us, "turned off");
    let recorded = allocations(layer(&recording, "shop").layer(service_fn(answer)), none);
    assert!(recorded > allocations(service_fn(answer), none), "a request that is recorded does allocate");
    assert_eq!(recording.documents().len(), 110, "each, and those that warm up");
}

type Answer = Response<Full<&'static [u8]>>;

fn answer(_: Request<()>) -> Ready<Result<Answer, Infallible>> {
    ready(Ok(Response::new(Full::new(b"a cart"))))
}

/// Allocations of a hundred requests, each with its response's body.
fn allocations<S, B>(service: S, header: &str) -> u64
where
    S: Clone + Service<Request<()>, Response = Response<B>, Error = Infallible>,
    B: axum::body::HttpBody<Error = Infallible>,
{
    test_support::allocations(|| {
        let request = Request::get("http://shop.example/cart?token=x").header("x-amzn-trace-id", header);
        let request = request.header("user-agent", "test").body(()).unwrap();
        let mut context = Context::from_waker(Waker::noop());
        let polled = pin!(service.clone().call(request)).poll(&mut context);
        let Poll::Ready(Ok(response)) = polled else { panic!("it answers at once") };
        let mut body = pin!(response.into_body());
        while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut context) {}
    })
}

//! What the middleware takes from the allocator where nothing is recorded: nothing.
#![cfg(feature = "actix-web")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, fn_service};
use actix_web::test::TestRequest;
use actix_web::{Error, HttpResponse, dev::Transform};
use xray_core::sampling::FixedSampler;
use xray_http::ServerOptions;
use xray_http::actix_web::XRayMiddleware;

use support::Fixture;

#[actix_web::test]
async fn a_request_that_is_not_recorded_allocates_what_it_does_without_us() {
    let sampled = Fixture::start();
    let unsampled = Fixture::with(|builder| builder.sampler(FixedSampler::NONE));
    let disabled = Fixture::with(|builder| builder.enabled(false));
    let without_us = allocations(&service());
    assert!(without_us > 0, "the allocator counts");

    let of = async |fixture: &Fixture, change: fn(ServerOptions) -> ServerOptions| {
        let options = change(ServerOptions::new().recorder(fixture.recorder.clone()));
        let middleware = XRayMiddleware::new("shop").with_options(options);
        allocations(&middleware.new_transform(service()).await.unwrap())
    };
    assert_eq!(of(&unsampled, |options| options).await, without_us, "not sampled");
    assert_eq!(of(&disabled, |options| options).await, without_us, "disabled");
    assert_eq!(of(&sampled, |options| options.ignore_path("/ca*")).await, without_us, "left out");
    sampled.assert_nothing_sent();
    assert!(of(&sampled, |options| options).await > without_us, "a request that is recorded does allocate");
    assert_eq!(sampled.documents().len(), 110, "each, and those that warm up");
}

fn service() -> impl Service<ServiceRequest, Response = ServiceResponse, Error = Error> {
    fn_service::<_, _, _, _, _, ()>(async |request: ServiceRequest| {
        Ok(request.into_response(HttpResponse::Ok().body("a cart")))
    })
}

/// Allocations of a hundred requests, each with its response and body.
fn allocations<B>(service: &impl Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>) -> u64 {
    test_support::allocations(|| {
        let request = TestRequest::get().uri("/cart?token=x").insert_header(("host", "shop.example")).to_srv_request();
        let polled = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(_))));
    })
}

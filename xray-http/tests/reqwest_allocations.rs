//! What an attached instrument takes from the allocator where nothing is recorded: nothing.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use reqwest::{Error, Response};
use xray_core::Library;
use xray_http::reqwest::{ClientExt as _, RequestBuilderExt as _};

use support::{Fixture, plain_client};

#[test]
fn a_call_that_is_not_traced_allocates_what_it_does_without_us() {
    let plain = plain_client();
    let traced = plain.clone().xray();
    let patched = Fixture::start();
    let unpatched = Fixture::with(|builder| builder.libraries([Library::Tower]));
    let without_us = allocations(|| plain.get(URL).send());
    assert!(without_us > 0, "the allocator counts");

    assert_eq!(allocations(|| traced.get(URL).send()), without_us, "no segment");
    assert_eq!(allocations(|| plain.get(URL).send_traced()), without_us, "no segment");

    let segment = unpatched.recorder.begin_segment("shop").entered();
    assert_eq!(allocations(|| traced.get(URL).send()), without_us, "not patched");
    segment.end();

    let segment = unpatched.unsampled_segment().entered();
    assert_eq!(allocations(|| traced.get(URL).send()), without_us, "neither patched nor sampled");
    segment.end();

    let segment = patched.recorder.begin_segment("shop").entered();
    assert!(allocations(|| traced.get(URL).send()) > without_us, "a call that is recorded does allocate");
    segment.end();
}

/// A call that fails at the first poll, without any work of other threads or of the system.
const URL: &str = "ftp://shop.example/cart";

/// Allocations of a hundred calls.
fn allocations<F: Future<Output = Result<Response, Error>>>(call: impl Fn() -> F) -> u64 {
    test_support::allocations(|| {
        let polled = pin!(call()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Err(_))));
    })
}

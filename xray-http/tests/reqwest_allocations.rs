//! What an attached instrument takes from the allocator where nothing is recorded: nothing.
#![cfg(feature = "reqwest")]
#![allow(unsafe_code)] // an allocator that counts is an allocator
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
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

/// Allocations in the ten calls after two that warm up.
fn allocations<F: Future<Output = Result<Response, Error>>>(call: impl Fn() -> F) -> usize {
    let run = || {
        let polled = pin!(call()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Err(_))));
    };
    (0..2).for_each(|_| run());
    let before = ALLOCATIONS.get();
    (0..10).for_each(|_| run());
    ALLOCATIONS.get() - before
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The system's allocator, which counts what each thread asks for.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends has no counter any more.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

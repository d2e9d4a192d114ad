//! What these tests have in common.

// Every test program compiles this file, and none needs all of it.
#![allow(dead_code)]

mod mongod;
pub(crate) mod tracing;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

#[allow(unused_imports)] // as above
pub(crate) use mongod::{Answer, Mongod};

/// The URL of the MongoDB server that the tests were given.
pub(crate) fn url() -> String {
    let Ok(url) = std::env::var("XRAY_TEST_MONGODB_URL") else {
        panic!("XRAY_TEST_MONGODB_URL is not set: run tests/run")
    };
    url
}

/// A name that no other test and no earlier run has used.
pub(crate) fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    format!("{prefix}-{now}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

//! The blocking client of reqwest 0.13.
#![cfg(feature = "reqwest-blocking")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

#[path = "support/blocking.rs"]
mod blocking;
mod support;

use reqwest as library;
use xray_http::reqwest as traced;

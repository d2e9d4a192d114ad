//! The blocking client of reqwest 0.12.
#![cfg(feature = "reqwest-0_12-blocking")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

#[path = "support/blocking.rs"]
mod blocking;
mod support;

use reqwest_0_12 as library;
use xray_http::reqwest_0_12 as traced;

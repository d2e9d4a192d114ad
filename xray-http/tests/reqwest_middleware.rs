//! The middleware of reqwest-middleware 0.5, for reqwest 0.13.
#![cfg(feature = "reqwest-middleware")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

#[path = "support/reqwest_middleware.rs"]
mod calls;
mod support;

use reqwest as client;
use reqwest_middleware as middleware;
use xray_http::reqwest_middleware as traced;

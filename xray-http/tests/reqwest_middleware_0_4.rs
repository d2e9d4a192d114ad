//! The middleware of reqwest-middleware 0.4, for reqwest 0.12.
#![cfg(feature = "reqwest-middleware-0_4")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

#[path = "support/reqwest_middleware.rs"]
mod calls;
mod support;

use reqwest_0_12 as client;
use reqwest_middleware_0_4 as middleware;
use xray_http::reqwest_middleware_0_4 as traced;

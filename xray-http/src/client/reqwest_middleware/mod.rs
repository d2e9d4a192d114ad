//! Traces calls through [`reqwest-middleware`](https://docs.rs/reqwest-middleware) 0.5: for programs that have it already.
//!
//! ```
//! use reqwest_middleware::ClientBuilder;
//! use xray_http::reqwest_middleware::XRayMiddleware;
//!
//! let client = ClientBuilder::new(reqwest::Client::new()).with(XRayMiddleware::new()).build();
//! ```
//!
//! A call is recorded once `reqwest` is patched (`patch_all()` of the facade) and while a segment is current where the
//! call is awaited. What is recorded is the same as by [`xray_http::reqwest`](crate::reqwest), but for errors of other
//! middleware, which are faults with the chain of their sources.
//!
//! A call that is not recorded takes one allocation more, as through any middleware: its future is boxed.
//!
//! # Where to put it
//!
//! Last, each attempt of a retry middleware is a call of its own. First, there is one call with all that. If it is in both
//! places, the first one records.

mod middleware;

pub use middleware::XRayMiddleware;

use super::reqwest::call;
// The versions that are traced here: the middleware's file names no other, so it is compiled for another too.
use ::reqwest as stock;
use ::reqwest_middleware as library;

//! Traces calls through [`reqwest-middleware`](https://docs.rs/reqwest-middleware/0.4) 0.4, which is for reqwest 0.12, as
//! [`xray_http::reqwest_middleware`](crate::reqwest_middleware) does those through 0.5: all that is said there holds here.
//!
//! ```
//! # use {reqwest_0_12 as reqwest, reqwest_middleware_0_4 as reqwest_middleware};
//! use reqwest_middleware::ClientBuilder;
//! use xray_http::reqwest_middleware_0_4::XRayMiddleware;
//!
//! let client = ClientBuilder::new(reqwest::Client::new()).with(XRayMiddleware::new()).build();
//! ```

// The code for 0.5, compiled for 0.4.
#[path = "reqwest_middleware/middleware.rs"]
mod middleware;

pub use middleware::XRayMiddleware;

use super::reqwest_0_12::call;
use ::reqwest_0_12 as stock;
use ::reqwest_middleware_0_4 as library;

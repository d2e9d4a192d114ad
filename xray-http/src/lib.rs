//! HTTP clients and servers of the AWS X-Ray SDK for Rust.
//!
//! # Clients
//!
//! A call becomes a subsegment that is named after the host, with method, URL, status and content length,
//! and carries the trace header to the service that is called. Each client library has a feature and a
//! module of its own name; a program attaches an instrument once and turns it on with `patch_all()`:
//!
//! | Feature | What is traced |
//! |---|---|
//! | `reqwest` | `reqwest` 0.13: `.xray()` on a client, `.send_traced()` on a request builder |
//! | `reqwest-blocking` | the same for `reqwest::blocking` |
//! | `reqwest-multipart` | `multipart` on the traced request builders |
//! | `reqwest-0_12`, `reqwest-0_12-blocking` | the same for `reqwest` 0.12, also beside 0.13 |
//! | `reqwest-middleware` | `reqwest-middleware` 0.5: `.with(XRayMiddleware::new())` on a client builder |
//! | `reqwest-middleware-0_4` | the same for `reqwest-middleware` 0.4, which is for `reqwest` 0.12 |
//! | `tower` | every client that is a `Service<http::Request<_>>`, as hyper-util's and tonic's, by `XRayClientLayer` |
//!
//! `ClientOptions` say for any of them which calls are ignored, what calls are named, and which hosts get the header.
//!
//! # Servers
//!
//! A request that comes in becomes a segment, which the handler and the body of the response run in. Servers are not patched: who
//! adds the instrument wants it.
//!
//! | Feature | What is traced |
//! |---|---|
//! | `tower` | every server that is a `Service<http::Request<_>>`, as hyper's and tonic's, by `XRayLayer` |
//! | `axum` | the same; the matched route, the whole path within nested routers, and the client's address are found by themselves |
//! | `actix-web` | every application, scope or resource, by [`XRayMiddleware`](actix_web) |
//!
//! [`Naming`] says what segments are called, [`ServerOptions`] which requests are left out.
//!
//! # Privacy
//!
//! Query strings, fragments and user-info of URLs are never recorded, not even where they stand in the
//! text of an error.

#![allow(
    clippy::duplicate_mod,
    reason = "both kinds of reqwest's client, and both versions, also of its middleware, are traced by the same code"
)]

#[cfg(any(feature = "reqwest", feature = "reqwest-0_12", feature = "tower"))]
mod client;

#[cfg(any(feature = "reqwest", feature = "reqwest-0_12", feature = "tower"))]
pub use client::ClientOptions;
#[cfg(feature = "reqwest")]
pub use client::reqwest;
#[cfg(feature = "reqwest-0_12")]
pub use client::reqwest_0_12;
#[cfg(feature = "reqwest-middleware")]
pub use client::reqwest_middleware;
#[cfg(feature = "reqwest-middleware-0_4")]
pub use client::reqwest_middleware_0_4;
#[cfg(feature = "tower")]
pub use client::tower;

#[cfg(any(feature = "actix-web", feature = "tower"))]
mod server;

#[cfg(feature = "actix-web")]
pub use server::actix_web;
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub use server::{IncomingRequest, Naming, ServerOptions};
#[cfg(feature = "tower")]
pub use server::{XRayBody, XRayFuture, XRayLayer, XRayService};

#[cfg(any(feature = "reqwest", feature = "reqwest-0_12", feature = "tower"))]
mod content_length;
#[cfg(any(feature = "actix-web", feature = "tower"))]
mod deadline;
#[cfg(feature = "tower")]
mod error;
#[cfg(feature = "tower")]
mod grpc;
#[cfg(any(feature = "actix-web", feature = "reqwest", feature = "reqwest-0_12", feature = "tower"))]
mod host;
#[cfg(feature = "tower")]
mod recorded_call;

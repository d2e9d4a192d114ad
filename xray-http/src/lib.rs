//! HTTP clients of the AWS X-Ray SDK for Rust.
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
//!
//! Query strings, fragments and user-info of URLs are never recorded, not even where they stand in the
//! text of an error.

#[cfg(feature = "reqwest")]
pub mod reqwest;

#[cfg(feature = "reqwest")]
mod client;

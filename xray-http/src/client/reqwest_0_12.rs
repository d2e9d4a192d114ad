//! Traces calls through [`reqwest`](https://docs.rs/reqwest/0.12) 0.12, as [`xray_http::reqwest`](crate::reqwest) does
//! those through 0.13: all that is said there holds here.
//!
//! ```
//! # use reqwest_0_12 as reqwest;
//! use xray_http::reqwest_0_12::ClientExt as _;
//!
//! # async fn example() -> Result<(), reqwest::Error> {
//! let client = reqwest::Client::new().xray();
//! let cart = client.get("http://shop.example/cart").send().await?.text().await?;
//! # Ok(())
//! # }
//! ```
//!
//! [`Client`] derefs to `reqwest::Client`, so `&client` goes into functions that were written for that one. What they
//! call is **silently not traced**: let them take a reference to this type, or let them end their requests with
//! [`send_traced`](RequestBuilderExt::send_traced).

// The code for 0.13, compiled for 0.12: it calls the version `library`.
#[cfg(feature = "reqwest-0_12-blocking")]
#[path = "reqwest/blocking/mod.rs"]
pub mod blocking;

#[path = "reqwest/client.rs"]
mod client;
#[path = "reqwest/request_builder.rs"]
mod request_builder;
#[path = "reqwest/send.rs"]
mod send;

#[path = "reqwest/call.rs"]
pub(crate) mod call;

pub use client::{Client, ClientExt};
pub use request_builder::RequestBuilder;
pub use send::RequestBuilderExt;

use ::reqwest_0_12 as library;
use ::reqwest_0_12 as stock;

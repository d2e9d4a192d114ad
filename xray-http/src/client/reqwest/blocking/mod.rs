//! Traces calls through `reqwest::blocking`, as [`xray_http::reqwest`](super) does those of the asynchronous client.
//!
//! ```no_run
//! use xray_http::reqwest::blocking::{ClientExt as _, RequestBuilderExt as _};
//!
//! # fn main() -> Result<(), reqwest::Error> {
//! let client = reqwest::blocking::Client::new().xray();
//! let cart = client.get("http://shop.example/cart").send()?.text()?;
//!
//! let cart = reqwest::blocking::Client::new().get("http://shop.example/cart").send_traced()?.text()?;
//! # Ok(())
//! # }
//! ```

#[path = "../client.rs"]
mod client;
#[path = "../request_builder.rs"]
mod request_builder;
mod send;

pub use client::{Client, ClientExt};
pub use request_builder::RequestBuilder;
pub use send::RequestBuilderExt;

use super::library;
use super::library::blocking as stock;

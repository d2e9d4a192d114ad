//! Traces calls through [`reqwest`](https://docs.rs/reqwest) 0.13.
//!
//! ```
//! use xray_http::reqwest::ClientExt as _;
//!
//! # async fn example() -> Result<(), reqwest::Error> {
//! let client = reqwest::Client::new().xray();
//! let cart = client.get("http://shop.example/cart").send().await?.text().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Where the client has to stay what it is, a single call is traced by
//! [`send_traced`](RequestBuilderExt::send_traced). Either way a call is recorded once the library is
//! patched (`patch_all()` of the facade) and while a segment is current where the call is awaited.
//!
//! # What is recorded
//!
//! One subsegment for each call, with its redirects inside. It begins when the call is first polled and
//! ends when the headers of the response are there, so it does not see the body.
//!
//! - The name is the host, in lower case, without port and without the brackets of IPv6. The namespace is `remote`.
//! - `http.request` has method and URL, the latter without user-info, query string and fragment.
//! - `http.response` has status and content length: -1 where the length is not known before the body ends.
//!   4xx is an error, 429 a throttled error, 5xx a fault.
//! - An error of the call is a fault with the chain of its sources; the query strings in their texts are
//!   taken out. A call that is dropped before it is done is ended, and not at fault. A request that
//!   could not be built, such as one to an invalid URL, is no call and not recorded.
//!
//! The trace header goes out with the request and with each of its redirects, also of a trace that is not
//! sampled. It replaces a header of that name that the program set. [`Client::with_options`] names calls, ignores
//! some, and keeps the header from hosts that are not to have it.
//!
//! # What it costs
//!
//! A call that is not recorded allocates what it does without X-Ray, and takes some tens of nanoseconds more, which are those of
//! moving the request through one more future. In a trace that is not sampled, each thread makes the header's text once for
//! all calls in a row; putting it on the request takes about as long again. [Rules](crate::ClientOptions) for URLs are looked
//! up before it is known whether the call is recorded, and allocate.
//!
//! # What is not traced
//!
//! [`Client`] derefs to `reqwest::Client`, so `&client` goes into functions that were written for that one.
//! What they call is **silently not traced**:
//!
//! ```
//! use xray_http::reqwest::{Client, RequestBuilderExt as _};
//!
//! async fn untraced(client: &reqwest::Client) -> reqwest::Result<reqwest::Response> {
//!     client.get("http://shop.example/cart").send().await
//! }
//!
//! // Write instead: the traced type …
//! async fn traced(client: &Client) -> reqwest::Result<reqwest::Response> {
//!     client.get("http://shop.example/cart").send().await
//! }
//!
//! // … or, where the signature cannot change, the traced call.
//! async fn traced_call(client: &reqwest::Client) -> reqwest::Result<reqwest::Response> {
//!     client.get("http://shop.example/cart").send_traced().await
//! }
//! # async fn example(client: Client) {
//! # let _ = (untraced(&client).await, traced(&client).await, traced_call(&client).await);
//! # }
//! ```
//!
//! The stock client is a `tower` service, and this one is not: at the bottom of a stack of layers it becomes one.
//!
//! ```
//! # use tower::ServiceExt as _;
//! # use xray_http::reqwest::ClientExt as _;
//! # async fn example(request: reqwest::Request) -> Result<(), reqwest::Error> {
//! let client = reqwest::Client::new().xray();
//! let client = tower::service_fn(move |request| client.execute(request));
//! let response = client.oneshot(request).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Methods of `reqwest::RequestBuilder` that need a feature of `reqwest` which this crate does not turn on
//! are reached by [`map`](RequestBuilder::map):
//!
//! ```
//! # use xray_http::reqwest::ClientExt as _;
//! # let client = reqwest::Client::new().xray();
//! let request = client.get("http://shop.example/cart").map(|builder| builder.header("accept", "text/html")).build()?;
//! assert_eq!(request.headers()["accept"], "text/html");
//! # Ok::<(), reqwest::Error>(())
//! ```

#[cfg(feature = "reqwest-blocking")]
pub mod blocking;

mod client;
mod request_builder;
mod send;

pub(crate) mod call;

pub use client::{Client, ClientExt};
pub use request_builder::RequestBuilder;
pub use send::RequestBuilderExt;

// The version that is traced here: the files of this module name no other, so they are compiled for another too.
use ::reqwest as library;
// Where that version has the types of the asynchronous client.
use ::reqwest as stock;

//! Traces the calls of HTTP clients that are a [`tower`](https://docs.rs/tower) service: `Service<http::Request<_>>`.
//!
//! Such are the client of hyper-util, the channels of tonic, and what is stacked upon them:
//!
//! ```
//! use http_body_util::Empty;
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use tower::{ServiceBuilder, ServiceExt as _};
//! use xray_http::tower::XRayClientLayer;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder(TokioExecutor::new()).build_http::<Empty<&[u8]>>();
//! let client = ServiceBuilder::new().layer(XRayClientLayer::new()).service(client);
//!
//! let request = http::Request::get("http://shop.example/cart").body(Empty::new())?;
//! let response = client.oneshot(request).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A call is recorded once the library is patched (`patch_all()` of the facade) and while a segment is current where
//! the service is called.
//!
//! # What is recorded
//!
//! One subsegment for each call of the service. It begins in `Service::call`, so what is current there is its parent:
//! around `client.oneshot(request)`, which calls when it is awaited, or around an `async` block that has
//! `client.call(request)` inside. It ends when the headers of the response are there, so it does not see the body; a gRPC
//! call ends with the body.
//!
//! - The name is the host of the request's URI, in lower case, without port and without the brackets of IPv6, or of its
//!   `Host` header. Of a Unix socket, in the URIs of hyperlocal, it is the path. The namespace is `remote`.
//! - `http.request` has method and URL, the latter without user-info, query string and fragment.
//! - `http.response` has status and content length: -1 where the response does not declare it. 4xx is an error, 429 a
//!   throttled error, 5xx a fault.
//! - An error of the call is a fault with the chain of its sources. A call that is dropped before it is done is ended, and
//!   not at fault: it has the annotation `cancelled`.
//!
//! A gRPC call, one of the content type `application/grpc`, is recorded as the X-Ray SDK for Go does:
//!
//! - The name is that of the service, `shop.Stock`, and the URL is `grpc://stock.example/shop.Stock/Count`.
//! - The status is that of the trailers, or of the headers if it is there. One of failure is recorded as `cause` and
//!   flagged: for instance `NOT_FOUND` as error, `RESOURCE_EXHAUSTED` as throttled error, `UNAVAILABLE` as fault. A reply
//!   that ends without one is a fault, with the status `UNKNOWN`.
//! - The content length is that of the whole body, with all messages of a stream.
//! - A body that breaks off is a fault, and a call that is dropped early is cancelled. If the time was up that its header
//!   `grpc-timeout` gave it, which is tonic's `Request::set_timeout`, it is a fault, with the status `DEADLINE_EXCEEDED`.
//!
//! The trace header goes out with the request, also of a trace that is not sampled. It replaces a header of that name
//! that the program set. [`XRayClientLayer::with_options`] names calls, ignores some, and keeps the header from hosts
//! that are not to have it.
//!
//! # Where to put the layer
//!
//! Next to the client, each attempt of a retry layer is a call of its own, and what waits in front of it, such as a
//! limit, does not count. Around everything, there is one call with all that. If it is in both places, the outer one
//! records. A service in the process that is called through the layer may hand the request on: to another host, that is a call
//! of its own.
//!
//! Behind a buffer it records **nothing**, and no header is sent: there another task calls, which is in no segment. The log says
//! once that a call has none. In a stack of one's own the layer goes in front of the buffer; what is given to octocrab or kube
//! is behind the one that they have inside, so a call of theirs is a subsegment by hand:
//!
//! ```
//! # mod octocrab { pub async fn get(_: &str) -> Result<(), std::fmt::Error> { Ok(()) } }
//! # async fn example() -> Result<(), std::fmt::Error> {
//! let repository = xray_core::capture_async("api.github.com", octocrab::get("/repos/rust-lang/rust")).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it costs
//!
//! A call that is not recorded allocates what it does without the layer, and takes some tens of nanoseconds more, which are those
//! of moving the response through one more future. In a trace that is not sampled, each thread makes the header's text once for
//! all calls in a row; putting it on the request takes about as long again. [Rules](crate::ClientOptions) for URLs are looked
//! up before it is known whether the call is recorded, and allocate.
//!
//! # tonic
//!
//! ```
//! use tonic::transport::Channel;
//! use tonic_health::pb::health_client::HealthClient;
//! use tower::ServiceBuilder;
//! use xray_http::tower::XRayClientLayer;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let channel = Channel::from_static("http://stock.example").connect().await?;
//! let channel = ServiceBuilder::new().layer(XRayClientLayer::new()).service(channel);
//! let client = HealthClient::with_origin(channel, "http://stock.example".parse()?);
//! # Ok(())
//! # }
//! ```
//!
//! The origin is what the URL has of the server, and what rules of [`ClientOptions`](crate::ClientOptions) for hosts apply
//! to; made by `new`, the client's requests have none when they pass the layer, and rules apply to the service's name.
//!
//! # Connections of hyper's own
//!
//! What sends requests there is no service, and becomes one by `tower::service_fn`. The name of a call is its `Host` header.
//!
//! ```
//! use http_body_util::Empty;
//! use hyper::client::conn::http1;
//! use hyper_util::rt::TokioIo;
//! use tower::{Layer as _, Service as _, service_fn};
//! use xray_http::tower::XRayClientLayer;
//!
//! # async fn example(stream: tokio::net::TcpStream) -> Result<(), Box<dyn std::error::Error>> {
//! let (mut sender, connection) = http1::handshake::<_, Empty<&[u8]>>(TokioIo::new(stream)).await?;
//! tokio::spawn(connection);
//! let mut sender = XRayClientLayer::new().layer(service_fn(move |request| sender.send_request(request)));
//!
//! let request = http::Request::get("/cart").header("host", "shop.example").body(Empty::new())?;
//! let response = sender.call(request).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # The types of responses
//!
//! The body of a response is an [`XRayClientBody`], a body like that of the client. Code that names the type of the
//! client's body gets it by `response.map(XRayClientBody::into_inner)`.

mod layer;
mod future;
mod body;

mod call;
mod reply;
mod timed;
mod unix;

pub use body::XRayClientBody;
pub use future::XRayClientFuture;
pub use layer::{XRayClientLayer, XRayClientService};

pub use crate::error::{BoxedErrors, CallError, OwnErrors};

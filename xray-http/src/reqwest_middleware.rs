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

use ::reqwest::{Request, Response};
use async_trait::async_trait;
use http::Extensions;
use reqwest_middleware::{Error, Middleware, Next};
use xray_core::Subsegment;

use crate::client::{self, ClientOptions, Recorded};
use crate::reqwest::call;

/// Traces the calls of a client with middleware; see [the module](self).
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct XRayMiddleware {
    options: ClientOptions,
}

impl XRayMiddleware {
    /// Makes a middleware that traces every call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which calls are traced, under which names, and which services are told of the trace.
    ///
    /// By default every call is traced and sends the trace header.
    pub fn with_options(mut self, options: ClientOptions) -> Self {
        self.options = options;
        self
    }
}

#[async_trait]
impl Middleware for XRayMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response, Error> {
        if extensions.get::<Recorded>().is_some() {
            return next.run(request, extensions).await;
        }
        let call = call::begin(&self.options, request.method(), request.url());
        let Some(subsegment) = call.and_then(|call| call.inject(request.headers_mut())) else {
            return next.run(request, extensions).await;
        };
        extensions.insert(Recorded);
        let outcome = next.run(request, extensions).await;
        // The extensions are those of the next attempt, too.
        extensions.remove::<Recorded>();
        record(&subsegment, &outcome);
        outcome
    }
}

fn record(subsegment: &Subsegment, outcome: &Result<Response, Error>) {
    match outcome {
        Ok(response) => client::record_response(subsegment, response),
        Err(Error::Reqwest(error)) => subsegment.record_error(error),
        Err(Error::Middleware(error)) => subsegment.record_error(error),
    }
}

//! The middleware. Compiled for each version: `library` is that of the middleware, `stock` that of the client.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use http::Extensions;
use xray_core::Subsegment;

use super::call;
use super::library::{Error, Middleware, Next};
use super::stock::{Request, Response};
use crate::client::{self, ClientOptions};

/// Traces the calls of a client with middleware; see [the module](super).
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
        if extensions.get::<RecordedBy>().is_some_and(RecordedBy::is_under_way) {
            return next.run(request, extensions).await;
        }
        let call = call::begin(&self.options, request.method(), request.url());
        let Some(subsegment) = call.and_then(|call| call.inject(request.headers_mut())) else {
            return next.run(request, extensions).await;
        };
        let under_way = Arc::new(());
        extensions.insert(RecordedBy(Arc::downgrade(&under_way)));
        let outcome = next.run(request, extensions).await;
        drop(under_way);
        record(&subsegment, &outcome);
        subsegment.end();
        outcome
    }
}

/// Marks, among the extensions, that a call is recorded: the middleware further in leaves it alone.
///
/// The extensions are those of the next attempt, too, and an attempt that is given up takes nothing out of them.
#[derive(Clone)]
struct RecordedBy(Weak<()>);

impl RecordedBy {
    fn is_under_way(&self) -> bool {
        self.0.strong_count() > 0
    }
}

fn record(subsegment: &Subsegment, outcome: &Result<Response, Error>) {
    match outcome {
        Ok(response) => client::record_response(subsegment, response),
        Err(Error::Reqwest(error)) => subsegment.record_foreign_error(error),
        Err(Error::Middleware(error)) => subsegment.record_foreign_error(error),
    }
}

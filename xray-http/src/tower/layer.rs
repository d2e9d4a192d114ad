//! The layer, and the service that it makes.

use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::call;
use super::error::{CallError, OwnErrors};
use super::future::XRayClientFuture;
use crate::client::ClientOptions;

/// Traces the calls of an HTTP client that is a tower service; see [the module](super).
///
/// `Errors` says what the client's errors are, and is inferred: nobody has to write it but where the type of the
/// service is written, with a client whose errors are boxed.
#[must_use]
#[derive(Debug)]
pub struct XRayClientLayer<Errors = OwnErrors> {
    options: ClientOptions,
    errors: PhantomData<fn() -> Errors>,
}

impl<Errors> XRayClientLayer<Errors> {
    /// Makes a layer that traces every call.
    pub fn new() -> Self {
        Self { options: ClientOptions::new(), errors: PhantomData }
    }

    /// Sets which calls are traced, under which names, and which services are told of the trace.
    ///
    /// By default every call is traced and sends the trace header.
    pub fn with_options(mut self, options: ClientOptions) -> Self {
        self.options = options;
        self
    }
}

impl<Errors> Default for XRayClientLayer<Errors> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Errors> Clone for XRayClientLayer<Errors> {
    fn clone(&self) -> Self {
        Self { options: self.options.clone(), errors: PhantomData }
    }
}

impl<S, Errors> Layer<S> for XRayClientLayer<Errors> {
    type Service = XRayClientService<S, Errors>;

    fn layer(&self, inner: S) -> Self::Service {
        XRayClientService { inner, options: self.options.clone(), errors: PhantomData }
    }
}

/// An HTTP client whose calls are traced, made by [`XRayClientLayer`].
///
/// Write `XRayClientService<Client>` in the type of a field, and `XRayClientService<Client, BoxedErrors>` where the
/// client's error is a `Box<dyn Error + Send + Sync>`.
#[derive(Debug)]
pub struct XRayClientService<S, Errors = OwnErrors> {
    inner: S,
    options: ClientOptions,
    errors: PhantomData<fn() -> Errors>,
}

impl<S, Errors> XRayClientService<S, Errors> {
    /// The client, for calls that are not to be traced.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Takes X-Ray off again.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S: Clone, Errors> Clone for XRayClientService<S, Errors> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), options: self.options.clone(), errors: PhantomData }
    }
}

impl<S, B, RB, Errors> Service<Request<B>> for XRayClientService<S, Errors>
where
    S: Service<Request<B>, Response = Response<RB>>,
    S::Error: CallError<Errors>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = XRayClientFuture<S::Future, Errors>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let subsegment = call::begin(&self.options, &mut request);
        XRayClientFuture::new(subsegment, self.inner.call(request))
    }
}

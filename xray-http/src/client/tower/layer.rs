//! The layer, and the service that it makes.

use std::marker::PhantomData;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::XRayClientBody;
use super::call;
use super::future::XRayClientFuture;
use crate::client::ClientOptions;
use crate::error::{CallError, OwnErrors};

/// Traces the calls of an HTTP client that is a tower service; see [the module](super).
///
/// `Errors` says what the client's errors are, `BodyErrors` those of its responses' bodies. They are inferred: nobody has
/// to write them but where the type of the service is written, with a client whose errors are boxed.
#[must_use]
#[derive(Debug)]
pub struct XRayClientLayer<Errors = OwnErrors, BodyErrors = OwnErrors> {
    options: ClientOptions,
    errors: PhantomData<fn() -> (Errors, BodyErrors)>,
}

impl<Errors, BodyErrors> XRayClientLayer<Errors, BodyErrors> {
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

impl<Errors, BodyErrors> Default for XRayClientLayer<Errors, BodyErrors> {
    fn default() -> Self {
        Self::new()
    }
}

impl<Errors, BodyErrors> Clone for XRayClientLayer<Errors, BodyErrors> {
    fn clone(&self) -> Self {
        Self { options: self.options.clone(), errors: PhantomData }
    }
}

impl<S, Errors, BodyErrors> Layer<S> for XRayClientLayer<Errors, BodyErrors> {
    type Service = XRayClientService<S, Errors, BodyErrors>;

    fn layer(&self, inner: S) -> Self::Service {
        XRayClientService { inner, options: self.options.clone(), errors: PhantomData }
    }
}

/// An HTTP client whose calls are traced, made by [`XRayClientLayer`].
///
/// Write `XRayClientService<Client>` in the type of a field, and `XRayClientService<Client, BoxedErrors>` where the
/// client's error is a `Box<dyn Error + Send + Sync>`. The body of a response is an [`XRayClientBody`] around the client's.
#[derive(Debug)]
pub struct XRayClientService<S, Errors = OwnErrors, BodyErrors = OwnErrors> {
    inner: S,
    options: ClientOptions,
    errors: PhantomData<fn() -> (Errors, BodyErrors)>,
}

impl<S, Errors, BodyErrors> XRayClientService<S, Errors, BodyErrors> {
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

impl<S: Clone, Errors, BodyErrors> Clone for XRayClientService<S, Errors, BodyErrors> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), options: self.options.clone(), errors: PhantomData }
    }
}

impl<S, B, RB, Errors, BodyErrors> Service<Request<B>> for XRayClientService<S, Errors, BodyErrors>
where
    S: Service<Request<B>, Response = Response<RB>>,
    S::Error: CallError<Errors>,
    RB: Body,
    RB::Error: CallError<BodyErrors>,
{
    type Response = Response<XRayClientBody<RB, BodyErrors>>;
    type Error = S::Error;
    type Future = XRayClientFuture<S::Future, Errors, BodyErrors>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let recorded = call::begin(&self.options, &mut request);
        XRayClientFuture::new(recorded, self.inner.call(request))
    }
}

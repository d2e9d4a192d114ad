//! The middleware, and the service that it makes.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use ::actix_web::Error;
use ::actix_web::body::MessageBody;
use ::actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};

use super::body::XRayBody;
use super::future::XRayFuture;
use crate::server::{Naming, Server, ServerOptions};

/// Traces the requests of an application, a scope or a resource; see [the module](super).
#[must_use]
#[derive(Clone, Debug)]
pub struct XRayMiddleware {
    server: Server,
}

impl XRayMiddleware {
    /// Makes a middleware whose segments have this name: a text, or a [`Naming`] by the request.
    ///
    /// An empty name stands for the service of the recorder.
    pub fn new(naming: impl Into<Naming>) -> Self {
        Self { server: Server::new(naming.into()) }
    }

    /// Sets which requests are traced, and how they are sampled.
    ///
    /// By default every request is, with the current recorder.
    pub fn with_options(mut self, options: ServerOptions) -> Self {
        self.server.set_options(options);
        self
    }
}

impl<S, B> Transform<S, ServiceRequest> for XRayMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<XRayBody<B>>;
    type Error = Error;
    type Transform = XRayService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(XRayService { service, server: self.server.clone() }))
    }
}

/// A service whose requests are traced, made by [`XRayMiddleware`].
#[derive(Debug)]
pub struct XRayService<S> {
    service: S,
    server: Server,
}

impl<S, B> Service<ServiceRequest> for XRayService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<XRayBody<B>>;
    type Error = Error;
    type Future = XRayFuture<S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        XRayFuture::call(self.server.begin(&request, false), || self.service.call(request))
    }
}

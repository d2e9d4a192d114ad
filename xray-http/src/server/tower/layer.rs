//! The layer, and the service that it makes.

use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;

use super::body::XRayBody;
use super::future::XRayFuture;
use super::request::{Readers, TowerRequest};
use crate::error::{CallError, OwnErrors};
use crate::recorded_call::RecordedCall;
use crate::server::{Naming, Server, ServerOptions};

/// Traces the requests that a service serves, one segment for each.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use xray_http::XRayLayer;
///
/// let router: Router = Router::new()
///     .route("/cart/{id}", get(async || "a cart"))
///     .layer(XRayLayer::new("checkout"));
/// # let _ = router;
/// ```
///
/// With hyper, `ServiceBuilder::new().layer(XRayLayer::new("checkout")).service(service)` goes into a
/// `TowerToHyperService`; with tonic, `Server::builder().layer(XRayLayer::new(Naming::by_grpc_service("stock")))`.
///
/// # What is recorded
///
/// - A segment from the call of the service until the response's body has ended. The handler and the body run in its
///   context. When the client goes away before that, the segment ends, and is not at fault. It ends with the headers of a
///   response with status 101, behind which the connection is no longer HTTP's. The callback of axum's `on_upgrade` runs in
///   a task of its own: give it the [`current_segment`](xray_core::current_segment) of the handler to begin subsegments of.
/// - The trace is that of the header `X-Amzn-Trace-Id` or, where that has neither parent nor decision, of W3C's `traceparent`:
///   a load balancer adds the former, with a root alone, to what has none. `Sampled=0` and
///   `Sampled=1` are obeyed, otherwise the sampler decides by host, method, path and name. The response to a request that
///   is recorded has the header too, with the id of the trace; with `Sampled=?` it always has, together with the decision.
/// - `http.request` has the method, the URL without user-info, query string and fragment, the user agent, and the client's
///   address: the first entry of `X-Forwarded-For`, marked as forwarded, or else that of the socket, see
///   [`client_address`](Self::client_address). With the feature `axum`, the path is the whole one also where the layer is in
///   a nested router, as it is for sampling rules and ignored paths.
/// - `http.response` has the status and, if it is known beforehand, the content length. 4xx is an error, 429 a throttled
///   error, 5xx a fault. An `Err` of the service or of the body is a fault with its cause, and so are a body shorter than its declared length
///   and a panic, which goes on.
/// - A `grpc-status` in the headers or the trailers of the response is flagged as the X-Ray SDK for Go does: for instance
///   `NOT_FOUND` as error, `RESOURCE_EXHAUSTED` as throttled error, `INTERNAL` as fault; its message is the cause. A request that is dropped
///   after the time that its header `grpc-timeout` gives is a fault, `DEADLINE_EXCEEDED`; any other that is dropped, as by a
///   timeout around it, has the annotation `cancelled`.
/// - The pattern of the route is metadata `route` in the namespace `http`, see [`matched_route`](Self::matched_route).
///
/// A layer within another one's request adds nothing: where both `layer` and `route_layer` have one, the outer one records, and
/// what that leaves out is left out. A service that is called in the process through an
/// [`XRayClientLayer`](crate::tower::XRayClientLayer) is another one, and has its segment.
/// A request that is not sampled or left out costs no allocation of this layer.
///
/// `Errors` says what the service's errors are, `BodyErrors` those of its responses' bodies. They are inferred: nobody has to
/// write them but where the type of the service is written, and its errors are boxed.
#[must_use]
pub struct XRayLayer<Errors = OwnErrors, BodyErrors = OwnErrors> {
    /// Shared: a router has a copy of it for each route, and makes another for each request.
    settings: Arc<Settings>,
    errors: PhantomData<fn() -> (Errors, BodyErrors)>,
}

#[derive(Clone)]
struct Settings {
    server: Server,
    readers: Readers,
}

impl<Errors, BodyErrors> XRayLayer<Errors, BodyErrors> {
    /// Makes a layer that records every request, under one name or under one by [`Naming`].
    pub fn new(naming: impl Into<Naming>) -> Self {
        let settings = Settings { server: Server::new(naming.into()), readers: Readers::default() };
        Self { settings: Arc::new(settings), errors: PhantomData }
    }

    /// Sets which requests are traced, and how.
    pub fn with_options(mut self, options: ServerOptions) -> Self {
        Arc::make_mut(&mut self.settings).server.set_options(options);
        self
    }

    /// Says where the address of the client is found among the extensions of a request.
    ///
    /// The default is an extension of the type [`std::net::SocketAddr`] and, with the feature `axum`, what axum's
    /// `into_make_service_with_connect_info::<SocketAddr>()` provides. For tonic:
    ///
    /// ```
    /// use tonic::transport::server::TcpConnectInfo;
    /// use xray_http::{Naming, XRayLayer};
    ///
    /// let layer: XRayLayer = XRayLayer::new(Naming::by_grpc_service("stock"))
    ///     .client_address(|extensions| Some(extensions.get::<TcpConnectInfo>()?.remote_addr()?.ip()));
    /// # let _ = layer;
    /// ```
    pub fn client_address(mut self, address: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.settings).readers.set_address(address);
        self
    }

    /// Says where the pattern of the route is found among the extensions of a request.
    ///
    /// The default is none and, with the feature `axum`, axum's `MatchedPath`.
    ///
    /// ```
    /// use axum::extract::MatchedPath;
    /// use xray_http::XRayLayer;
    ///
    /// let layer: XRayLayer = XRayLayer::new("checkout")
    ///     .matched_route(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str));
    /// # let _ = layer;
    /// ```
    pub fn matched_route(mut self, route: impl Fn(&Extensions) -> Option<&str> + Send + Sync + 'static) -> Self {
        Arc::make_mut(&mut self.settings).readers.set_route(route);
        self
    }
}

/// Names segments after the recorder's service.
impl<Errors, BodyErrors> Default for XRayLayer<Errors, BodyErrors> {
    fn default() -> Self {
        Self::new("")
    }
}

impl<Errors, BodyErrors> Clone for XRayLayer<Errors, BodyErrors> {
    fn clone(&self) -> Self {
        Self { settings: Arc::clone(&self.settings), errors: PhantomData }
    }
}

impl<Errors, BodyErrors> fmt::Debug for XRayLayer<Errors, BodyErrors> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("XRayLayer").field("server", &self.settings.server).finish_non_exhaustive()
    }
}

impl<S, Errors, BodyErrors> Layer<S> for XRayLayer<Errors, BodyErrors> {
    type Service = XRayService<S, Errors, BodyErrors>;

    fn layer(&self, inner: S) -> Self::Service {
        XRayService { inner, layer: self.clone() }
    }
}

/// A service whose requests are traced, made by [`XRayLayer`].
#[derive(Debug)]
pub struct XRayService<S, Errors = OwnErrors, BodyErrors = OwnErrors> {
    inner: S,
    layer: XRayLayer<Errors, BodyErrors>,
}

impl<S: Clone, Errors, BodyErrors> Clone for XRayService<S, Errors, BodyErrors> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S, B, RB, Errors, BodyErrors> Service<Request<B>> for XRayService<S, Errors, BodyErrors>
where
    S: Service<Request<B>, Response = Response<RB>>,
    S::Error: CallError<Errors>,
    RB: Body,
{
    type Response = Response<XRayBody<RB, BodyErrors>>;
    type Error = S::Error;
    type Future = XRayFuture<S::Future, Errors, BodyErrors>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let settings = &self.layer.settings;
        let was_called = RecordedCall::take(&mut request);
        let course = settings.server.begin(&TowerRequest::new(&request, &settings.readers), was_called);
        XRayFuture::call(course, || self.inner.call(request))
    }
}

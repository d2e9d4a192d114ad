//! What the `http` crate's requests tell.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::{Extensions, HeaderMap, Method, Request, Uri, header};
use xray_core::__private::caught;

use crate::grpc::is_grpc;
use crate::server::Incoming;

/// The program's own ways to what stands in the extensions of a request.
#[derive(Clone, Default)]
pub(super) struct Readers {
    address: Option<Arc<ReadAddress>>,
    route: Option<Arc<ReadRoute>>,
}

type ReadAddress = dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync;
type ReadRoute = dyn Fn(&Extensions) -> Option<&str> + Send + Sync;

impl Readers {
    pub(super) fn set_address(&mut self, read: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static) {
        self.address = Some(Arc::new(read));
    }

    pub(super) fn set_route(&mut self, read: impl Fn(&Extensions) -> Option<&str> + Send + Sync + 'static) {
        self.route = Some(Arc::new(read));
    }
}

pub(super) struct TowerRequest<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
    readers: &'a Readers,
}

impl<'a> TowerRequest<'a> {
    pub(super) fn new<B>(request: &'a Request<B>, readers: &'a Readers) -> Self {
        Self {
            method: request.method(),
            uri: whole_uri(request),
            headers: request.headers(),
            extensions: request.extensions(),
            readers,
        }
    }
}

impl Incoming for TowerRequest<'_> {
    fn method(&self) -> &str {
        self.method.as_str()
    }

    /// gRPC has the one that the X-Ray SDK for Go gives it.
    fn scheme(&self) -> &str {
        if is_grpc(self.headers) { "grpc" } else { self.uri.scheme_str().unwrap_or("http") }
    }

    fn host(&self) -> Option<&str> {
        let authority = match self.uri.authority() {
            Some(authority) => authority.as_str(),
            None => self.header(header::HOST.as_str())?,
        };
        let host = authority.rsplit('@').next().unwrap_or(authority);
        (!host.is_empty()).then_some(host)
    }

    fn path(&self) -> &str {
        self.uri.path()
    }

    fn header(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.headers.get(name)?.as_bytes()).ok()
    }

    fn peer(&self) -> Option<IpAddr> {
        match &self.readers.address {
            // The program's code may not take the request down.
            Some(read) => caught(|| read(self.extensions)).ok().flatten(),
            None => address(self.extensions),
        }
    }

    fn route(&self) -> Option<Cow<'_, str>> {
        let route = match &self.readers.route {
            Some(read) => caught(|| read(self.extensions)).ok().flatten(),
            None => route(self.extensions),
        };
        route.map(Cow::Borrowed)
    }
}

/// The URI as it came in: axum takes the prefix of a nested router off the request's own.
///
/// A request that a handler addresses to another host, and hands on in the process, is that host's.
#[cfg(feature = "axum")]
fn whole_uri<B>(request: &Request<B>) -> &Uri {
    match request.extensions().get::<axum::extract::OriginalUri>() {
        Some(axum::extract::OriginalUri(whole)) if whole.authority() == request.uri().authority() => whole,
        _ => request.uri(),
    }
}

#[cfg(not(feature = "axum"))]
fn whole_uri<B>(request: &Request<B>) -> &Uri {
    request.uri()
}

fn address(extensions: &Extensions) -> Option<IpAddr> {
    #[cfg(feature = "axum")]
    if let Some(axum::extract::ConnectInfo(address)) = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>() {
        return Some(address.ip());
    }
    extensions.get::<SocketAddr>().map(SocketAddr::ip)
}

#[cfg(feature = "axum")]
fn route(extensions: &Extensions) -> Option<&str> {
    extensions.get::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str)
}

#[cfg(not(feature = "axum"))]
fn route(_: &Extensions) -> Option<&str> {
    None
}

//! What is read of a request.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use xray_core::HttpRequest;

/// What a framework tells of a request that came in; asked only for what is needed.
pub(crate) trait Incoming {
    fn method(&self) -> &str;
    /// `https` where the framework knows of it, otherwise `http`.
    fn scheme(&self) -> &str;
    /// The host that the request names, with its port, without user-info.
    fn host(&self) -> Option<&str>;
    /// The path of the URL, without query string and fragment.
    fn path(&self) -> &str;
    /// The first header of a name in lower case, if it is UTF-8.
    fn header(&self, name: &str) -> Option<&str>;
    /// Whether the request is one of gRPC.
    fn is_grpc(&self) -> bool {
        let kind = self.header("content-type").and_then(|kind| kind.strip_prefix("application/grpc"));
        // Not `application/grpc-web`, which has its trailers in the body.
        kind.is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';']))
    }
    /// The address at the other end of the socket.
    fn peer(&self) -> Option<IpAddr>;
    /// The pattern of the route that serves the request, such as `/users/{id}`.
    fn route(&self) -> Option<Cow<'_, str>>;
    /// The pattern of the route that will serve the request, if what is further in does to the path what is usual.
    fn expected_route(&self) -> Option<Cow<'_, str>> {
        self.route()
    }
}

/// A request that came in, for those who say whether it is traced.
pub struct IncomingRequest<'a>(&'a dyn Incoming);

impl<'a> IncomingRequest<'a> {
    pub(super) fn new(request: &'a dyn Incoming) -> Self {
        Self(request)
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.0.method()
    }

    /// The host that the request names, with its port if it names one.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.0.host()
    }

    /// The path of the URL, without query string and fragment.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The first header of a name, if it is UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }
}

/// Shows no headers: some are secrets.
impl fmt::Debug for IncomingRequest<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = formatter.debug_struct("IncomingRequest");
        output.field("method", &self.method()).field("host", &self.host()).field("path", &self.path());
        output.finish_non_exhaustive()
    }
}

/// The request as it stands in the document.
pub(super) fn describe(request: &impl Incoming) -> HttpRequest {
    let host = request.host().unwrap_or_default();
    let mut described = HttpRequest::from_parts(request.method(), request.scheme(), host, request.path());
    if let Some(user_agent) = request.header("user-agent") {
        described = described.user_agent(user_agent);
    }
    // An IPv4 client of a socket that serves both is shown as what it is.
    let text = |address: IpAddr| address.to_canonical().to_string();
    match (request.header("x-forwarded-for").and_then(forwarded_address), request.peer()) {
        (Some(forwarded), _) => described.forwarded_for(&text(forwarded)),
        (None, Some(peer)) => described.client_ip(&text(peer)),
        (None, None) => described,
    }
}

/// The address that stands first in an `X-Forwarded-For` header, alone or with a port; `None` if something else does.
///
/// Anybody can send that header. Load balancers may add the port, see
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html>.
fn forwarded_address(header: &str) -> Option<IpAddr> {
    let first = header.split(',').next()?.trim().trim_matches('"');
    if let Ok(with_port) = first.parse::<SocketAddr>() {
        return Some(with_port.ip());
    }
    if let Some(bracketed) = first.strip_prefix('[') {
        return bracketed.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    // `fe80::1%eth0` says by which interface.
    match first.split_once('%') {
        Some((address, _)) => address.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => first.parse().ok(),
    }
}

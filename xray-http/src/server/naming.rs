//! What segments are named after.

use std::borrow::Cow;
use std::sync::Arc;

use xray_core::sampling::matches_wildcard;

use super::request::Incoming;
use crate::host::{host_of, lower_case};

/// The names of the segments of incoming requests: one for all, or one by the request.
///
/// The variable `AWS_XRAY_TRACING_NAME` wins over all of them, and an empty name stands for the service of the recorder.
///
/// ```
/// use xray_http::Naming;
///
/// let fixed = Naming::from("checkout");
/// let by_host = Naming::by_host("*.shop.example", "checkout");
/// let by_service = Naming::by_grpc_service("stock");
/// # let _ = (fixed, by_host, by_service);
/// ```
#[must_use]
#[derive(Clone, Debug)]
pub struct Naming {
    by: By,
    /// The name, or what is left where nothing else names the request. Shared: a router has a copy for each route.
    name: Arc<str>,
}

#[derive(Clone, Debug)]
enum By {
    Nothing,
    Host { pattern: Arc<str> },
    GrpcService,
}

impl Naming {
    /// Gives all segments one name.
    pub fn fixed(name: impl Into<Arc<str>>) -> Self {
        Self { by: By::Nothing, name: name.into() }
    }

    /// Names segments after the host that the request names, without port and in lower case, if it matches a pattern, and
    /// `fallback` if it does not.
    ///
    /// In the pattern, `*` stands for any run of characters and `?` for exactly one. Clients choose the host, so the
    /// pattern should have no room for names that are not the service's.
    pub fn by_host(pattern: impl Into<Arc<str>>, fallback: impl Into<Arc<str>>) -> Self {
        Self { by: By::Host { pattern: pattern.into() }, name: fallback.into() }
    }

    /// Names segments after the gRPC service that is called, such as `com.example.Service` of
    /// `/com.example.Service/method`, and `fallback` where the request is not gRPC.
    ///
    /// Clients choose the path: put the layer where only services that exist are reached, if names have to be few.
    pub fn by_grpc_service(fallback: impl Into<Arc<str>>) -> Self {
        Self { by: By::GrpcService, name: fallback.into() }
    }

    pub(super) fn name_of<'a>(&'a self, request: &'a impl Incoming) -> Cow<'a, str> {
        let named = match &self.by {
            By::Nothing => None,
            By::Host { pattern } => host(request).filter(|host| matches_wildcard(pattern, host)),
            By::GrpcService => grpc_service(request).map(Cow::Borrowed),
        };
        named.unwrap_or(Cow::Borrowed(&self.name))
    }
}

impl From<&str> for Naming {
    fn from(name: &str) -> Self {
        Self::fixed(name)
    }
}

impl From<String> for Naming {
    fn from(name: String) -> Self {
        Self::fixed(name)
    }
}

fn host(request: &impl Incoming) -> Option<Cow<'_, str>> {
    Some(lower_case(host_of(request.host()?))).filter(|host| !host.is_empty())
}

fn grpc_service(request: &impl Incoming) -> Option<&str> {
    // That of gRPC-Web is the same service.
    let grpc = request.header("content-type")?.starts_with("application/grpc");
    let (before_method, _) = request.path().rsplit_once('/').filter(|_| grpc)?;
    // Before it may be the prefix of a router that the service is nested in.
    let (_, service) = before_method.rsplit_once('/')?;
    (!service.is_empty()).then_some(service)
}

//! The subsegment of a call.

use std::borrow::Cow;

use http::uri::PathAndQuery;
use http::{Request, header};
use xray_core::{HttpRequest, Library};

use super::timed::TimedCall;
use super::unix;
use crate::client::{self, ClientOptions, ClientRequest};
use crate::grpc::is_grpc;
use crate::host::{host_of, lower_case};
use crate::recorded_call::RecordedCall;

/// Begins the subsegment of a request, and puts the trace header on it; `None` where the call is not recorded.
pub(super) fn begin<B>(options: &ClientOptions, request: &mut Request<B>) -> Option<TimedCall> {
    if RecordedCall::covers(request) {
        return None;
    }
    let subsegment = client::begin(Library::Tower, options, request)?.inject(request.headers_mut())?;
    RecordedCall::mark(request);
    Some(TimedCall::new(subsegment, request.headers()))
}

impl<B> ClientRequest for Request<B> {
    /// Of a gRPC request that does not say where it goes, the service.
    fn host(&self) -> Cow<'_, str> {
        match unix::socket(self.uri()) {
            Some(path) => path.into(),
            None => host(self).or_else(|| grpc_service(self)).unwrap_or_default().into(),
        }
    }

    fn name(&self) -> Cow<'_, str> {
        match (grpc_service(self), unix::socket(self.uri())) {
            (Some(service), _) => service.into(),
            (None, Some(path)) => path.into(),
            (None, None) => lower_case(host(self).unwrap_or_default()),
        }
    }

    fn describe(&self) -> HttpRequest {
        let (method, uri, scheme) = (self.method().as_str(), self.uri(), scheme(self));
        if let Some(path) = unix::socket(uri) {
            return HttpRequest::from_parts(method, scheme, &unix::escaped(&path), uri.path());
        }
        match uri.authority() {
            Some(authority) => {
                let rest = uri.path_and_query().map_or("", PathAndQuery::as_str);
                // Such is the path of `OPTIONS *`.
                let root = if rest.is_empty() || rest.starts_with(['/', '?']) { "" } else { "/" };
                client::described(method, &format!("{scheme}://{authority}{root}{rest}"), scheme, &self.host())
            }
            // As on a connection of hyper's own, where the header has the host.
            None => HttpRequest::from_parts(method, scheme, host_header(self).unwrap_or_default(), uri.path()),
        }
    }
}

/// The scheme that the X-Ray SDK for Go gives to gRPC calls, or that of the URI. On a connection of hyper's own it is not known.
fn scheme<B>(request: &Request<B>) -> &str {
    if grpc_service(request).is_some() { "grpc" } else { request.uri().scheme_str().unwrap_or("http") }
}

fn host<B>(request: &Request<B>) -> Option<&str> {
    request.uri().host().or_else(|| host_header(request)).map(host_of)
}

/// The host that the header names, with its port.
fn host_header<B>(request: &Request<B>) -> Option<&str> {
    request.headers().get(header::HOST)?.to_str().ok()?.rsplit('@').next()
}

/// The service in the path of a gRPC call, `/shop.Stock/Count`; `None` for any other call.
fn grpc_service<B>(request: &Request<B>) -> Option<&str> {
    let path = request.uri().path().strip_prefix('/').filter(|_| is_grpc(request.headers()))?;
    path.split_once('/').map(|(service, _)| service).filter(|service| !service.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_names_are_found_where_requests_have_them() {
        let grpc = "application/grpc+proto";
        for (uri, host_header, content_type, host, name) in [
            ("http://shop.example/cart?foo=bar", "other.example", "", "shop.example", "shop.example"),
            ("https://user:pass@Shop.Example:8443/a/b", "", "", "Shop.Example", "shop.example"),
            ("https://user:pass@Shop.Example:8443/a/b", "", grpc, "Shop.Example", "a"),
            ("http://127.0.0.1:5000", "", "", "127.0.0.1", "127.0.0.1"),
            ("http://[::1]:5000/", "", "", "::1", "::1"),
            ("http://Shop.Example.:5000/", "", "", "Shop.Example", "shop.example"),
            ("/cart", "user:pass@Shop.Example:80", "", "Shop.Example", "shop.example"),
            ("shop.example:443", "", "", "shop.example", "shop.example"),
            ("/cart", "shop.example:8080", "", "shop.example", "shop.example"),
            ("/cart", "[::1]:8080", "", "::1", "::1"),
            ("/shop.Stock/Count", "", grpc, "shop.Stock", "shop.Stock"),
            ("/shop.Stock/Count", "stock.example", grpc, "stock.example", "shop.Stock"),
            ("/shop.Stock/Count", "", "application/json", "", ""),
            ("/", "", grpc, "", ""),
            ("//Count", "", grpc, "", ""),
            ("/shop.Stock/Count", "", "application/grpc-web+proto", "", ""),
        ] {
            let request = request(uri, [(header::HOST, host_header), (header::CONTENT_TYPE, content_type)]);
            assert_eq!((&*request.host(), &*request.name()), (host, name), "{uri} {host_header} {content_type}");
        }
    }

    #[test]
    fn urls_of_grpc_calls_have_a_scheme_of_their_own() {
        for (uri, content_type, expected) in [
            (
                "https://stock.example:443/shop.Stock/Count",
                "application/grpc",
                "grpc://stock.example:443/shop.Stock/Count",
            ),
            ("https://stock.example:443/shop.Stock/Count", "", "https://stock.example:443/shop.Stock/Count"),
            ("/shop.Stock/Count", "application/grpc", "/shop.Stock/Count"),
            ("http://user:12345?34@host/cart", "", "http://user"),
            ("stock.example:443", "", "http://stock.example:443"),
        ] {
            assert_eq!(request(uri, [(header::CONTENT_TYPE, content_type)]).describe().url(), expected);
        }
    }

    fn request(uri: &str, headers: impl IntoIterator<Item = (header::HeaderName, &'static str)>) -> Request<()> {
        let mut request = Request::get(uri);
        for (name, value) in headers.into_iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        request.body(()).unwrap()
    }
}

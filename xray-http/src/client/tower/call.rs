//! The subsegment of a call.

use std::borrow::Cow;

use http::{HeaderMap, Request, header};
use xray_core::{HttpRequest, Library, Subsegment};

use crate::client::{self, ClientOptions, ClientRequest, Recorded};
use crate::grpc::is_grpc;
use crate::host::{host_of, lower_case};

/// Begins the subsegment of a request, and puts the trace header on it; `None` where the call is not recorded.
pub(super) fn begin<B>(options: &ClientOptions, request: &mut Request<B>) -> Option<Subsegment> {
    if request.extensions().get::<Recorded>().is_some() {
        return None;
    }
    let subsegment = client::begin(Library::Tower, options, request)?.inject(request.headers_mut())?;
    request.extensions_mut().insert(Recorded);
    Some(subsegment)
}

impl<B> ClientRequest for Request<B> {
    /// Of a gRPC request that does not say where it goes, the service.
    fn host(&self) -> &str {
        match self.uri().host().or_else(|| text(self.headers(), header::HOST)) {
            Some(authority) => host_of(authority),
            None => grpc_service(self).unwrap_or_default(),
        }
    }

    fn name(&self) -> Cow<'_, str> {
        grpc_service(self).map_or_else(|| lower_case(self.host()), Cow::from)
    }

    fn describe(&self) -> HttpRequest {
        client::described(self.method().as_str(), &url(self), self.uri().scheme_str().unwrap_or("http"), self.host())
    }
}

/// The URL, with the scheme that the X-Ray SDK for Go gives to gRPC calls.
fn url<B>(request: &Request<B>) -> String {
    let uri = request.uri();
    match uri.authority().filter(|_| grpc_service(request).is_some()) {
        Some(authority) => format!("grpc://{authority}{}", uri.path()),
        None => uri.to_string(),
    }
}

/// The service in the path of a gRPC call, `/shop.Stock/Count`; `None` for any other call.
fn grpc_service<B>(request: &Request<B>) -> Option<&str> {
    let path = request.uri().path().strip_prefix('/').filter(|_| is_grpc(request.headers()))?;
    path.split_once('/').map(|(service, _)| service).filter(|service| !service.is_empty())
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
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
            assert_eq!((request.host(), &*request.name()), (host, name), "{uri} {host_header} {content_type}");
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
        ] {
            assert_eq!(url(&request(uri, [(header::CONTENT_TYPE, content_type)])), expected);
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

//! The subsegment of a call.

use std::borrow::Cow;

use http::{HeaderMap, Request, header};
use xray_core::{HttpRequest, Library, Subsegment};

use super::grpc;
use crate::client::{self, ClientOptions, Recorded};
use crate::host::lower_case_host_of;

/// Begins the subsegment of a request, and puts the trace header on it.
pub(super) fn begin<B>(options: &ClientOptions, request: &mut Request<B>) -> Option<Subsegment> {
    if request.extensions().get::<Recorded>().is_some() {
        return None;
    }
    let service = grpc::service(request);
    let describe = || HttpRequest::new(request.method().as_str(), &url(request, service.is_some()));
    let mut call = client::begin(Library::Tower, options, &host(request), service, describe);
    call.inject(request.headers_mut());
    let subsegment = call.subsegment?;
    if subsegment.is_recording() {
        request.extensions_mut().insert(Recorded);
    }
    Some(subsegment)
}

/// Where the request goes; empty if it does not say.
fn host<B>(request: &Request<B>) -> Cow<'_, str> {
    let Some(authority) = request.uri().host().or_else(|| text(request.headers(), header::HOST)) else {
        return grpc::service(request).unwrap_or_default().into();
    };
    lower_case_host_of(authority)
}

/// The URL, with the scheme that the X-Ray SDK for Go gives to gRPC calls.
fn url<B>(request: &Request<B>, grpc: bool) -> String {
    let uri = request.uri();
    match uri.authority().filter(|_| grpc) {
        Some(authority) => format!("grpc://{authority}{}", uri.path()),
        None => uri.to_string(),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_where_requests_have_them() {
        let grpc = "application/grpc+proto";
        for (uri, host_header, content_type, expected) in [
            ("http://shop.example/cart?foo=bar", "other.example", "", "shop.example"),
            ("https://user:pass@Shop.Example:8443/a/b", "", grpc, "shop.example"),
            ("http://127.0.0.1:5000", "", "", "127.0.0.1"),
            ("http://[::1]:5000/", "", "", "::1"),
            ("shop.example:443", "", "", "shop.example"),
            ("/cart", "shop.example:8080", "", "shop.example"),
            ("/cart", "[::1]:8080", "", "::1"),
            ("/shop.Stock/Count", "", grpc, "shop.Stock"),
            ("/shop.Stock/Count", "stock.example", grpc, "stock.example"),
            ("/shop.Stock/Count", "", "application/json", ""),
            ("/", "", grpc, ""),
            ("//Count", "", grpc, ""),
            ("/shop.Stock/Count", "", "application/grpc-web+proto", ""),
        ] {
            let mut request = Request::builder().uri(uri);
            for (name, value) in [(header::HOST, host_header), (header::CONTENT_TYPE, content_type)] {
                if !value.is_empty() {
                    request = request.header(name, value);
                }
            }
            assert_eq!(host(&request.body(()).unwrap()), expected, "{uri} {host_header} {content_type}");
        }
    }
    #[test]
    fn urls_of_grpc_calls_have_a_scheme_of_their_own() {
        for (uri, grpc, expected) in [
            ("https://stock.example:443/shop.Stock/Count", true, "grpc://stock.example:443/shop.Stock/Count"),
            ("https://stock.example:443/shop.Stock/Count", false, "https://stock.example:443/shop.Stock/Count"),
            ("/shop.Stock/Count", true, "/shop.Stock/Count"),
        ] {
            assert_eq!(url(&Request::get(uri).body(()).unwrap(), grpc), expected);
        }
    }
}

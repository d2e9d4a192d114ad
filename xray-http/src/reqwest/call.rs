//! The subsegment of a call.

use xray_core::{HttpRequest, Library, Subsegment};

use super::library::{Method, Url};
use crate::client;

/// Begins the subsegment of a request.
pub(super) fn begin(method: &Method, url: &Url) -> Subsegment {
    client::begin(Library::Reqwest, || host(url), || HttpRequest::new(method.as_str(), url.as_str()))
}

/// The name of a call: as every X-Ray SDK, the host without port, and without the brackets of IPv6.
fn host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or("UNKNOWN HOST");
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_hosts() {
        for (url, name) in [
            ("http://shop.example/cart?foo=bar", "shop.example"),
            ("https://user:pass@SUB.Shop.Example:8443/a/b", "sub.shop.example"),
            ("http://127.0.0.1:5000", "127.0.0.1"),
            ("http://[::1]:5000/", "::1"),
            ("http://bücher.example/", "xn--bcher-kva.example"),
            ("data:text/plain,x", "UNKNOWN HOST"),
        ] {
            assert_eq!(host(&url.parse().unwrap()), name, "{url}");
        }
    }
}

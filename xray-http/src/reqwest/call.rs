//! The subsegment of a call.

use xray_core::{HttpRequest, Library};

use super::library::{Method, Url};
use crate::client::{self, BegunCall, ClientOptions};

/// Begins the subsegment of a request.
pub(crate) fn begin(options: &ClientOptions, method: &Method, url: &Url) -> BegunCall {
    client::begin(Library::Reqwest, options, host(url), None, || HttpRequest::new(method.as_str(), url.as_str()))
}

fn host(url: &Url) -> &str {
    crate::host::host_of(url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_neither_port_nor_brackets() {
        for (url, expected) in [
            ("http://shop.example/cart?foo=bar", "shop.example"),
            ("https://user:pass@SUB.Shop.Example:8443/a/b", "sub.shop.example"),
            ("http://127.0.0.1:5000", "127.0.0.1"),
            ("http://[::1]:5000/", "::1"),
            ("http://bücher.example/", "xn--bcher-kva.example"),
            ("data:text/plain,x", ""),
        ] {
            assert_eq!(host(&url.parse().unwrap()), expected, "{url}");
        }
    }
}

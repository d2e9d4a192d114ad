//! The subsegment of a call.

use std::borrow::Cow;

use xray_core::{ClientCall, HttpRequest, Library};

use super::library::{Method, Url};
use crate::client::{self, BegunCall, ClientOptions, ClientRequest};
use crate::host::host_of;

/// Whether calls of a client are left as they are, whatever they are.
///
/// With rules that depends on the call: one that is ignored must not be missed by a segment.
pub(super) fn none_is_traced(options: &ClientOptions) -> bool {
    !options.has_rules() && !ClientCall::begin(Library::Reqwest).is_traced()
}

/// Begins the subsegment of a request; `None` leaves the call as it is.
pub(crate) fn begin(options: &ClientOptions, method: &Method, url: &Url) -> Option<BegunCall> {
    client::begin(Library::Reqwest, options, &Call { method, url })
}

struct Call<'a> {
    method: &'a Method,
    url: &'a Url,
}

impl ClientRequest for Call<'_> {
    fn host(&self) -> Cow<'_, str> {
        host_of(self.url.host_str().unwrap_or_default()).into()
    }

    /// In lower case: `Url` sees to that.
    fn name(&self) -> Cow<'_, str> {
        self.host()
    }

    fn describe(&self) -> HttpRequest {
        client::described(self.method.as_str(), self.url.as_str(), self.url.scheme(), &self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_neither_port_nor_brackets() {
        for (url, expected) in [
            ("http://shop.example/cart?foo=bar", "shop.example"),
            ("https://user:pass@SUB.Shop.Example:8443/a/b", "sub.shop.example"),
            ("http://shop.example.:80/cart", "shop.example"),
            ("http://127.0.0.1:5000", "127.0.0.1"),
            ("http://[::1]:5000/", "::1"),
            ("http://bücher.example/", "xn--bcher-kva.example"),
            ("data:text/plain,x", ""),
        ] {
            let call = Call { method: &Method::GET, url: &url.parse().unwrap() };
            assert_eq!((&*call.host(), &*call.name()), (expected, expected), "{url}");
        }
    }
}

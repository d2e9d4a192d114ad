//! What is asked of a request that a client sends.

use std::borrow::Cow;

use xray_core::HttpRequest;

/// A request that is about to be sent. Nothing is asked of it that nobody wants to know: most calls are not recorded.
pub(crate) trait ClientRequest {
    /// The host as the request spells it, without port and without the brackets of IPv6; empty if it is not known.
    fn host(&self) -> Cow<'_, str>;
    /// What the call is named unless the options have a name for it; empty if that is not known.
    fn name(&self) -> Cow<'_, str>;
    /// What is recorded of it.
    fn describe(&self) -> HttpRequest;
}

/// The request as it stands in the document, by its URL, and by the scheme and host that a parser has found there.
///
/// The parser may be wrong: in `http://user:12/34@host` it takes the user for the host. Of a URL that may be one like that,
/// what is not a secret in either case is recorded.
pub(crate) fn described(method: &str, url: &str, scheme: &str, host: &str) -> HttpRequest {
    let request = HttpRequest::new(method, url);
    if !request.url().is_empty() || host.is_empty() {
        return request;
    }
    let host = if host.contains(':') { Cow::from(format!("[{host}]")) } else { host.into() };
    HttpRequest::from_parts(method, scheme, &host, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_password_is_not_recorded() {
        for (url, host, recorded) in [
            ("http://shop.example/users/me@example.com?q", "shop.example", "http://shop.example/users/me@example.com"),
            ("http://user:pass@shop/cart", "shop", "http://shop/cart"),
            ("http://user:12/34@host/cart", "user", "http://user"),
            ("http://user:12345?34@host/cart", "user", "http://user"),
            ("http://[::1]:80/a:b@c", "::1", "http://[::1]"),
            ("/cart", "", "/cart"),
        ] {
            assert_eq!(described("GET", url, "http", host).url(), recorded);
        }
    }
}

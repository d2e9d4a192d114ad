//! The `http` block.

use super::json::Object;
use crate::format::{LONGEST_TEXT, is_client_address, is_host_and_port, is_request_url, is_status};
use crate::name::truncated;
use crate::url::public_url;

/// The request of a call, outgoing or incoming.
///
/// Texts are cut to 250 characters. Query string, fragment and user-info are taken out of the URL, also where the password
/// holds characters that ought to be escaped. A URL of which nobody can tell where its password ends, such as
/// `http://user:12/34@host`, is not recorded.
///
/// ```
/// # use xray_core::HttpRequest;
/// let request = HttpRequest::new("GET", "https://user:secret@shop.example/cart?token=x");
/// assert_eq!(request.url(), "https://shop.example/cart");
/// ```
#[derive(Clone, Debug, Default)]
pub struct HttpRequest {
    method: String,
    url: String,
    user_agent: Option<String>,
    client_ip: Option<String>,
    forwarded: bool,
    traced: bool,
    /// What was given and is not recorded, and why.
    refused: Option<(&'static str, &'static str)>,
}

impl HttpRequest {
    /// Makes a request of a method and a URL, or a path where the host is not known.
    #[must_use]
    pub fn new(method: &str, url: &str) -> Self {
        let public = public_url(url, LONGEST_TEXT).map(|url| [url.scheme, url.place].concat());
        Self::of_url(method, public.as_deref().unwrap_or_default())
    }

    /// Makes a request of a method and the parts of a URL that was parsed: nobody has to guess where its user-info ends.
    ///
    /// The host comes with its port, if there is one. Without a host, or with one that is none, the path alone is recorded.
    ///
    /// ```
    /// # use xray_core::HttpRequest;
    /// let request = HttpRequest::from_parts("GET", "https", "shop.example:8443", "/users/me@example.com");
    /// assert_eq!(request.url(), "https://shop.example:8443/users/me@example.com");
    /// ```
    #[must_use]
    pub fn from_parts(method: &str, scheme: &str, host: &str, path: &str) -> Self {
        // Both may come from the other side of a connection, which sends what it likes.
        let host = truncated(host, LONGEST_HOST + 1);
        let host = host.rsplit('@').next().unwrap_or(host).split(['/', '?', '#', '\\']).next().unwrap_or_default();
        let path = truncated(path, LONGEST_TEXT);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let root = if path.starts_with('/') || path.is_empty() { "" } else { "/" };
        if is_host(host) {
            return Self::of_url(method, &format!("{scheme}://{host}{root}{path}"));
        }
        // Two slashes would make a host of what stands behind them.
        let doubled = path.bytes().take_while(|byte| *byte == b'/').count().saturating_sub(1);
        let mut request = Self::of_url(method, &format!("{root}{}", &path[doubled..]));
        if !host.is_empty() && request.refused.is_none() {
            request.refused = Some(("http.request.url", "its host is none"));
        }
        request
    }

    fn of_url(method: &str, url: &str) -> Self {
        let url = short(url);
        let is_url = is_request_url(&url);
        let refused =
            if is_url { None } else { Some(("http.request.url", "it is no URL, or its password may be in it")) };
        Self { method: short(method), url: if is_url { url } else { String::new() }, refused, ..Self::default() }
    }

    /// Sets the user agent.
    #[must_use]
    pub fn user_agent(mut self, user_agent: &str) -> Self {
        self.user_agent = Some(short(user_agent));
        self
    }

    /// Sets the client's address, as the socket shows it: an IP address, whose port is left out, or a name.
    #[must_use]
    pub fn client_ip(mut self, client_ip: &str) -> Self {
        self.set_client(client_ip);
        self.forwarded = false;
        self
    }

    /// Sets the client's address as an `X-Forwarded-For` header gives it: the first entry, trimmed.
    ///
    /// Anybody can send that header, so the document marks the address as forwarded.
    #[must_use]
    pub fn forwarded_for(mut self, header: &str) -> Self {
        // Anybody can send a header of any length; no address is as long as this.
        let first = truncated(header, LONGEST_TEXT).split(',').next().unwrap_or_default().trim();
        if !first.is_empty() {
            self.forwarded = self.set_client(first);
        }
        self
    }

    /// Returns whether the text is an address.
    fn set_client(&mut self, text: &str) -> bool {
        let address = without_port(text.trim().trim_matches('"'));
        // A longer one is none, and half of one is another one.
        let is_address = is_client_address(address) && address.chars().count() <= LONGEST_TEXT;
        if is_address {
            self.client_ip = Some(address.to_owned());
        } else {
            self.refused = Some(("http.request.client_ip", "it is no address"));
        }
        is_address
    }

    /// Says that the called service is traced too, so that X-Ray does not infer a node for it.
    #[must_use]
    pub fn traced(mut self, traced: bool) -> Self {
        self.traced = traced;
        self
    }

    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    /// What was given and is not recorded, and why.
    pub(crate) fn refused(&self) -> Option<(&'static str, &'static str)> {
        self.refused
    }

    /// The URL as it will be recorded; empty if it will not be.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// The response to a call.
///
/// Its status sets the entity's flags: 4xx is an error, 429 a throttled error, 5xx a fault. What lies outside of 100 to 599 is
/// no status, and is not recorded.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpResponse {
    status: Option<u16>,
    content_length: Option<i64>,
    /// Whether what was given as the status is none.
    refused: bool,
}

impl HttpResponse {
    /// Makes a response of a status.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let is_status = is_status(status.into());
        Self { status: is_status.then_some(status), content_length: None, refused: !is_status }
    }

    /// Sets the length of the body in bytes; `None` is recorded as -1, which is X-Ray's word for unknown.
    #[must_use]
    pub fn content_length(mut self, length: Option<u64>) -> Self {
        self.content_length = Some(length.and_then(|length| i64::try_from(length).ok()).unwrap_or(-1));
        self
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.status
    }

    /// What was given and is not recorded, and why.
    pub(crate) fn refused(&self) -> Option<(&'static str, &'static str)> {
        self.refused.then_some(("http.response.status", "it lies outside of 100 to 599"))
    }

    fn is_empty(&self) -> bool {
        self.status.is_none() && self.content_length.is_none()
    }
}

/// Writes the block if there is anything in it.
pub(super) fn write(object: &mut Object<'_>, request: Option<&HttpRequest>, response: Option<&HttpResponse>) {
    let response = response.filter(|response| !response.is_empty());
    if request.is_none() && response.is_none() {
        return;
    }
    object.object("http", |http| {
        if let Some(request) = request {
            http.object("request", |object| write_request(object, request));
        }
        if let Some(response) = response {
            http.object("response", |object| {
                if let Some(status) = response.status {
                    object.integer("status", status.into());
                }
                if let Some(length) = response.content_length {
                    object.integer("content_length", length);
                }
            });
        }
    });
}

fn write_request(object: &mut Object<'_>, request: &HttpRequest) {
    object.text("method", &request.method);
    object.optional_text("url", Some(request.url.as_str()).filter(|url| !url.is_empty()));
    object.optional_text("user_agent", request.user_agent.as_deref());
    object.optional_text("client_ip", request.client_ip.as_deref());
    object.flag("x_forwarded_for", request.forwarded);
    object.flag("traced", request.traced);
}

fn short(text: &str) -> String {
    truncated(text, LONGEST_TEXT).to_owned()
}

/// Whether a text is a host, with its port if there is one.
///
/// See <https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2> for its characters.
fn is_host(text: &str) -> bool {
    let in_host = |character: char| character.is_alphanumeric() || "-._~%!$&'()*+,;=:[]".contains(character);
    text.len() <= LONGEST_HOST && text.chars().all(in_host) && is_host_and_port(text)
}

/// A name of 255 bytes, see <https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4>, and a port.
const LONGEST_HOST: usize = 255 + ":65535".len();

/// An address without the port that stands behind it: `10.0.0.1:80`, `[::1]:80`.
fn without_port(text: &str) -> &str {
    if let Some(bracketed) = text.strip_prefix('[') {
        return bracketed.split(']').next().unwrap_or(bracketed);
    }
    match text.split_once(':') {
        Some((address, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => address,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_urls_are_cut() {
        let long = HttpRequest::new("GET", &format!("http://h/{}", "é".repeat(300)));
        assert_eq!(long.url().chars().count(), 250);
    }

    #[test]
    fn what_is_no_url_is_not_recorded() {
        for (url, recorded) in [
            ("http://h:80/a?b", "http://h:80/a"),
            ("/cart", "/cart"),
            ("INVALID_URL", ""),
            ("http://", ""),
            ("http:///x", ""),
            ("http://h:99999/", ""),
            ("http://h/a b", ""),
            ("http://user:12/34@host/", ""),
            ("", ""),
        ] {
            let request = HttpRequest::new("GET", url);
            assert_eq!((request.url(), request.refused().is_some()), (recorded, recorded.is_empty()), "{url}");
        }
    }

    #[test]
    fn addresses_have_no_ports() {
        for (text, recorded) in [
            ("192.0.2.7", Some("192.0.2.7")),
            ("192.0.2.7:8080", Some("192.0.2.7")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]:80", Some("2001:db8::1")),
            ("\"[2001:db8::1]\"", Some("2001:db8::1")),
            ("client2", Some("client2")),
            ("unknown", Some("unknown")),
            ("not an address", None),
            ("a,b", None),
            ("", None),
        ] {
            let request = HttpRequest::new("GET", "/").client_ip(text);
            assert_eq!(
                (request.client_ip.as_deref(), request.refused().is_none()),
                (recorded, recorded.is_some()),
                "{text}"
            );
        }
        let forwarded = HttpRequest::new("GET", "/").client_ip("192.0.2.7").forwarded_for("<script>, 192.0.2.8");
        assert_eq!((forwarded.client_ip.as_deref(), forwarded.forwarded), (Some("192.0.2.7"), false));
    }

    #[test]
    fn parts_of_urls_are_only_those_parts() {
        for (scheme, host, path, url) in [
            ("https", "shop.example:8443", "/a@b?c#d", "https://shop.example:8443/a@b"),
            ("http", "user:pass@host/x?y", "/cart", "http://host/cart"),
            ("http", "", "/cart", "/cart"),
            ("http", "h", "", "http://h"),
            ("http", "h", "*", "http://h/*"),
            ("http", "bücher.example", "/cart", "http://bücher.example/cart"),
            ("http", "a b", "/cart", "/cart"),
            ("http", "<script>", "/cart?token", "/cart"),
            ("http", "h:99999", "//x/cart", "/x/cart"),
            ("http", &"h".repeat(262), "/cart", "/cart"),
            ("http", "", "//x/cart", "/x/cart"),
            ("http", "a b", "", ""),
        ] {
            assert_eq!(HttpRequest::from_parts("GET", scheme, host, path).url(), url);
        }
        for (host, is_refused) in [("h", false), ("", false), ("a b", true), ("<script>", true)] {
            assert_eq!(HttpRequest::from_parts("GET", "http", host, "/cart").refused().is_some(), is_refused, "{host}");
        }
    }
}

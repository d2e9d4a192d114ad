//! The `http` block.

use super::json::Object;
use crate::name::truncated;
use crate::url::public_url;

/// The request of a call, outgoing or incoming.
///
/// Texts are cut to 250 characters. Query string, fragment and user-info are taken out of the URL.
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
}

impl HttpRequest {
    /// Makes a request of a method and a URL.
    #[must_use]
    pub fn new(method: &str, url: &str) -> Self {
        Self { method: short(method), url: short(&public_url(url)), ..Self::default() }
    }

    /// Sets the user agent.
    #[must_use]
    pub fn user_agent(mut self, user_agent: &str) -> Self {
        self.user_agent = Some(short(user_agent));
        self
    }

    /// Sets the client's address, as the socket shows it.
    #[must_use]
    pub fn client_ip(mut self, client_ip: &str) -> Self {
        self.client_ip = Some(short(client_ip));
        self.forwarded = false;
        self
    }

    /// Sets the client's address as an `X-Forwarded-For` header gives it: the first entry, trimmed.
    ///
    /// Anybody can send that header, so the document marks the address as forwarded.
    #[must_use]
    pub fn forwarded_for(mut self, header: &str) -> Self {
        let first = header.split(',').next().unwrap_or_default().trim();
        if !first.is_empty() {
            self.client_ip = Some(short(first));
            self.forwarded = true;
        }
        self
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

    /// The URL as it will be recorded.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// The response to a call.
///
/// Its status sets the entity's flags: 4xx is an error, 429 a throttled error, 5xx a fault.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpResponse {
    status: Option<u16>,
    content_length: Option<i64>,
}

impl HttpResponse {
    /// Makes a response of a status.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status: Some(status), content_length: None }
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
}

/// Writes the block if there is anything in it.
pub(super) fn write(object: &mut Object<'_>, request: Option<&HttpRequest>, response: Option<&HttpResponse>) {
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
    object.text("url", &request.url);
    object.optional_text("user_agent", request.user_agent.as_deref());
    object.optional_text("client_ip", request.client_ip.as_deref());
    object.flag("x_forwarded_for", request.forwarded);
    object.flag("traced", request.traced);
}

fn short(text: &str) -> String {
    truncated(text, 250).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_urls_are_cut() {
        let long = HttpRequest::new("GET", &format!("http://h/{}", "é".repeat(300)));
        assert_eq!(long.url().chars().count(), 250);
    }
}

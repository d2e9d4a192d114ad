//! What is read of an actix-web request.

use std::borrow::Cow;
use std::net::IpAddr;

use ::actix_web::dev::ServiceRequest;
use ::actix_web::http::header::{self, HeaderName};
use xray_core::TRACE_HEADER;

use crate::server::Incoming;

impl Incoming for ServiceRequest {
    fn method(&self) -> &str {
        self.head().method.as_str()
    }

    fn scheme(&self) -> &str {
        if self.app_config().secure() { "https" } else { "http" }
    }

    fn host(&self) -> Option<&str> {
        let authority = match self.uri().authority() {
            Some(authority) => authority.as_str(),
            None => Incoming::header(self, header::HOST.as_str())?,
        };
        let host = authority.rsplit('@').next().unwrap_or(authority);
        (!host.is_empty()).then_some(host)
    }

    fn path(&self) -> &str {
        self.uri().path()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head().headers();
        let value = match name {
            TRACE_HEADER => headers.get(&XRAY),
            "traceparent" => headers.get(&W3C),
            _ => headers.get(name),
        };
        str::from_utf8(value?.as_bytes()).ok()
    }

    fn peer(&self) -> Option<IpAddr> {
        Some(self.head().peer_addr?.ip())
    }

    fn route(&self) -> Option<Cow<'_, str>> {
        self.match_pattern().map(Cow::Owned)
    }

    /// Of a path that no resource has, that of the path which `NormalizePath` would make of it.
    fn expected_route(&self) -> Option<Cow<'_, str>> {
        Incoming::route(self).or_else(|| {
            let parts = Incoming::path(self).split('/').filter(|part| !part.is_empty());
            let mut path = parts.fold(String::new(), |path, part| path + "/" + part);
            self.resource_map().match_pattern(&path).map(Cow::Owned).or_else(|| {
                path.push('/');
                self.resource_map().match_pattern(&path).map(Cow::Owned)
            })
        })
    }
}

// Asked for by text, names that are not standard are allocated, and these two are asked for at every request.
static XRAY: HeaderName = HeaderName::from_static(TRACE_HEADER);
static W3C: HeaderName = HeaderName::from_static("traceparent");

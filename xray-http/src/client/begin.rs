//! The beginning of a call.

use http::{HeaderMap, HeaderName, HeaderValue};
use xray_core::{HttpRequest, Library, Namespace, Subsegment, TRACE_HEADER, TraceHeader, begin_client_subsegment};

use super::options::ClientOptions;

/// A call that has begun: its subsegment, which an ignored one does not have, and the headers to send.
pub(crate) struct BegunCall {
    pub(crate) subsegment: Option<Subsegment>,
    header: Option<HeaderValue>,
    traceparent: Option<HeaderValue>,
}

/// Begins the subsegment of a call, in what is current on this thread.
///
/// The name is `name`, or else `host`, which is empty if it is not known, unless the options have another. `request` is
/// only asked for when the call is recorded, or when the options have rules for URLs.
pub(crate) fn begin(
    library: Library,
    options: &ClientOptions,
    host: &str,
    name: Option<&str>,
    request: impl Fn() -> HttpRequest,
) -> BegunCall {
    if options.ignores(host, || request().url().to_owned()) {
        return BegunCall { subsegment: None, header: None, traceparent: None };
    }
    let name = || options.name_of(host).or(name).unwrap_or(if host.is_empty() { "UNKNOWN HOST" } else { host });
    let subsegment = begin_client_subsegment(library, name);
    if subsegment.is_recording() {
        subsegment.set_namespace(Namespace::Remote);
        subsegment.set_http_request(request());
    }
    let header = if options.propagates_to(host) { subsegment.trace_header() } else { None };
    let traceparent = header.as_ref().filter(|_| options.propagates_w3c()).and_then(TraceHeader::to_traceparent);
    BegunCall {
        header: header.and_then(|header| HeaderValue::try_from(header.to_string()).ok()),
        traceparent: traceparent.and_then(|traceparent| HeaderValue::try_from(traceparent).ok()),
        subsegment: Some(subsegment),
    }
}

impl BegunCall {
    /// Puts the trace header on the request, in place of one that is there; without a trace the request stays as it is.
    ///
    /// A header that the program set is most often the one that came in, copied along with all others: with it
    /// the called service would become a child of the caller's caller.
    pub(crate) fn inject(&mut self, headers: &mut HeaderMap) {
        if let Some(header) = self.header.take() {
            headers.insert(NAME, header);
        }
        if let Some(traceparent) = self.traceparent.take() {
            headers.insert(TRACEPARENT, traceparent);
        }
    }
}

/// Marks, among its extensions, a request whose call is recorded: an instrument further in leaves it alone.
#[cfg(any(feature = "reqwest-middleware", feature = "tower"))]
#[derive(Clone, Copy)]
pub(crate) struct Recorded;

/// The length that the response declares: that of the body, even if none follows, as for `HEAD`.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

const NAME: HeaderName = HeaderName::from_static(TRACE_HEADER);
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

//! What the calls of every HTTP client have in common.

mod call;

#[cfg(feature = "reqwest-blocking")]
pub(crate) use call::record;
pub(crate) use call::{ClientCall, ClientResponse};

use http::{HeaderMap, HeaderName, HeaderValue};
use xray_core::{HttpRequest, Library, Namespace, Subsegment, TRACE_HEADER, begin_client_subsegment};

/// Begins the subsegment of a call, in what is current on this thread.
///
/// `host` and `request` are only asked for when the call is recorded.
pub(crate) fn begin<'a>(
    library: Library,
    host: impl Fn() -> &'a str,
    request: impl FnOnce() -> HttpRequest,
) -> Subsegment {
    let subsegment = begin_client_subsegment(library, host);
    if subsegment.is_recording() {
        subsegment.set_namespace(Namespace::Remote);
        subsegment.set_http_request(request());
    }
    subsegment
}

/// Puts the trace header on the request, in place of one that is there; without a trace the request stays as it is.
///
/// A header that the program set is most often the one that came in, copied along with all others: with it
/// the called service would become a child of the caller's caller.
pub(crate) fn inject(subsegment: &Subsegment, headers: &mut HeaderMap) {
    let header = subsegment.trace_header().and_then(|header| HeaderValue::try_from(header.to_string()).ok());
    if let Some(header) = header {
        headers.insert(NAME, header);
    }
}

/// The length that the response declares: that of the body, even if none follows, as for `HEAD`.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

const NAME: HeaderName = HeaderName::from_static(TRACE_HEADER);

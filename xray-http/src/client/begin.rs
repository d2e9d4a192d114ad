//! The beginning of a call.

use http::{HeaderMap, HeaderName, HeaderValue};
use xray_core::{Library, Namespace, Subsegment, TRACE_HEADER, TraceHeader, begin_client_subsegment};

use super::header;
use super::options::ClientOptions;
use super::request::ClientRequest;

/// A call that has begun, in a trace that is recorded or not.
#[must_use]
pub(crate) struct BegunCall {
    subsegment: Subsegment,
    propagates: bool,
    propagates_w3c: bool,
}

/// Begins the subsegment of a call, in what is current on this thread; `None` leaves the call as it is.
pub(crate) fn begin(library: Library, options: &ClientOptions, request: &impl ClientRequest) -> Option<BegunCall> {
    if options.ignores(request) {
        return None;
    }
    let subsegment = begin_client_subsegment(library, || options.name_of(request));
    let recorded = subsegment.is_recording();
    // Of a trace that is not recorded there is still an id, to be sent.
    if !recorded && subsegment.trace_id().is_none() {
        return None;
    }
    if recorded {
        subsegment.set_namespace(Namespace::Remote);
        subsegment.set_http_request(request.describe());
    }
    Some(BegunCall { subsegment, propagates: options.propagates_to(request), propagates_w3c: options.propagates_w3c() })
}

impl BegunCall {
    /// Puts the trace header on the request, in place of one that is there, and returns the subsegment of a call that is recorded.
    ///
    /// A header that the program set is most often the one that came in, copied along with all others: with it
    /// the called service would become a child of the caller's caller.
    pub(crate) fn inject(self, headers: &mut HeaderMap) -> Option<Subsegment> {
        if let Some(header) = self.subsegment.trace_header().filter(|_| self.propagates) {
            if let Some(traceparent) = self.traceparent(&header) {
                headers.insert(TRACEPARENT, traceparent);
            }
            if let Some(value) = header::value(header) {
                headers.insert(NAME, value);
            }
        }
        // Most calls are futures: dropped before its end, a call is cancelled, and is not at fault.
        self.subsegment.set_cancelled_if_dropped(true);
        Some(self.subsegment).filter(|subsegment| subsegment.is_recording())
    }

    fn traceparent(&self, header: &TraceHeader) -> Option<HeaderValue> {
        let traceparent = if self.propagates_w3c { header.to_traceparent()? } else { return None };
        HeaderValue::try_from(traceparent).ok()
    }
}

const NAME: HeaderName = HeaderName::from_static(TRACE_HEADER);
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

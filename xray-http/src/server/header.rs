//! The trace header that comes in, and the one that answers it.

use xray_core::{Entity, Sampled, TRACE_HEADER, TraceHeader};

use super::request::Incoming;

/// The trace that the request belongs to, by X-Ray's own header or by W3C's, and whether the caller asks for the decision.
pub(super) fn incoming(request: &impl Incoming) -> (TraceHeader, bool) {
    let header = request.header(TRACE_HEADER).map(TraceHeader::parse).unwrap_or_default();
    let requested = header.sampled() == Sampled::Requested;
    let header = match request.header("traceparent") {
        Some(traceparent) => header.or_traceparent(traceparent),
        None => header,
    };
    (header, requested)
}

/// The header of the response: the trace's id, and the decision if the caller asked for it with `Sampled=?`.
///
/// The X-Ray SDKs for Python and Java answer every request. A trace that is not recorded, and whose decision nobody
/// asked for, is not worth a header.
pub(super) fn answer(entity: &Entity, requested: bool) -> Option<TraceHeader> {
    let recording = entity.is_recording();
    let decision = match (requested, recording) {
        (true, true) => Sampled::Yes,
        (true, false) => Sampled::No,
        (false, true) => Sampled::Unspecified,
        (false, false) => return None,
    };
    Some(TraceHeader::new(entity.trace_id()?).with_sampled(decision))
}

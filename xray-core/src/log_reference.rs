//! How a log line names the trace that it belongs to.

use std::fmt;

use crate::id::{SegmentId, TraceId};

/// The ids that lead from a log line to its trace, made by [`current_log_reference`](crate::current_log_reference).
///
/// It is displayed as the X-Ray SDK for Java writes it into its logs, which is what CloudWatch links
/// from: `AWS-XRAY-TRACE-ID: <trace>@<segment or subsegment>`.
///
/// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-java-configuration.html#xray-sdk-java-configuration-logging>.
///
/// ```
/// let segment = xray_core::begin_segment("checkout").entered();
/// if let Some(reference) = xray_core::current_log_reference() {
///     println!("{reference} the cart is empty");
///     # assert_eq!(Some(reference.trace_id()), segment.trace_id());
///     # assert_eq!(reference.segment_id(), segment.id());
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogReference {
    trace_id: TraceId,
    segment_id: Option<SegmentId>,
}

impl LogReference {
    pub(crate) fn new(trace_id: TraceId, segment_id: Option<SegmentId>) -> Self {
        Self { trace_id, segment_id }
    }

    /// The trace.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The innermost segment or subsegment; `None` if the trace is not sampled.
    ///
    /// The trace's id is there even so: other services and load balancers log the same one.
    #[must_use]
    pub fn segment_id(&self) -> Option<SegmentId> {
        self.segment_id
    }
}

impl fmt::Display for LogReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AWS-XRAY-TRACE-ID: {}", self.trace_id)?;
        match self.segment_id {
            Some(id) => write!(formatter, "@{id}"),
            None => Ok(()),
        }
    }
}

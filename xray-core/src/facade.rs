//! The segment of a Lambda function, which Lambda itself sends, and work in the traces of others.

use std::sync::Arc;

use crate::context::Context;
use crate::handle::Entity;
use crate::header::TraceHeader;
use crate::lambda;
use crate::recorder::Recorder;
use crate::segment::Segment;
use crate::stack;
use crate::subsegment::Subsegment;

impl Recorder {
    /// Stands for the segment that Lambda sends for this invocation of a function; for those who write an adapter.
    ///
    /// Its subsegments are sent one by one, as soon as each ends; itself it is never sent, so annotations and metadata
    /// put on it are refused with a line in the log, and an error is sent in a subsegment of its own. Lambda has decided
    /// about sampling: no sampler is asked. The header goes on to the calls made in it as it came, also where nothing is
    /// recorded because it has no `Parent` or no `Sampled=1`.
    ///
    /// A header without a root stands for the one that Lambda puts into the environment while it has one invocation at a
    /// time (`_X_AMZN_TRACE_ID`).
    ///
    /// ```
    /// # use xray_core::{Recorder, TraceHeader};
    /// let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=10:1234abcd:3";
    /// let function = Recorder::current().facade_segment(TraceHeader::parse(header));
    /// assert_eq!(function.trace_header().unwrap().to_string(), header);
    /// ```
    pub fn facade_segment(&self, header: TraceHeader) -> Segment {
        let parts = &self.0;
        if !self.is_enabled() {
            return Segment(Entity::new(Context::Suppressed));
        }
        parts.lambda.notice_restore();
        let header = if header.root().is_some() { header } else { parts.lambda.header() };
        Segment(Entity::new(lambda::facade(&parts.settings, header)))
    }

    /// Whether this program runs in Lambda, which `LAMBDA_TASK_ROOT` tells.
    ///
    /// Lambda makes the segments itself: what [begins](crate::SegmentBuilder::begin) as a segment there is a subsegment of it.
    #[must_use]
    pub fn is_in_lambda(&self) -> bool {
        self.0.lambda.is_there()
    }
}

/// Begins a subsegment of what a header names, in that trace; whatever is current.
///
/// It is sent on its own, and so is what is below it. This is how one message of a batch is worked on in the trace of
/// whoever sent it. Nothing is recorded if the header does not say `Sampled=1`, and then, too, it goes on to the calls that
/// are made in the subsegment. A header with a root and no parent names nothing to be a part of: then a segment is sent.
/// A future runs in it by [`in_subsegment`](crate::XRayFutureExt::in_subsegment).
///
/// ```
/// # use xray_core::TraceHeader;
/// let sender = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
/// let subsegment = xray_core::begin_subsegment_in_trace(TraceHeader::parse(sender), "order");
/// assert_eq!(subsegment.trace_id().unwrap().to_string(), "1-57ff426a-80c11c39b0c928905eb0828d");
/// ```
pub fn begin_subsegment_in_trace(header: TraceHeader, name: &str) -> Subsegment {
    // The recorder of what is current, as everywhere; a trace that is not recorded has none.
    let settings = stack::with_current(|current| match current {
        Context::Recording(handle) => Some(handle.shared_settings()),
        _ => None,
    });
    let settings = settings.or_else(|| {
        let recorder = Recorder::current();
        recorder.is_enabled().then(|| Arc::clone(&recorder.0.settings))
    });
    Subsegment(match settings {
        Some(settings) => Entity::new(lambda::begin_below(&settings, header, name)),
        None => Entity::new(Context::Suppressed),
    })
}

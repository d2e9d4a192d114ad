//! The subsegment of a call, which may have only so much time.

use std::ops::Deref;

use http::HeaderMap;
use xray_core::Subsegment;

use crate::deadline::{self, Deadline};
use crate::grpc::is_grpc;

/// A call that is recorded. Dropped before its end, it is cancelled, or was not in time if it is one of gRPC whose time was up.
#[derive(Debug)]
pub(crate) struct TimedCall {
    subsegment: Subsegment,
    deadline: Option<Deadline>,
}

impl TimedCall {
    /// The subsegment of a call with these headers.
    pub(super) fn new(subsegment: Subsegment, headers: &HeaderMap) -> Self {
        let timeout = headers.get(deadline::HEADER).filter(|_| is_grpc(headers));
        Self { subsegment, deadline: timeout.and_then(|timeout| Deadline::of(timeout.to_str().ok()?)) }
    }

    pub(super) fn end(mut self) {
        self.deadline = None;
        self.subsegment.set_cancelled_if_dropped(false);
    }
}

impl Deref for TimedCall {
    type Target = Subsegment;

    fn deref(&self) -> &Subsegment {
        &self.subsegment
    }
}

impl Drop for TimedCall {
    fn drop(&mut self) {
        // Where there is a panic, that is what happened.
        if self.deadline.is_some_and(Deadline::has_passed) && !std::thread::panicking() {
            Deadline::record_in(&self.subsegment);
            self.subsegment.set_cancelled_if_dropped(false);
        }
    }
}

//! A call under way.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use xray_core::{HttpResponse, Subsegment};

pin_project! {
    /// A client's future with the subsegment of the call, which is handed out with the response's headers.
    ///
    /// A call that is dropped is ended, and is not at fault. Without a subsegment it is the client's own
    /// future and nothing else.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub(crate) struct RunningCall<Work> {
        // Before the subsegment: whatever is left of the call ends before it.
        #[pin]
        work: Option<Work>,
        subsegment: Option<Subsegment>,
    }
}

impl<Work: Future> RunningCall<Work> {
    pub(crate) fn new(subsegment: Option<Subsegment>, work: Work) -> Self {
        Self { work: Some(work), subsegment }
    }

    /// Polls the client's future, and has its outcome recorded if anybody will see that.
    #[cfg(any(feature = "reqwest", feature = "reqwest-0_12"))]
    pub(crate) fn poll_and_record(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        record: impl FnOnce(&Subsegment, &Work::Output),
    ) -> Poll<Work::Output> {
        self.poll_outcome(context).map(|(subsegment, outcome)| {
            if let Some(subsegment) = &subsegment {
                record(subsegment, &outcome);
            }
            outcome
        })
    }

    /// Polls the client's future; to its outcome belongs the subsegment, if that is recorded.
    pub(crate) fn poll_outcome(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<(Option<Subsegment>, Work::Output)> {
        let mut this = self.project();
        let Some(work) = this.work.as_mut().as_pin_mut() else {
            // Polled again after it was done, which a future may answer as it likes.
            return Poll::Pending;
        };
        // Out of the future while the client works: a panic drops it here, where the panic can be seen.
        let subsegment = this.subsegment.take();
        let Poll::Ready(outcome) = work.poll(context) else {
            *this.subsegment = subsegment;
            return Poll::Pending;
        };
        this.work.set(None);
        Poll::Ready((subsegment.filter(|subsegment| subsegment.is_recording()), outcome))
    }
}

/// A response, whatever client it came from.
pub(crate) trait ClientResponse {
    fn status(&self) -> u16;
    /// The length of the body; `None` if it is not known before the body ends.
    fn content_length(&self) -> Option<u64>;
}

/// Records the response to a call.
pub(crate) fn record_response(subsegment: &Subsegment, response: &impl ClientResponse) {
    let recorded = HttpResponse::new(response.status()).content_length(response.content_length());
    subsegment.set_http_response(recorded);
}

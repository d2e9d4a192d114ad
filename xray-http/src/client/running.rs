//! A call under way.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use xray_core::{HttpResponse, Subsegment};

pin_project! {
    /// A client's future with the subsegment of the call, which is handed out with the response's headers.
    ///
    /// Without one, which is that of a call that is recorded, it is the client's own future and nothing else.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub(crate) struct RunningCall<Work, Recorded = Subsegment> {
        // Before the subsegment: whatever is left of the call ends before it.
        #[pin]
        work: Work,
        subsegment: Option<Recorded>,
    }
}

impl<Work: Future, Recorded> RunningCall<Work, Recorded> {
    pub(crate) fn new(subsegment: Option<Recorded>, work: Work) -> Self {
        Self { work, subsegment }
    }

    /// Polls the client's future; `finish` makes of its outcome what is returned, and gets the subsegment of a call that is
    /// recorded. It ends it.
    pub(crate) fn poll_with<T>(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        finish: impl FnOnce(Option<Recorded>, Work::Output) -> T,
    ) -> Poll<T> {
        let this = self.project();
        // Out of the future while the client works: a panic drops it here, where the panic can be seen.
        let subsegment = this.subsegment.take();
        match this.work.poll(context) {
            Poll::Ready(outcome) => Poll::Ready(finish(subsegment, outcome)),
            Poll::Pending => {
                *this.subsegment = subsegment;
                Poll::Pending
            }
        }
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

//! The future of a call.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use xray_core::{HttpResponse, Subsegment};

/// A response, whatever client it came from.
pub(crate) trait ClientResponse {
    fn status(&self) -> u16;
    /// The length of the body; `None` if it is not known before the body ends.
    fn content_length(&self) -> Option<u64>;
}

pin_project! {
    /// A call whose subsegment begins at the first poll, and ends when the response's headers are there.
    ///
    /// Nothing happens before the first poll, so `call.in_subsegment("load")` makes the call a child of
    /// `load`, as it would be in an `async fn`. A call that is dropped is ended, and is not at fault.
    /// `Start` begins the subsegment and makes `Work`, the client's own future; an error of it is
    /// returned as it is. It is boxed nowhere, and `Unpin` where `Work` is.
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct ClientCall<Start, Work> {
        start: Option<Start>,
        // Before the subsegment: whatever is left of the call ends before it.
        #[pin]
        work: Option<Work>,
        subsegment: Option<Subsegment>,
    }
}

impl<Start, Work> ClientCall<Start, Work> {
    pub(crate) fn new<E>(start: Start) -> Self
    where
        Start: FnOnce() -> Result<(Subsegment, Work), E>,
    {
        Self { start: Some(start), work: None, subsegment: None }
    }
}

impl<Start, Work, T, E> Future for ClientCall<Start, Work>
where
    Start: FnOnce() -> Result<(Subsegment, Work), E>,
    Work: Future<Output = Result<T, E>>,
    T: ClientResponse,
    E: Error + 'static,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(start) = this.start.take() {
            match start() {
                Ok((subsegment, work)) => {
                    *this.subsegment = Some(subsegment);
                    this.work.set(Some(work));
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        // Out of the future while the client works: a panic drops it here, where the panic can be seen.
        let (Some(work), Some(subsegment)) = (this.work.as_mut().as_pin_mut(), this.subsegment.take()) else {
            // Polled again after it was done, which a future may answer as it likes.
            return Poll::Pending;
        };
        let Poll::Ready(outcome) = work.poll(context) else {
            *this.subsegment = Some(subsegment);
            return Poll::Pending;
        };
        record(&subsegment, &outcome);
        this.work.set(None);
        Poll::Ready(outcome)
    }
}

/// Records what became of a call.
pub(crate) fn record<T: ClientResponse, E: Error + 'static>(subsegment: &Subsegment, outcome: &Result<T, E>) {
    if !subsegment.is_recording() {
        return;
    }
    match outcome {
        Ok(response) => {
            let recorded = HttpResponse::new(response.status()).content_length(response.content_length());
            subsegment.set_http_response(recorded);
        }
        Err(error) => subsegment.record_error(error),
    }
}

//! A call that begins at the first poll.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use xray_core::Subsegment;

use super::running::{ClientResponse, RunningCall, record_response};

pin_project! {
    /// The future of a call.
    ///
    /// Nothing happens before the first poll, so `call.in_subsegment("load")` makes the call a child of
    /// `load`, as it would be in an `async fn`. `Start` begins the subsegment and makes `Work`, the
    /// client's own future; an error of it is returned as it is. It is boxed nowhere, and `Unpin` where
    /// `Work` is.
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct ClientCall<Start, Work> {
        start: Option<Start>,
        #[pin]
        call: Option<RunningCall<Work>>,
    }
}

impl<Start, Work> ClientCall<Start, Work> {
    pub(crate) fn new<E>(start: Start) -> Self
    where
        Start: FnOnce() -> Result<RunningCall<Work>, E>,
    {
        Self { start: Some(start), call: None }
    }
}

impl<Start, Work, T, E> Future for ClientCall<Start, Work>
where
    Start: FnOnce() -> Result<RunningCall<Work>, E>,
    Work: Future<Output = Result<T, E>>,
    T: ClientResponse,
    E: Error + 'static,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(start) = this.start.take() {
            match start() {
                Ok(call) => this.call.set(Some(call)),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        match this.call.as_pin_mut() {
            Some(call) => call.poll_and_record(context, record),
            // Polled again after it was done, which a future may answer as it likes.
            None => Poll::Pending,
        }
    }
}

/// Records what became of a call.
pub(crate) fn record<T: ClientResponse, E: Error + 'static>(subsegment: &Subsegment, outcome: &Result<T, E>) {
    match outcome {
        Ok(response) => record_response(subsegment, response),
        Err(error) => subsegment.record_error(error),
    }
}

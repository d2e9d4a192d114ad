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
    #[project = Projected]
    pub(crate) enum ClientCall<Start, Work> {
        Waiting { start: Option<Start> },
        Running { #[pin] call: RunningCall<Work> },
    }
}

impl<Start, Work> ClientCall<Start, Work> {
    pub(crate) fn new<E>(start: Start) -> Self
    where
        Start: FnOnce() -> Result<RunningCall<Work>, E>,
    {
        Self::Waiting { start: Some(start) }
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

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Projected::Waiting { start } = self.as_mut().project()
            && let Some(start) = start.take()
        {
            let call = start()?;
            self.set(Self::Running { call });
        }
        let Projected::Running { call } = self.project() else {
            panic!("the future of a request was polled after it was done");
        };
        call.poll_with(context, |subsegment, outcome| {
            if let Some(subsegment) = subsegment {
                record(&subsegment, &outcome);
                subsegment.end();
            }
            outcome
        })
    }
}

/// Records what became of a call.
pub(crate) fn record<T: ClientResponse, E: Error + 'static>(subsegment: &Subsegment, outcome: &Result<T, E>) {
    match outcome {
        Ok(response) => record_response(subsegment, response),
        Err(error) => subsegment.record_foreign_error(error),
    }
}

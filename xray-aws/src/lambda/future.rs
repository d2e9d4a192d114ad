//! One invocation.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use xray_core::{Traced, current_segment, current_subsegment};

use super::handler_error::HandlerError;

pin_project! {
    /// An invocation of a function, in its trace.
    #[must_use = "futures do nothing unless polled"]
    pub struct Invocation<F, Kind> {
        #[pin]
        work: Traced<WithOutcome<F, Kind>>,
    }
}

impl<F, Kind> Invocation<F, Kind> {
    pub(super) fn new(work: Traced<WithOutcome<F, Kind>>) -> Self {
        Self { work }
    }
}

impl<F, T, E, Kind> Future for Invocation<F, Kind>
where
    F: Future<Output = Result<T, E>>,
    E: HandlerError<Kind>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().work.poll(context)
    }
}

impl<F, Kind> fmt::Debug for Invocation<F, Kind> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Invocation").finish_non_exhaustive()
    }
}

pin_project! {
    /// Records the error of a future where it is polled.
    pub(super) struct WithOutcome<F, Kind> {
        #[pin]
        work: F,
        kind: PhantomData<fn() -> Kind>,
    }
}

impl<F, Kind> WithOutcome<F, Kind> {
    pub(super) fn new(work: F) -> Self {
        Self { work, kind: PhantomData }
    }
}

impl<F, T, E, Kind> Future for WithOutcome<F, Kind>
where
    F: Future<Output = Result<T, E>>,
    E: HandlerError<Kind>,
{
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(self.project().work.poll(context));
        if let Err(error) = &outcome {
            let subsegment = current_subsegment();
            // Without one the function's segment sees to it that some subsegment carries the error.
            if subsegment.trace_id().is_some() {
                error.record_on(&subsegment)
            } else {
                error.record_on(&current_segment())
            }
        }
        Poll::Ready(outcome)
    }
}

//! One invocation.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use xray_core::__private::Record;
use xray_core::{Segment, Subsegment, Traced};

use super::handler_error::HandlerError;

pin_project! {
    /// An invocation of a function, in its trace.
    #[must_use = "futures do nothing unless polled"]
    pub struct Invocation<F, Kind> {
        #[pin]
        work: Traced<F, RecordFailure<Kind>>,
    }
}

impl<F, Kind> Invocation<F, Kind> {
    pub(super) fn in_function(work: F, function: Segment) -> Self {
        Self { work: Traced::recording_in_segment(work, function, RecordFailure(PhantomData)) }
    }

    /// The subsegment is one of what is current now.
    pub(super) fn in_subsegment(work: F, name: Cow<'static, str>) -> Self {
        Self { work: Traced::recording_in_subsegment(work, name, RecordFailure(PhantomData)) }
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

/// Records the error of an invocation on its subsegment. Without one the function's segment sees to it that some subsegment
/// carries the error.
struct RecordFailure<Kind>(PhantomData<fn() -> Kind>);

impl<T, E: HandlerError<Kind>, Kind> Record<Result<T, E>> for RecordFailure<Kind> {
    fn record(&self, entity: &Subsegment, outcome: &Result<T, E>) {
        if let Err(error) = outcome {
            error.record_on(entity);
        }
    }
}

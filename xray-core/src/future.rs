//! The future around a future, or the stream around a stream, that carries a context from poll to poll.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::frame::Frame;
use crate::segment::Segment;
use crate::subsegment::{NameOrSubsegment, Subsegment};

/// A future or stream in a segment, made by [`XRayFutureExt::in_segment`](crate::XRayFutureExt::in_segment).
pub type InSegment<T> = Traced<T>;
/// A future or stream in a subsegment, made by [`XRayFutureExt::in_subsegment`](crate::XRayFutureExt::in_subsegment).
pub type InSubsegment<T> = Traced<T>;
/// A future or stream in the context it was made in, made by [`XRayFutureExt::in_current`](crate::XRayFutureExt::in_current).
pub type InCurrent<T> = Traced<T>;

pin_project! {
    /// A future or stream that runs in a context of its own.
    ///
    /// It is the only one of its kind: whatever is wrapped, it is kept in here once, and about 100 bytes are added.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct Traced<T, R = Unrecorded> {
        // Before the frame, which ends the entity: dropping the work is work.
        #[pin]
        work: T,
        record: R,
        frame: Frame,
    }

    impl<T, R> PinnedDrop for Traced<T, R> {
        fn drop(this: Pin<&mut Self>) {
            // Then the work is dropped, and then the frame.
            this.project().frame.enter_to_drop();
        }
    }
}

impl<T> Traced<T> {
    #[inline]
    pub(crate) fn new(work: T, frame: Frame) -> Self {
        Self { work, record: Unrecorded, frame }
    }
}

/// For those who write an adapter to a runtime.
#[doc(hidden)]
impl<T, R> Traced<T, R> {
    /// As [`in_segment`](crate::XRayFutureExt::in_segment), and what comes of the work is handed to `record`.
    pub fn recording_in_segment(work: T, segment: Segment, record: R) -> Self {
        Self::recording(work, Frame::in_segment(segment), record)
    }

    /// As [`in_subsegment`](crate::XRayFutureExt::in_subsegment), and what comes of the work is handed to `record`.
    pub fn recording_in_subsegment(work: T, which: impl Into<NameOrSubsegment<'static>>, record: R) -> Self {
        Self::recording(work, Frame::in_subsegment(which.into()), record)
    }

    #[inline]
    pub(crate) fn recording(work: T, frame: Frame, record: R) -> Self {
        Self { work, record, frame }
    }
}

/// What is recorded of the outcome of a future, or of the items of a stream.
#[doc(hidden)]
pub trait Record<T> {
    /// Records it on the subsegment, which is recorded and has not ended.
    fn record(&self, subsegment: &Subsegment, outcome: &T);
}

/// Nothing.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Unrecorded;

impl<T> Record<T> for Unrecorded {
    fn record(&self, _: &Subsegment, _: &T) {}
}

/// What a function that captures nothing makes of it. Not any closure: the type of one repeats those around it, and so grows
/// twofold with each function that is called by another.
impl<T> Record<T> for fn(&Subsegment, &T) {
    fn record(&self, subsegment: &Subsegment, outcome: &T) {
        self(subsegment, outcome);
    }
}

impl<F: Future, R: Record<F::Output>> Future for Traced<F, R> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let current = this.frame.enter();
        match this.work.poll(context) {
            Poll::Ready(outcome) => {
                Poll::Ready(current.end(outcome, |subsegment, outcome| this.record.record(subsegment, outcome)))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: Stream, R: Record<S::Item>> Stream for Traced<S, R> {
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let current = this.frame.enter();
        let polled = this.work.poll_next(context);
        match &polled {
            Poll::Ready(None) => current.end((), |_, ()| {}),
            Poll::Ready(Some(item)) => {
                drop(current);
                this.frame.record(|subsegment| this.record.record(subsegment, item));
            }
            Poll::Pending => {}
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.work.size_hint()
    }
}

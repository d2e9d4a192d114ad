//! How futures and streams are put into a context.

use std::future::IntoFuture;

use futures_core::Stream;

use crate::frame::Frame;
use crate::future::{InCurrent, InSegment, InSubsegment, Traced};
use crate::segment::Segment;
use crate::subsegment::NameOrSubsegment;

/// Lets futures and streams run in a segment, in a subsegment or in the current context.
///
/// The context is current during each poll and while the future is dropped. No runtime is needed. What becomes a future
/// when it is awaited will do, too. Closures have [`carry`](crate::carry) and [`run_in_subsegment`](crate::run_in_subsegment).
///
/// A future or stream that is dropped before its end, by a time-out or because nobody waits for it any more, is not at
/// fault: its segment or subsegment ends with the annotation `cancelled` = `true`.
pub trait XRayFutureExt: Sized {
    /// Runs in a segment, which ends when the future is done or dropped.
    ///
    /// ```
    /// use xray_core::XRayFutureExt as _;
    /// # async fn work() {}
    /// let traced = async { work().await }.in_segment(xray_core::begin_segment("shop"));
    /// # drop(traced);
    /// ```
    fn in_segment<Kind>(self, segment: Segment) -> InSegment<Self::Work>
    where
        Self: FutureOrStream<Kind>,
    {
        Traced::new(self.into_work(), Frame::in_segment(segment))
    }

    /// Runs in a subsegment, of which there is the name, or in one that has begun, such as that of a message.
    ///
    /// A subsegment by name is one of what is current now. It begins at the first poll, and ends when the future is done
    /// or dropped; of a future that is never polled nothing is recorded. If nothing is current now, what is current at the
    /// first poll is the parent.
    ///
    /// ```
    /// # use xray_core::{TraceHeader, XRayFutureExt as _, begin_subsegment_in_trace};
    /// # async fn load() {}
    /// # async fn example() {
    /// load().in_subsegment("load").await;
    ///
    /// let sender = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
    /// let message = begin_subsegment_in_trace(TraceHeader::parse(sender), "order");
    /// load().in_subsegment(message).await;
    /// # }
    /// ```
    fn in_subsegment<Kind>(self, which: impl Into<NameOrSubsegment<'static>>) -> InSubsegment<Self::Work>
    where
        Self: FutureOrStream<Kind>,
    {
        Traced::new(self.into_work(), Frame::in_subsegment(which.into()))
    }

    /// Runs in the context that is current now: for what is spawned.
    ///
    /// If nothing is current now, it runs in what is current where it is polled.
    ///
    /// ```
    /// use xray_core::XRayFutureExt as _;
    /// # async fn work() {}
    /// # fn spawn(_: impl Future) {}
    /// spawn(work().in_current());
    /// ```
    ///
    /// A closure is no future; the compiler says what is meant for closures:
    ///
    /// ```compile_fail,E0277
    /// use xray_core::XRayFutureExt as _;
    /// let thread = std::thread::spawn((|| 5).in_current());
    /// ```
    fn in_current<Kind>(self) -> InCurrent<Self::Work>
    where
        Self: FutureOrStream<Kind>,
    {
        Traced::new(self.into_work(), Frame::in_current())
    }
}

impl<T> XRayFutureExt for T {}

/// What [`XRayFutureExt`] is for: futures, what becomes one when it is awaited, and streams.
///
/// `Kind` tells the two apart, and is found by the compiler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a future nor a stream, and so cannot be put into a segment or subsegment",
    label = "neither a future nor a stream",
    note = "a closure that is called later or elsewhere is carried by `xray::carry(closure)`",
    note = "a closure that is called here runs in a subsegment by `xray::run_in_subsegment(name, closure)` or `xray::capture(name, closure)`"
)]
pub trait FutureOrStream<Kind> {
    /// The future or stream.
    type Work;

    /// Makes the future or stream.
    fn into_work(self) -> Self::Work;
}

/// Says that a type becomes a future, see [`FutureOrStream`].
#[derive(Debug)]
pub enum AFuture {}

/// Says that a type is a stream, see [`FutureOrStream`].
#[derive(Debug)]
pub enum AStream {}

impl<F: IntoFuture> FutureOrStream<AFuture> for F {
    type Work = F::IntoFuture;

    fn into_work(self) -> F::IntoFuture {
        self.into_future()
    }
}

impl<S: Stream> FutureOrStream<AStream> for S {
    type Work = S;

    fn into_work(self) -> S {
        self
    }
}

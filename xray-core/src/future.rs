//! Futures and streams that carry a context from poll to poll.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::context::{self, Context};
use crate::handle::Entity;
use crate::scope::EntityScope;
use crate::segment::Segment;

/// Lets futures and streams run in a segment, in a subsegment or in the current context.
///
/// The context is current during each poll and while the future is dropped. No runtime is needed.
pub trait XRayFutureExt: Sized {
    /// Runs in a segment, which ends when the future is done or dropped.
    ///
    /// ```
    /// use xray_core::XRayFutureExt as _;
    /// # async fn work() {}
    /// let traced = async { work().await }.in_segment(xray_core::begin_segment("shop"));
    /// # drop(traced);
    /// ```
    fn in_segment(self, segment: Segment) -> InSegment<Self> {
        Traced { work: Some(self), state: State::Running { scope: segment.into() } }
    }

    /// Runs in a subsegment of what is current now.
    ///
    /// It begins at the first poll, and ends when the future is done or dropped. A future that is
    /// dropped before is not at fault: the subsegment only ends.
    fn in_subsegment(self, name: impl Into<Cow<'static, str>>) -> InSubsegment<Self> {
        Traced { work: Some(self), state: State::Waiting { parent: context::current(), name: name.into() } }
    }

    /// Runs in the context that is current now: for what is spawned.
    ///
    /// ```
    /// use xray_core::XRayFutureExt as _;
    /// # async fn work() {}
    /// # fn spawn(_: impl Future) {}
    /// spawn(work().in_current());
    /// ```
    fn in_current(self) -> InCurrent<Self> {
        Traced { work: Some(self), state: State::Carrying { context: context::current() } }
    }
}

impl<T> XRayFutureExt for T {}

/// A future or stream in a segment, made by [`XRayFutureExt::in_segment`].
pub type InSegment<T> = Traced<T>;
/// A future or stream in a subsegment, made by [`XRayFutureExt::in_subsegment`].
pub type InSubsegment<T> = Traced<T>;
/// A future or stream in the context it was made in, made by [`XRayFutureExt::in_current`].
pub type InCurrent<T> = Traced<T>;

pin_project! {
    /// A future or stream that runs in a context of its own.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct Traced<T> {
        // Emptied before the entity ends, and in its context: dropping the work is work.
        #[pin]
        work: Option<T>,
        state: State,
    }

    impl<T> PinnedDrop for Traced<T> {
        fn drop(this: Pin<&mut Self>) {
            this.finish();
        }
    }
}

#[derive(Debug)]
enum State {
    /// The subsegment begins at the first poll.
    Waiting {
        parent: Context,
        name: Cow<'static, str>,
    },
    /// The entity's context is lent to the thread during each poll.
    Running {
        scope: EntityScope,
    },
    Carrying {
        context: Context,
    },
    Done,
}

impl State {
    fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        if let Self::Waiting { parent, name } = self {
            if matches!(parent, Context::Absent) {
                *parent = context::current();
            }
            let context = parent.begin_child(name);
            if matches!(context, Context::Absent) {
                context::missing("subsegment", name);
            }
            *self = Self::Running { scope: EntityScope::new(Entity::new(context)) };
        }
        match self {
            Self::Running { scope } => scope.run(work),
            Self::Carrying { context } => context::lend(context, work),
            Self::Waiting { .. } | Self::Done => work(),
        }
    }
}

impl<T> Traced<T> {
    /// Drops the work in its context, then ends the entity.
    fn finish(self: Pin<&mut Self>) {
        let mut this = self.project();
        if let State::Waiting { parent, .. } = this.state {
            // Never polled: there is nothing to record.
            *this.state = State::Carrying { context: std::mem::take(parent) };
        }
        if let State::Running { scope } = this.state {
            // Its own panic is recorded by now; another one has only cancelled it.
            scope.disown_panic();
        }
        if this.work.is_some() {
            this.state.run(|| this.work.as_mut().set(None));
        }
        *this.state = State::Done;
    }
}

impl<F: Future> Future for Traced<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.as_mut().project();
        let polled = match this.work.as_pin_mut() {
            Some(work) => this.state.run(|| work.poll(context)),
            // Polled again after it was done, which a future may answer as it likes.
            None => Poll::Pending,
        };
        if polled.is_ready() {
            self.finish();
        }
        polled
    }
}

impl<S: Stream> Stream for Traced<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.as_mut().project();
        let polled = match this.work.as_pin_mut() {
            Some(work) => this.state.run(|| work.poll_next(context)),
            None => Poll::Ready(None),
        };
        if matches!(polled, Poll::Ready(None)) {
            self.finish();
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.work.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

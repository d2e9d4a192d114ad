//! A handler under way.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use xray_core::Entity;

use super::serving::{Serving, leave_out};

pin_project! {
    /// The future of what serves a request, in the request's segment, which is handed out with its outcome.
    ///
    /// Without a segment, and once it is done, it is the handler's own future and nothing else.
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub(crate) struct RunningHandler<Work> {
        // `None` once it is dropped, in the segment's context: that is work, too.
        #[pin]
        work: Option<Work>,
        course: Course,
    }

    impl<Work> PinnedDrop for RunningHandler<Work> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            match std::mem::replace(this.course, Course::Untraced) {
                Course::Serving(mut serving) => {
                    serving.run(|| this.work.set(None));
                    serving.give_up();
                }
                Course::Done(segment) => {
                    let _current = segment.enter();
                    this.work.set(None);
                }
                Course::LeftOut => leave_out(|| this.work.set(None)),
                Course::Untraced => {}
            }
        }
    }
}

/// What an instrument does about a request.
#[derive(Debug)]
pub(crate) enum Course {
    Untraced,
    /// Nothing is recorded, nor may an instrument further in.
    LeftOut,
    Serving(Serving),
    /// The segment goes on with the response, or has ended.
    Done(Entity),
}

impl<Work> RunningHandler<Work> {
    /// Of the future that `call` makes; middleware further in works already when it is called.
    pub(crate) fn call(mut course: Course, call: impl FnOnce() -> Work) -> Self {
        let work = match &mut course {
            Course::Serving(serving) => serving.run(call),
            Course::LeftOut => leave_out(call),
            Course::Untraced | Course::Done(_) => call(),
        };
        Self { work: Some(work), course }
    }

    /// Polls the handler's future; `finish` makes of its outcome what is returned, and gets the request if it is traced.
    pub(crate) fn poll_with<T>(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        finish: impl FnOnce(Option<Serving>, Work::Output) -> T,
    ) -> Poll<T>
    where
        Work: Future,
    {
        let this = self.project();
        // It is there until this is dropped.
        let Some(work) = this.work.as_pin_mut() else { return Poll::Pending };
        let serving = match this.course {
            Course::Serving(serving) => serving,
            Course::LeftOut => return leave_out(|| work.poll(context)).map(|outcome| finish(None, outcome)),
            Course::Untraced | Course::Done(_) => return work.poll(context).map(|outcome| finish(None, outcome)),
        };
        let outcome = ready!(serving.run(|| work.poll(context)));
        let done = Course::Done(Entity::clone(serving));
        match std::mem::replace(this.course, done) {
            Course::Serving(serving) => Poll::Ready(finish(Some(serving), outcome)),
            _ => Poll::Ready(finish(None, outcome)),
        }
    }
}

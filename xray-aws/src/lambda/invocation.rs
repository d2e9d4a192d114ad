//! One invocation: the work of the handler, in its trace.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::handler_error::HandlerError;
use super::response::TracedResponse;
use super::running::Running;
use pin_project_lite::pin_project;

pin_project! {
    /// An invocation of a function, in its trace.
    ///
    /// Dropped before its end it is cancelled. Once it is done, its response has the trace.
    #[must_use = "futures do nothing unless polled"]
    pub struct Invocation<F, Kind> {
        #[pin]
        work: Option<F>,
        scope: Option<Running>,
        kind: PhantomData<fn() -> Kind>,
    }

    impl<F, Kind> PinnedDrop for Invocation<F, Kind> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(scope) = this.scope {
                // Dropping the work is work.
                scope.run(|| this.work.set(None));
            }
        }
    }
}

impl<F, Kind> Invocation<F, Kind> {
    /// The work is done in the scope.
    pub(super) fn new(work: F, scope: Running) -> Self {
        Self { work: Some(work), scope: Some(scope), kind: PhantomData }
    }
}

impl<F, T, E, Kind> Future for Invocation<F, Kind>
where
    F: Future<Output = Result<T, E>>,
    E: HandlerError<Kind>,
{
    type Output = Result<TracedResponse<T>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(work) = this.work.as_pin_mut() else { return Poll::Pending };
        let polled = match this.scope {
            Some(scope) => scope.run(|| work.poll(context)),
            // It is over: whatever the handler does then.
            None => work.poll(context),
        };
        polled.map(|outcome| {
            let scope = this.scope.take();
            match outcome {
                Ok(response) => Ok(TracedResponse::new(response, scope)),
                Err(error) => {
                    if let Some(scope) = scope {
                        if scope.is_recording() {
                            error.record_on(&scope);
                        }
                        scope.end();
                    }
                    Err(error)
                }
            }
        })
    }
}

impl<F, Kind> fmt::Debug for Invocation<F, Kind> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Invocation").finish_non_exhaustive()
    }
}

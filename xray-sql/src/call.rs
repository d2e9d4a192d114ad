//! A call of a driver, and its subsegment.

use std::sync::Arc;

use xray_core::{Preparation, Subsegment};

use crate::server::{Rows, Server};
use crate::text::Text;

/// A call that has begun. Dropped before its answer, it is cancelled.
///
/// It stands beside the driver's future, not around it: a future that is handed to another one is copied each time.
pub(crate) struct Call(Option<Subsegment>);

/// An error of a driver.
pub(crate) trait Failure {
    /// Records it as a fault.
    fn record(&self, subsegment: &Subsegment);
}

impl Call {
    pub(crate) fn begin<'a>(
        server: &Server,
        preparation: Option<Preparation>,
        text: impl FnOnce() -> Text<'a>,
    ) -> Self {
        let subsegment = server.begin_statement(preparation, text);
        subsegment.set_cancelled_if_dropped(true);
        Self(Some(subsegment))
    }

    /// A call of what is not traced, which is under the same type.
    pub(crate) fn untraced() -> Self {
        Self(None)
    }

    /// The text without values, if it is collected.
    pub(crate) fn collected<'a>(&self, server: &Server, text: impl FnOnce() -> Text<'a>) -> Option<Arc<str>> {
        server.collected(self.recording()?, text)
    }

    /// Ends the call with its answer.
    pub(crate) fn end<T, E: Failure>(self, outcome: Result<T, E>, rows: impl FnOnce(&T) -> Rows) -> Result<T, E> {
        if let Some(subsegment) = self.recording() {
            match &outcome {
                Ok(answer) => rows(answer).record(subsegment),
                Err(error) => error.record(subsegment),
            }
            subsegment.set_cancelled_if_dropped(false);
        }
        outcome
    }

    /// When a call begins to wait for its pool; `None` if nobody will know.
    #[cfg(any(feature = "deadpool-postgres", feature = "mysql_async"))]
    pub(crate) fn begin_wait(&self) -> Option<std::time::Instant> {
        self.recording().map(|_| std::time::Instant::now())
    }

    /// Ends the call that has waited for a pool since then.
    #[cfg(any(feature = "deadpool-postgres", feature = "mysql_async"))]
    pub(crate) fn end_wait<T, E: Failure>(
        self,
        began: Option<std::time::Instant>,
        outcome: Result<T, E>,
    ) -> Result<T, E> {
        if let (Some(subsegment), Some(began)) = (self.recording(), began) {
            crate::server::record_pool_wait(subsegment, began.elapsed());
        }
        self.end(outcome, |_| Rows::None)
    }

    /// Has the call go on with what is read of the answer; the subsegment comes with it, and is cancelled if that is dropped.
    pub(crate) fn answered<T, E: Failure>(self, outcome: Result<T, E>) -> Result<(T, Option<Subsegment>), E> {
        if let (Err(error), Some(subsegment)) = (&outcome, self.recording()) {
            error.record(subsegment);
            subsegment.set_cancelled_if_dropped(false);
        }
        outcome.map(|answer| (answer, self.0))
    }

    fn recording(&self) -> Option<&Subsegment> {
        self.0.as_ref().filter(|subsegment| subsegment.is_recording())
    }
}

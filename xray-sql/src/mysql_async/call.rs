//! A call and its subsegment.

use std::sync::Arc;
use std::time::Instant;

use ::mysql_async::Result;
use ::mysql_async::prelude::AsQuery;
use xray_core::{Preparation, Subsegment};

use super::failure;
use crate::server::{Rows, Server, record_pool_wait};
use crate::text::Text;

/// A call that has begun; it ends when it is dropped.
pub(super) struct Call(Subsegment);

pub(super) const TEXT: Option<Preparation> = None;
pub(super) const PREPARED: Option<Preparation> = Some(Preparation::Statement);

impl Call {
    pub(super) fn begin<'a>(
        server: &Server,
        preparation: Option<Preparation>,
        text: impl FnOnce() -> Text<'a>,
    ) -> Self {
        Self(server.begin_statement(preparation, text))
    }

    /// The text without values, if it is collected.
    pub(super) fn collected<'a>(&self, server: &Server, text: impl FnOnce() -> Text<'a>) -> Option<Arc<str>> {
        server.collected(&self.0, text)
    }

    /// Ends the call with its answer.
    pub(super) fn end<T>(self, outcome: Result<T>, rows: impl FnOnce(&T) -> Rows) -> Result<T> {
        let (answer, subsegment) = self.answered(outcome)?;
        if subsegment.is_recording() {
            rows(&answer).record(&subsegment);
        }
        Ok(answer)
    }

    /// Ends the call that has waited for a pool since then.
    pub(super) fn end_waiting<T>(self, outcome: Result<T>, began: Option<Instant>) -> Result<T> {
        if let Some(began) = began {
            record_pool_wait(&self.0, began.elapsed());
        }
        Ok(self.answered(outcome)?.0)
    }

    pub(super) fn is_recording(&self) -> bool {
        self.0.is_recording()
    }

    /// Has the call go on with what is read of the answer; the subsegment comes with it.
    pub(super) fn answered<T>(self, outcome: Result<T>) -> Result<(T, Subsegment)> {
        if let Err(error) = &outcome {
            failure::record(&self.0, error);
        }
        outcome.map(|answer| (answer, self.0))
    }
}

pub(super) fn text_of_query<Q: AsQuery>(query: &Q) -> Text<'_> {
    Text::Raw(query.as_query())
}

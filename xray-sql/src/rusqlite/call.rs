//! A call through the wrapper, whose error is recorded on the statement that it ran.

use ::rusqlite::Result;
use xray_core::Subsegment;

use super::{failure, hook, statements};

/// Makes a call on a connection.
///
/// An error belongs to the first statement that the call ran; if it came before any ran, to a
/// subsegment of its own, with the text that was to run where the call has it.
pub(super) fn call<T>(
    connection: &::rusqlite::Connection,
    sql: Option<&str>,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let call = Call::begin(connection);
    let outcome = work();
    let without_statement = || statements::begin_without_statement(|| statements::name_of(connection.path()), sql);
    call.record(outcome, || Some(without_statement()))
}

/// A call that has begun; it ends when it is dropped.
#[must_use = "the call ends when this is dropped"]
pub(super) struct Call(());

impl Call {
    pub(super) fn begin(connection: &::rusqlite::Connection) -> Self {
        statements::begin_call(hook::id_of(connection));
        Self(())
    }

    /// Ends a call of which nothing can fail but its statement: one that begins or ends a transaction,
    /// where the connection is lent to the outcome.
    pub(super) fn end<T>(self, outcome: Result<T>) -> Result<T> {
        self.record(outcome, || None)
    }

    fn record<T>(self, outcome: Result<T>, without_statement: impl FnOnce() -> Option<Subsegment>) -> Result<T> {
        let finished = statements::end_call();
        // It has ended: there is nothing left to drop.
        std::mem::forget(self);
        if let Err(error) = &outcome
            && failure::is_one(error)
            && let Some(subsegment) = finished.or_else(without_statement)
        {
            failure::record(&subsegment, error);
        }
        outcome
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // The program's code panicked, such as a closure that reads a row.
        drop(statements::end_call());
    }
}

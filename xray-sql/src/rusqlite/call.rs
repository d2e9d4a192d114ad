//! A call through the wrapper, whose error is recorded on the statement that it ran.

use ::rusqlite::Result;
use xray_core::{ClientCall, Library, Subsegment};

use super::statements::{Ran, StatementId};
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
    call.record(outcome, || Some(without_statement(connection, sql)))
}

/// Records the error of a call that runs no statement: one that prepares it, or binds its values.
pub(super) fn unrun<T>(connection: &::rusqlite::Connection, sql: Option<&str>, outcome: Result<T>) -> Result<T> {
    if let Err(error) = &outcome
        && failure::is_one(error)
    {
        failure::record(&without_statement(connection, sql), error);
    }
    outcome
}

fn without_statement(connection: &::rusqlite::Connection, sql: Option<&str>) -> Subsegment {
    statements::begin_without_statement(|| statements::name_of(connection.path()), sql)
}

/// A call that has begun; it ends when it is dropped.
#[must_use = "the call ends when this is dropped"]
pub(super) struct Call {
    /// Nobody asks for the statements of a call that is not recorded.
    is_noted: bool,
}

impl Call {
    pub(super) fn begin(connection: &::rusqlite::Connection) -> Self {
        Self::begin_step(connection, None)
    }

    /// Begins a step of a statement that is running, or of one that is not yet.
    pub(super) fn begin_step(connection: &::rusqlite::Connection, statement: Option<StatementId>) -> Self {
        let is_noted = statement.is_some() || ClientCall::begin(Library::Rusqlite) == ClientCall::Recorded;
        if is_noted {
            statements::begin_call(hook::id_of(connection), statement);
        }
        Self { is_noted }
    }

    /// Ends a step, and says which statement has more of them.
    pub(super) fn end_step<T>(
        self,
        connection: &::rusqlite::Connection,
        outcome: Result<T>,
    ) -> (Result<T>, Option<StatementId>) {
        let ran = self.ended();
        let running = match &ran {
            Some(Ran::Running(id)) => Some(*id),
            _ => None,
        };
        if let Err(error) = &outcome
            && failure::is_one(error)
        {
            match ran {
                Some(Ran::Finished(subsegment)) => failure::record(&subsegment, error),
                // The program's own closure could not read the row.
                Some(Ran::Running(id)) => statements::record_on(id, |subsegment| failure::record(subsegment, error)),
                None => failure::record(&without_statement(connection, None), error),
            }
        }
        (outcome, running)
    }

    /// Ends a call of which nothing can fail but its statement: one that begins or ends a transaction,
    /// where the connection is lent to the outcome.
    pub(super) fn end<T>(self, outcome: Result<T>) -> Result<T> {
        self.record(outcome, || None)
    }

    fn record<T>(self, outcome: Result<T>, without_statement: impl FnOnce() -> Option<Subsegment>) -> Result<T> {
        let finished = match self.ended() {
            Some(Ran::Finished(subsegment)) => Some(subsegment),
            _ => None,
        };
        if let Err(error) = &outcome
            && failure::is_one(error)
            && let Some(subsegment) = finished.or_else(without_statement)
        {
            failure::record(&subsegment, error);
        }
        outcome
    }

    fn ended(mut self) -> Option<Ran> {
        if std::mem::take(&mut self.is_noted) { statements::end_call() } else { None }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // Here still: the program's code panicked, such as a closure that reads a row.
        if self.is_noted {
            drop(statements::end_call());
        }
    }
}

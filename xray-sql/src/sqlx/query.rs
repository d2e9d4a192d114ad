//! A query, taken apart to see how it will be sent.

use std::fmt;

use ::sqlx::error::BoxDynError;
use ::sqlx::{Database, Execute, SqlStr};
use xray_core::Preparation;

use super::call::Statement;

/// A query on its way to the driver.
pub(super) enum Query<DB: Database, Q> {
    /// As the program has made it, where nothing is recorded.
    Whole(Q),
    Apart(Parts<DB>),
}

/// What a driver asks of a query, asked before.
pub(super) struct Parts<DB: Database> {
    sql: SqlStr,
    statement: Option<DB::Statement>,
    /// `None` once they were taken.
    arguments: Option<Result<Option<DB::Arguments>, BoxDynError>>,
    persistent: bool,
}

impl<'q, DB, Q> Query<DB, Q>
where
    DB: Database<Statement: Clone>,
    Q: Execute<'q, DB>,
{
    pub(super) fn apart(mut query: Q) -> Self {
        let statement = query.statement().cloned();
        // In the order of the drivers: some queries are not persistent any more when their arguments were taken.
        let arguments = Some(query.take_arguments());
        let persistent = query.persistent();
        Self::Apart(Parts { sql: query.sql(), statement, arguments, persistent })
    }

    pub(super) fn described(&self) -> Statement<'_> {
        let Self::Apart(parts) = self else { return Statement::default() };
        // Without arguments a query is sent as text.
        let is_text = matches!(parts.arguments, Some(Ok(None)));
        let preparation = (!is_text).then_some(Preparation::Statement);
        Statement { preparation, text: Some(parts.sql.as_str()) }
    }
}

impl<'q, DB: Database, Q: Execute<'q, DB>> Execute<'q, DB> for Query<DB, Q> {
    fn sql(self) -> SqlStr {
        match self {
            Self::Whole(query) => query.sql(),
            Self::Apart(parts) => parts.sql,
        }
    }

    fn statement(&self) -> Option<&DB::Statement> {
        match self {
            Self::Whole(query) => query.statement(),
            Self::Apart(parts) => parts.statement.as_ref(),
        }
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        match self {
            Self::Whole(query) => query.take_arguments(),
            Self::Apart(parts) => parts.arguments.take().unwrap_or(Ok(None)),
        }
    }

    fn persistent(&self) -> bool {
        match self {
            Self::Whole(query) => query.persistent(),
            Self::Apart(parts) => parts.persistent,
        }
    }
}

impl<DB: Database, Q> fmt::Debug for Query<DB, Q> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Query").finish_non_exhaustive()
    }
}

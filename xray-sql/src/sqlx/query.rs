//! A query, taken apart to see how it will be sent.

use std::fmt;

use ::sqlx::error::BoxDynError;
use ::sqlx::{Database, Execute, SqlStr};
use xray_core::Preparation;

use super::call::Statement;

/// What a driver asks of a query, asked before.
pub struct OwnedQuery<DB: Database> {
    sql: SqlStr,
    statement: Option<DB::Statement>,
    /// `None` once they were taken.
    arguments: Option<Result<Option<DB::Arguments>, BoxDynError>>,
    persistent: bool,
}

impl<DB> OwnedQuery<DB>
where
    DB: Database<Statement: Clone>,
{
    pub(super) fn of<'q>(mut query: impl Execute<'q, DB>) -> Self {
        let statement = query.statement().cloned();
        // In the order of the drivers: some queries are not persistent any more when their arguments were taken.
        let arguments = Some(query.take_arguments());
        let persistent = query.persistent();
        Self { sql: query.sql(), statement, arguments, persistent }
    }

    pub(super) fn described(&self) -> Statement<'_> {
        // Without arguments a query is sent as text.
        let is_text = matches!(self.arguments, Some(Ok(None)));
        let preparation = (!is_text).then_some(Preparation::Statement);
        Statement { preparation, text: Some(self.sql.as_str()) }
    }
}

impl<DB: Database> Execute<'_, DB> for OwnedQuery<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.statement.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        self.arguments.take().unwrap_or(Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

impl<DB: Database> fmt::Debug for OwnedQuery<DB> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OwnedQuery").finish_non_exhaustive()
    }
}

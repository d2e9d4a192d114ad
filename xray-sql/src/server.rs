//! What is known of a server before any call: the name and the `sql` block of the subsegments.

use std::sync::Arc;

#[cfg(feature = "_sqlx")]
use xray_core::ClientCall;
use xray_core::{Library, Namespace, Preparation, Sql, Subsegment, begin_client_subsegment};

#[cfg(feature = "_network")]
use crate::address::Address;
use crate::sanitized_query::Dialect;
use crate::text::Text;

/// A database on a server, as every call to it is recorded.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    library: Library,
    name: String,
    sql: Sql,
    /// Whether texts are collected whatever the recorder says.
    collects_sql: bool,
}

/// How many rows a call was about; `None` where it does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rows {
    Returned(u64),
    Affected(u64),
    None,
}

impl Server {
    /// Makes one from what is the same for every database of a library, and the address.
    #[cfg(feature = "_network")]
    pub(crate) fn new(library: Library, sql: Sql, address: &Address<'_>) -> Self {
        let sql = sql.url(&address.url());
        let sql = match address.user {
            Some(user) => sql.user(user),
            None => sql,
        };
        Self { library, name: address.name(), sql, collects_sql: false }
    }

    pub(crate) fn collecting_sql(mut self, collect: bool) -> Self {
        self.collects_sql = collect;
        self
    }

    /// Makes one of a database that has no address.
    #[cfg(feature = "sqlx-sqlite")]
    pub(crate) fn named(library: Library, sql: Sql, name: String) -> Self {
        Self { library, name, sql, collects_sql: false }
    }

    pub(crate) fn with_version(mut self, version: &str) -> Self {
        self.sql = self.sql.database_version(version);
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether a call that begins here is recorded.
    #[cfg(feature = "_sqlx")]
    pub(crate) fn records_calls(&self) -> bool {
        ClientCall::begin(self.library) == ClientCall::Recorded
    }

    /// Begins the subsegment of a call of which nothing is said yet, in what is current on this thread.
    pub(crate) fn begin(&self) -> Subsegment {
        let subsegment = begin_client_subsegment(self.library, || self.name());
        subsegment.set_namespace(Namespace::Remote);
        subsegment
    }

    /// Begins the subsegment of a call, in what is current on this thread. Its text is only asked for if it is collected.
    pub(crate) fn begin_statement<'a>(
        &self,
        preparation: Option<Preparation>,
        text: impl FnOnce() -> Text<'a>,
    ) -> Subsegment {
        let subsegment = self.begin();
        if subsegment.is_recording() {
            let text = self.collected(&subsegment, text);
            self.describe_statement(&subsegment, preparation, text.as_deref());
        }
        subsegment
    }

    /// The text without values, if it is collected.
    pub(crate) fn collected<'a>(&self, subsegment: &Subsegment, text: impl FnOnce() -> Text<'a>) -> Option<Arc<str>> {
        let collects = subsegment.is_recording() && (self.collects_sql || subsegment.collects_sql());
        if collects { text().sanitized(self.dialect()) } else { None }
    }

    /// Sets the `sql` block of a subsegment: when it begins, and again once more is known.
    pub(crate) fn describe_statement(
        &self,
        subsegment: &Subsegment,
        preparation: Option<Preparation>,
        text: Option<&str>,
    ) {
        let mut sql = self.sql.clone();
        if let Some(preparation) = preparation {
            sql = sql.preparation(preparation);
        }
        if let Some(text) = text {
            sql = sql.sanitized_query(text);
        }
        subsegment.set_sql(sql);
    }

    fn dialect(&self) -> Dialect {
        match self.library {
            Library::MysqlAsync | Library::SqlxMysql => Dialect::MySql,
            Library::Rusqlite | Library::SqlxSqlite => Dialect::Sqlite,
            _ => Dialect::PostgreSql,
        }
    }
}

impl Rows {
    #[cfg(any(feature = "_sqlx", feature = "tokio-postgres"))]
    pub(crate) fn returned(rows: usize) -> Self {
        // A `usize` is never larger.
        Self::Returned(rows as u64)
    }

    /// Puts the number into the metadata, in the namespace `sql`.
    pub(crate) fn record(self, subsegment: &Subsegment) {
        match self {
            Self::Returned(rows) => subsegment.put_metadata_in("sql", "rows_returned", rows),
            Self::Affected(rows) => subsegment.put_metadata_in("sql", "rows_affected", rows),
            Self::None => {}
        }
    }
}

/// Puts the time that a call waited for its pool into the metadata, in the namespace `sql`.
#[cfg(any(feature = "_sqlx", feature = "deadpool-postgres", feature = "mysql_async"))]
pub(crate) fn record_pool_wait(subsegment: &Subsegment, wait: std::time::Duration) {
    // Whole microseconds, as the times of subsegments.
    let microseconds = u32::try_from(wait.as_micros()).unwrap_or(u32::MAX);
    subsegment.put_metadata_in("sql", "pool_wait_ms", f64::from(microseconds) / 1_000.0);
}

#[cfg(all(test, feature = "tokio-postgres"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_of_an_address_is_its_url() {
        let address = Address { scheme: "x", host: "::1", port: 17, database: Some("a b"), user: Some("me@home") };
        let server = Server::new(Library::TokioPostgres, Sql::new("PostgreSQL"), &address);
        assert_eq!(server.sql.recorded_url(), Some("x://me%40home@[::1]:17/a%20b"));
    }
}

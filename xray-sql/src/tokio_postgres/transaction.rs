//! Transactions whose calls are traced.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::tokio_postgres::types::{BorrowToSql, ToSql, Type};
use ::tokio_postgres::{Error, IsolationLevel, Portal, Row, SimpleQueryMessage, Statement};
use bytes::Buf;
#[cfg(feature = "deadpool-postgres")]
use deadpool_postgres::StatementCache;

use super::call::Protocol;
use super::copy_in::CopyInSink;
use super::server::Server;
use super::statement_methods::statement_methods;
use super::stream::{CopyOutStream, RowStream, Traced};
use super::to_statement::{ToStatement, text_of};
use crate::call::Call;
use crate::server::Rows;
use crate::text::Text;

/// A transaction or savepoint whose calls are traced, made by [`Client`](super::Client).
///
/// It derefs to [`tokio_postgres::Transaction`](::tokio_postgres::Transaction). What begins it and what
/// ends it are calls with subsegments of their own, but for the rollback of one that is dropped,
/// for which nobody waits.
pub struct Transaction<'a> {
    transaction: ::tokio_postgres::Transaction<'a>,
    /// `None` if it is not traced.
    server: Option<&'a Server>,
    is_savepoint: bool,
    #[cfg(feature = "deadpool-postgres")]
    cache: Option<&'a StatementCache>,
}

/// Begins a transaction, made by [`Client::build_transaction`](super::Client::build_transaction).
#[must_use = "a builder does nothing before `start`"]
pub struct TransactionBuilder<'a> {
    pub(super) builder: ::tokio_postgres::TransactionBuilder<'a>,
    pub(super) server: Option<&'a Server>,
    #[cfg(feature = "deadpool-postgres")]
    pub(super) cache: Option<&'a StatementCache>,
}

impl<'a> Transaction<'a> {
    statement_methods!([P, I, T]);

    /// As [`tokio_postgres::Transaction::commit`](::tokio_postgres::Transaction::commit).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn commit(self) -> Result<(), Error> {
        let text = if self.is_savepoint { "RELEASE" } else { "COMMIT" };
        let call = self.begin(Protocol::Simple, || Text::of(text));
        call.end(self.transaction.commit().await, |()| Rows::None)
    }

    /// As [`tokio_postgres::Transaction::rollback`](::tokio_postgres::Transaction::rollback).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn rollback(self) -> Result<(), Error> {
        let text = if self.is_savepoint { "ROLLBACK TO" } else { "ROLLBACK" };
        let call = self.begin(Protocol::Simple, || Text::of(text));
        call.end(self.transaction.rollback().await, |()| Rows::None)
    }

    /// As [`tokio_postgres::Transaction::transaction`](::tokio_postgres::Transaction::transaction).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
        let call = self.begin(Protocol::Simple, || Text::of("SAVEPOINT"));
        let transaction = call.end(self.transaction.transaction().await, |_| Rows::None)?;
        Ok(Transaction {
            transaction,
            server: self.server,
            is_savepoint: true,
            #[cfg(feature = "deadpool-postgres")]
            cache: self.cache,
        })
    }

    /// As [`tokio_postgres::Transaction::savepoint`](::tokio_postgres::Transaction::savepoint).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn savepoint<I>(&mut self, name: I) -> Result<Transaction<'_>, Error>
    where
        I: Into<String>,
    {
        let call = self.begin(Protocol::Simple, || Text::of("SAVEPOINT"));
        let transaction = call.end(self.transaction.savepoint(name).await, |_| Rows::None)?;
        Ok(Transaction {
            transaction,
            server: self.server,
            is_savepoint: true,
            #[cfg(feature = "deadpool-postgres")]
            cache: self.cache,
        })
    }

    /// As [`tokio_postgres::Transaction::bind`](::tokio_postgres::Transaction::bind).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn bind<T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Portal, Error>
    where
        T: ?Sized + ToStatement,
    {
        let call = self.begin(Protocol::Extended, || text_of(statement));
        call.end(self.transaction.bind(statement, params).await, |_| Rows::None)
    }

    /// As [`tokio_postgres::Transaction::bind_raw`](::tokio_postgres::Transaction::bind_raw).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn bind_raw<P, T, I>(&self, statement: &T, params: I) -> Result<Portal, Error>
    where
        T: ?Sized + ToStatement,
        P: BorrowToSql,
        I: IntoIterator<Item = P>,
        I::IntoIter: ExactSizeIterator,
    {
        let call = self.begin(Protocol::Extended, || text_of(statement));
        call.end(self.transaction.bind_raw(statement, params).await, |_| Rows::None)
    }

    /// As [`tokio_postgres::Transaction::query_portal`](::tokio_postgres::Transaction::query_portal).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn query_portal(&self, portal: &Portal, max_rows: i32) -> Result<Vec<Row>, Error> {
        let call = self.begin(Protocol::Extended, || Text::Unknown);
        call.end(self.transaction.query_portal(portal, max_rows).await, |rows| Rows::returned(rows.len()))
    }

    /// As [`tokio_postgres::Transaction::query_portal_raw`](::tokio_postgres::Transaction::query_portal_raw).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded, also those of the stream.
    pub async fn query_portal_raw(&self, portal: &Portal, max_rows: i32) -> Result<RowStream, Error> {
        let call = self.begin(Protocol::Extended, || Text::Unknown);
        call.answered(self.transaction.query_portal_raw(portal, max_rows).await).map(Traced::of_rows)
    }

    /// The transaction without the wrapper, which is not traced.
    #[must_use]
    pub fn into_inner(self) -> ::tokio_postgres::Transaction<'a> {
        self.transaction
    }

    /// One that is not traced, under the same type.
    pub(super) fn untraced(transaction: ::tokio_postgres::Transaction<'a>) -> Self {
        Self {
            transaction,
            server: None,
            is_savepoint: false,
            #[cfg(feature = "deadpool-postgres")]
            cache: None,
        }
    }

    #[cfg(feature = "deadpool-postgres")]
    pub(super) fn cache(&self) -> Option<&StatementCache> {
        self.cache
    }

    fn inner(&self) -> &::tokio_postgres::Transaction<'a> {
        &self.transaction
    }

    pub(super) fn begin<'t>(&self, protocol: Protocol, text: impl FnOnce() -> Text<'t>) -> Call {
        begin(self.server, protocol, text)
    }

    pub(super) fn prepared(
        &self,
        call: Call,
        query: &str,
        outcome: Result<Statement, Error>,
    ) -> Result<Statement, Error> {
        match self.server {
            Some(server) => server.prepared(call, query, outcome),
            None => outcome,
        }
    }
}

impl<'a> TransactionBuilder<'a> {
    /// Sets the isolation level.
    pub fn isolation_level(mut self, isolation_level: IsolationLevel) -> Self {
        self.builder = self.builder.isolation_level(isolation_level);
        self
    }

    /// Sets whether the transaction may only read.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.builder = self.builder.read_only(read_only);
        self
    }

    /// Sets whether the transaction may be deferred.
    pub fn deferrable(mut self, deferrable: bool) -> Self {
        self.builder = self.builder.deferrable(deferrable);
        self
    }

    /// Begins the transaction.
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn start(self) -> Result<Transaction<'a>, Error> {
        let call = begin(self.server, Protocol::Simple, || Text::of("START TRANSACTION"));
        let transaction = call.end(self.builder.start().await, |_| Rows::None)?;
        Ok(Transaction {
            transaction,
            server: self.server,
            is_savepoint: false,
            #[cfg(feature = "deadpool-postgres")]
            cache: self.cache,
        })
    }
}

fn begin<'t>(server: Option<&Server>, protocol: Protocol, text: impl FnOnce() -> Text<'t>) -> Call {
    server.map_or_else(Call::untraced, |server| server.begin(protocol, text))
}

impl<'a> Deref for Transaction<'a> {
    type Target = ::tokio_postgres::Transaction<'a>;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Transaction").field("server", &self.server).finish_non_exhaustive()
    }
}

impl fmt::Debug for TransactionBuilder<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TransactionBuilder").field("server", &self.server).finish_non_exhaustive()
    }
}

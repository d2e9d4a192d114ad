//! A client whose calls are traced.

use std::fmt;
use std::ops::{Deref, DerefMut};
#[cfg(feature = "deadpool-postgres")]
use std::sync::Arc;

use ::tokio_postgres::types::{BorrowToSql, FromSqlOwned, ToSql, Type};
use ::tokio_postgres::{Error, Row, SimpleQueryMessage, Statement};
use bytes::Buf;
#[cfg(feature = "deadpool-postgres")]
use deadpool_postgres::StatementCache;

use super::call::Protocol;
use super::copy_in::CopyInSink;
use super::server::Server;
use super::statement_methods::statement_methods;
use super::stream::{CopyOutStream, RowStream, SimpleQueryStream, Traced};
use super::to_statement::{ToStatement, text_of};
use super::transaction::{Transaction, TransactionBuilder};
use crate::call::Call;
use crate::server::Rows;
use crate::text::Text;

/// A client of `tokio-postgres` whose calls are traced, made by [`ClientExt::xray`](super::ClientExt::xray) or
/// [`connect`](super::connect).
///
/// It derefs to the client that it wraps, so it can do all that one can. The methods listed here are
/// traced; what goes through the original type is not, such as functions that take a reference to it.
/// Wrapped twice, it is traced once.
pub struct Client<C = ::tokio_postgres::Client> {
    client: C,
    inner: fn(&C) -> &::tokio_postgres::Client,
    inner_mut: fn(&mut C) -> &mut ::tokio_postgres::Client,
    server: Server,
    #[cfg(feature = "deadpool-postgres")]
    cache: Option<Arc<StatementCache>>,
}

impl<C> Client<C> {
    statement_methods!([T, P, I]);

    pub(super) fn new(
        client: C,
        inner: fn(&C) -> &::tokio_postgres::Client,
        inner_mut: fn(&mut C) -> &mut ::tokio_postgres::Client,
        server: Server,
    ) -> Self {
        Self {
            client,
            inner,
            inner_mut,
            server,
            #[cfg(feature = "deadpool-postgres")]
            cache: None,
        }
    }

    #[cfg(feature = "deadpool-postgres")]
    pub(super) fn cache(&self) -> Option<&StatementCache> {
        self.cache.as_deref()
    }

    /// Has the client's transactions share its prepared statements.
    #[cfg(feature = "deadpool-postgres")]
    pub(super) fn with_cache(mut self, cache: Arc<StatementCache>) -> Self {
        self.cache = Some(cache);
        self
    }

    /// As [`tokio_postgres::Client::query_scalar`](::tokio_postgres::Client::query_scalar).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn query_scalar<R, T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<R>, Error>
    where
        R: FromSqlOwned,
        T: ?Sized + ToStatement + fmt::Debug,
    {
        let call = self.begin(Protocol::Extended, || text_of(statement));
        call.end(self.inner().query_scalar(statement, params).await, |rows: &Vec<R>| Rows::returned(rows.len()))
    }

    /// As [`tokio_postgres::Client::query_one_scalar`](::tokio_postgres::Client::query_one_scalar).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn query_one_scalar<R, T>(&self, statement: &T, params: &[&(dyn ToSql + Sync)]) -> Result<R, Error>
    where
        R: FromSqlOwned,
        T: ?Sized + ToStatement + fmt::Debug,
    {
        let call = self.begin(Protocol::Extended, || text_of(statement));
        call.end(self.inner().query_one_scalar(statement, params).await, |_| Rows::returned(1))
    }

    /// As [`tokio_postgres::Client::query_opt_scalar`](::tokio_postgres::Client::query_opt_scalar).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn query_opt_scalar<R, T>(
        &self,
        statement: &T,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<R>, Error>
    where
        R: FromSqlOwned,
        T: ?Sized + ToStatement + fmt::Debug,
    {
        let call = self.begin(Protocol::Extended, || text_of(statement));
        call.end(self.inner().query_opt_scalar(statement, params).await, |row: &Option<R>| {
            Rows::returned(row.iter().count())
        })
    }

    /// As [`tokio_postgres::Client::simple_query_raw`](::tokio_postgres::Client::simple_query_raw).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded, also those of the stream.
    pub async fn simple_query_raw(&self, query: &str) -> Result<SimpleQueryStream, Error> {
        let call = self.begin(Protocol::Simple, || Text::of(query));
        call.answered(self.inner().simple_query_raw(query).await).map(Traced::open)
    }

    /// As [`tokio_postgres::Client::check_connection`](::tokio_postgres::Client::check_connection).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn check_connection(&self) -> Result<(), Error> {
        let call = self.begin(Protocol::Simple, || Text::Unknown);
        call.end(self.inner().check_connection().await, |()| Rows::None)
    }

    /// As [`tokio_postgres::Client::transaction`](::tokio_postgres::Client::transaction).
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn transaction(&mut self) -> Result<Transaction<'_>, Error> {
        self.build_transaction().start().await
    }

    /// As [`tokio_postgres::Client::build_transaction`](::tokio_postgres::Client::build_transaction).
    pub fn build_transaction(&mut self) -> TransactionBuilder<'_> {
        let builder = (self.inner_mut)(&mut self.client).build_transaction();
        TransactionBuilder {
            builder,
            server: Some(&self.server),
            #[cfg(feature = "deadpool-postgres")]
            cache: self.cache.as_deref(),
        }
    }

    /// The client without the wrapper, which is not traced.
    #[must_use]
    pub fn into_inner(self) -> C {
        self.client
    }

    pub(super) fn inner(&self) -> &::tokio_postgres::Client {
        (self.inner)(&self.client)
    }

    pub(super) fn begin<'a>(&self, protocol: Protocol, text: impl FnOnce() -> Text<'a>) -> Call {
        self.server.begin(protocol, text)
    }

    pub(super) fn prepared(
        &self,
        call: Call,
        query: &str,
        outcome: Result<Statement, Error>,
    ) -> Result<Statement, Error> {
        self.server.prepared(call, query, outcome)
    }
}

impl<C> Deref for Client<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.client
    }
}

impl<C> DerefMut for Client<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.client
    }
}

impl<C> fmt::Debug for Client<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("server", &self.server).finish_non_exhaustive()
    }
}

//! A transaction whose calls are traced.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use ::mysql_async::prelude::{FromRow, Queryable, StatementLike};
use ::mysql_async::{BinaryProtocol, Connection, Params, Result, TextProtocol};

use super::connection::stream_methods;
use super::queryable::{call, open};
use super::stream::ResultSetStream;
use crate::server::{Rows, Server};

/// A transaction whose calls are traced, made by [`Conn`](super::Conn) or [`Pool`](super::Pool).
///
/// It is `Queryable`, and derefs to [`mysql_async::Transaction`](::mysql_async::Transaction). What begins it and
/// what ends it are calls with subsegments of their own.
#[must_use = "a transaction is to be committed or rolled back"]
pub struct Transaction<'a> {
    pub(super) transaction: ::mysql_async::Transaction<'a>,
    pub(super) server: Arc<Server>,
}

impl<'t> Transaction<'t> {
    stream_methods!(transaction);

    /// As [`mysql_async::Transaction::commit`](::mysql_async::Transaction::commit).
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn commit(self) -> Result<()> {
        call(&self.server, None, self.transaction.commit(), |()| Rows::None).await
    }

    /// As [`mysql_async::Transaction::rollback`](::mysql_async::Transaction::rollback).
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn rollback(self) -> Result<()> {
        call(&self.server, None, self.transaction.rollback(), |()| Rows::None).await
    }

    /// The transaction without the wrapper, which is not traced.
    pub fn into_inner(self) -> ::mysql_async::Transaction<'t> {
        self.transaction
    }
}

/// For what takes any connection, such as `Query::run`; it is not traced there.
impl<'a, 't> From<&'a mut Transaction<'t>> for Connection<'a, 't> {
    fn from(transaction: &'a mut Transaction<'t>) -> Self {
        (&mut transaction.transaction).into()
    }
}

impl<'t> Deref for Transaction<'t> {
    type Target = ::mysql_async::Transaction<'t>;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Transaction").field("server", &self.server.name()).finish_non_exhaustive()
    }
}

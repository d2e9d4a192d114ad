//! A transaction whose calls are traced.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use ::mysql_async::{Connection, Result};

use super::call::TEXT;
use super::statement_like::PreparedIn;
use crate::call::Call;
use crate::server::{Rows, Server};
use crate::text::Text;

/// A transaction whose calls are traced, made by [`Conn`](super::Conn) or [`Pool`](super::Pool).
///
/// It is `Queryable`, and derefs to [`mysql_async::Transaction`](::mysql_async::Transaction). What begins it and
/// what ends it are calls with subsegments of their own.
#[must_use = "a transaction is to be committed or rolled back"]
pub struct Transaction<'a> {
    pub(super) transaction: ::mysql_async::Transaction<'a>,
    pub(super) server: Arc<Server>,
    pub(super) prepared: PreparedIn<'a>,
}

impl<'t> Transaction<'t> {
    /// As [`mysql_async::Transaction::commit`](::mysql_async::Transaction::commit).
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn commit(self) -> Result<()> {
        let call = Call::begin(&self.server, TEXT, || Text::of("COMMIT"));
        call.end(self.transaction.commit().await, |()| Rows::None)
    }

    /// As [`mysql_async::Transaction::rollback`](::mysql_async::Transaction::rollback).
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn rollback(self) -> Result<()> {
        let call = Call::begin(&self.server, TEXT, || Text::of("ROLLBACK"));
        call.end(self.transaction.rollback().await, |()| Rows::None)
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

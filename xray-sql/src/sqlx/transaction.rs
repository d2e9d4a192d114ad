//! A transaction whose calls are traced.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::sqlx::Error;

use super::call::{Statement, call};
use super::driver::Driver;
use super::server::Server;
use super::traced::{Connection, Traced, connection_methods};

/// A transaction or savepoint whose calls are traced.
///
/// It derefs to [`Connection`], so `&mut *transaction` is an `Executor` as with `sqlx`. What begins it and what ends it
/// are calls with subsegments of their own, but for the rollback of one that is dropped, which belongs to
/// the connection's next call.
pub struct Transaction<'c, DB: Driver> {
    traced: Traced<::sqlx::Transaction<'c, DB>>,
}

impl<'c, DB: Driver> Transaction<'c, DB> {
    connection_methods!('c);

    pub(super) fn new(transaction: ::sqlx::Transaction<'c, DB>, server: Server) -> Self {
        Self { traced: Traced::new(transaction, server) }
    }

    /// As [`sqlx::Transaction::commit`](::sqlx::Transaction::commit).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn commit(self) -> Result<(), Error> {
        let subsegment = self.traced.begin_call(Statement::default());
        call::<DB, _>(subsegment, self.traced.inner.commit()).await
    }

    /// As [`sqlx::Transaction::rollback`](::sqlx::Transaction::rollback).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn rollback(self) -> Result<(), Error> {
        let subsegment = self.traced.begin_call(Statement::default());
        call::<DB, _>(subsegment, self.traced.inner.rollback()).await
    }

    /// The transaction for code that takes `&mut sqlx::Transaction<'_, _>`, such as another crate's; it is not traced there.
    pub fn inner_mut(&mut self) -> &mut ::sqlx::Transaction<'c, DB> {
        &mut self.traced.inner
    }

    /// The transaction without the wrapper, which is not traced.
    #[must_use]
    pub fn into_inner(self) -> ::sqlx::Transaction<'c, DB> {
        self.traced.inner
    }
}

impl<'c, DB: Driver> Deref for Transaction<'c, DB> {
    type Target = Connection<'c, DB>;

    fn deref(&self) -> &Self::Target {
        &self.traced
    }
}

impl<DB: Driver> DerefMut for Transaction<'_, DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.traced
    }
}

/// For what takes any owner of a connection, such as an advisory lock; it is not traced there.
impl<DB: Driver> AsMut<DB::Connection> for Transaction<'_, DB> {
    fn as_mut(&mut self) -> &mut DB::Connection {
        &mut self.traced
    }
}

impl<DB: Driver> fmt::Debug for Transaction<'_, DB> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Transaction").field(&self.traced).finish()
    }
}

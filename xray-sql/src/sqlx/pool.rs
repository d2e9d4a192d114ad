//! A pool whose calls are traced.

use std::fmt;
use std::ops::Deref;

use ::sqlx::{Database, Error, SqlSafeStr, SqlStr};
use xray_core::Subsegment;

use super::call::{Statement, acquire, record};
use super::driver::Driver;
use super::pool_connection::PoolConnection;
use super::server::Server;
use super::transaction::Transaction;
use crate::server::Rows;

/// A pool of `sqlx` whose calls are traced, made by [`PoolExt::xray`](super::PoolExt::xray).
///
/// A reference to it is an `Executor`. It derefs to [`sqlx::Pool`](::sqlx::Pool); what goes through that type is not
/// traced, such as functions that take `&sqlx::PgPool`. Where a field or a function names the type, it
/// is one of this module, which has the driver's name as well:
///
/// ```
/// # #[cfg(feature = "sqlx-postgres")] mod shop {
/// use xray_sql::sqlx::PgPool;
///
/// #[derive(Clone)]
/// struct Shop {
///     pool: PgPool,
/// }
///
/// async fn open(url: &str) -> Result<Shop, sqlx::Error> {
///     Ok(Shop { pool: PgPool::connect(url).await? })
/// }
/// # }
/// ```
///
/// A call that takes a connection from the pool has the time which that took in its metadata: `pool_wait_ms`, in
/// the namespace `sql`.
pub struct Pool<DB: Driver> {
    pub(super) pool: ::sqlx::Pool<DB>,
    pub(super) server: Server,
}

type Options<DB> = <<DB as Database>::Connection as ::sqlx::Connection>::Options;

impl<DB: Driver> Pool<DB> {
    pub(super) fn new(pool: ::sqlx::Pool<DB>) -> Self {
        let server = DB::server(&pool.connect_options());
        Self { pool, server }
    }

    /// As [`sqlx::Pool::connect`](::sqlx::Pool::connect), which is not recorded: programs connect before they serve
    /// anybody.
    ///
    /// # Errors
    /// Those of `sqlx`.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        ::sqlx::Pool::connect(url).await.map(Self::new)
    }

    /// As [`sqlx::Pool::connect_with`](::sqlx::Pool::connect_with), which is not recorded.
    ///
    /// # Errors
    /// Those of `sqlx`.
    pub async fn connect_with(options: Options<DB>) -> Result<Self, Error> {
        ::sqlx::Pool::connect_with(options).await.map(Self::new)
    }

    /// As [`sqlx::Pool::connect_lazy`](::sqlx::Pool::connect_lazy).
    ///
    /// # Errors
    /// Those of `sqlx`.
    pub fn connect_lazy(url: &str) -> Result<Self, Error> {
        ::sqlx::Pool::connect_lazy(url).map(Self::new)
    }

    /// As [`sqlx::Pool::connect_lazy_with`](::sqlx::Pool::connect_lazy_with).
    #[must_use]
    pub fn connect_lazy_with(options: Options<DB>) -> Self {
        Self::new(::sqlx::Pool::connect_lazy_with(options))
    }

    /// As [`sqlx::Pool::acquire`](::sqlx::Pool::acquire).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn acquire(&self) -> Result<PoolConnection<DB>, Error> {
        let subsegment = self.server.begin(Statement::default());
        let connection = acquire(&self.server, &self.pool, Statement::default(), &subsegment).await?;
        subsegment.end();
        Ok(PoolConnection::new(connection, self.server.clone()))
    }

    /// As [`sqlx::Pool::try_acquire`](::sqlx::Pool::try_acquire), for which nothing is waited and nothing recorded.
    #[must_use]
    pub fn try_acquire(&self) -> Option<PoolConnection<DB>> {
        let connection = self.pool.try_acquire()?;
        Some(PoolConnection::new(connection, self.server.clone()))
    }

    /// As [`sqlx::Pool::begin`](::sqlx::Pool::begin).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn begin(&self) -> Result<Transaction<'static, DB>, Error> {
        self.begin_after_wait(None).await
    }

    /// As [`sqlx::Pool::begin_with`](::sqlx::Pool::begin_with).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn begin_with(&self, statement: impl SqlSafeStr) -> Result<Transaction<'static, DB>, Error> {
        self.begin_after_wait(Some(statement.into_sql_str())).await
    }

    /// As [`sqlx::Pool::try_begin`](::sqlx::Pool::try_begin).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn try_begin(&self) -> Result<Option<Transaction<'static, DB>>, Error> {
        self.begin_without_wait(None).await
    }

    /// As [`sqlx::Pool::try_begin_with`](::sqlx::Pool::try_begin_with).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn try_begin_with(&self, statement: impl SqlSafeStr) -> Result<Option<Transaction<'static, DB>>, Error> {
        self.begin_without_wait(Some(statement.into_sql_str())).await
    }

    /// Sets whether the text of statements is recorded, without literals, even where the recorder does not
    /// [collect it](xray_core::RecorderBuilder::collect_sql); the default is not to.
    ///
    /// ```
    /// # #[cfg(feature = "sqlx-sqlite")]
    /// # fn pool() -> Result<(), sqlx::Error> {
    /// let pool = xray_sql::sqlx::SqlitePool::connect_lazy("sqlite::memory:")?.collect_sql(true);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn collect_sql(self, collect: bool) -> Self {
        Self { server: self.server.collecting_sql(collect), pool: self.pool }
    }

    /// The pool without the wrapper, whose calls are not traced.
    #[must_use]
    pub fn into_inner(self) -> ::sqlx::Pool<DB> {
        self.pool
    }

    async fn begin_after_wait(&self, statement: Option<SqlStr>) -> Result<Transaction<'static, DB>, Error> {
        let described = Statement { preparation: None, text: statement.as_ref().map(SqlStr::as_str) };
        let subsegment = self.server.begin(described);
        let connection = acquire(&self.server, &self.pool, described, &subsegment).await?;
        self.begin_on(connection, statement, &subsegment).await
    }

    async fn begin_without_wait(&self, statement: Option<SqlStr>) -> Result<Option<Transaction<'static, DB>>, Error> {
        let Some(connection) = self.pool.try_acquire() else { return Ok(None) };
        let described = Statement { preparation: None, text: statement.as_ref().map(SqlStr::as_str) };
        let subsegment = self.server.begin_on::<DB>(&connection, described);
        self.begin_on(connection, statement, &subsegment).await.map(Some)
    }

    async fn begin_on(
        &self,
        connection: ::sqlx::pool::PoolConnection<DB>,
        statement: Option<SqlStr>,
        subsegment: &Subsegment,
    ) -> Result<Transaction<'static, DB>, Error> {
        // What the pool's own `begin` does; called here, because the wait for the connection is told apart.
        let outcome = ::sqlx::Transaction::begin(connection, statement).await;
        record::<DB, _>(subsegment, &outcome, |_| Rows::None);
        outcome.map(|transaction| Transaction::new(transaction, self.server.clone()))
    }
}

impl<DB: Driver> Clone for Pool<DB> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), server: self.server.clone() }
    }
}

impl<DB: Driver> Deref for Pool<DB> {
    type Target = ::sqlx::Pool<DB>;

    fn deref(&self) -> &::sqlx::Pool<DB> {
        &self.pool
    }
}

impl<DB: Driver> fmt::Debug for Pool<DB> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pool").field("server", &self.server.recorded().name()).finish_non_exhaustive()
    }
}

//! A connection of a pool whose calls are traced.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::sqlx::Error;

use super::driver::Driver;
use super::server::Server;
use super::traced::{Connection, Traced, connection_methods};

/// A connection of a [`Pool`](super::Pool) whose calls are traced.
///
/// It derefs to [`Connection`], so `&mut *connection` is an `Executor` as with `sqlx`. Dropped, it goes back to the pool.
pub struct PoolConnection<DB: Driver> {
    traced: Traced<::sqlx::pool::PoolConnection<DB>>,
}

impl<DB: Driver> PoolConnection<DB> {
    connection_methods!('static);

    pub(super) fn new(connection: ::sqlx::pool::PoolConnection<DB>, server: Server) -> Self {
        Self { traced: Traced::new(connection, server) }
    }

    /// As [`sqlx::pool::PoolConnection::close`](::sqlx::pool::PoolConnection::close).
    ///
    /// # Errors
    /// Those of `sqlx`.
    pub async fn close(self) -> Result<(), Error> {
        self.traced.inner.close().await
    }

    /// As [`sqlx::pool::PoolConnection::close_on_drop`](::sqlx::pool::PoolConnection::close_on_drop).
    pub fn close_on_drop(&mut self) {
        self.traced.inner.close_on_drop();
    }

    /// As [`sqlx::pool::PoolConnection::detach`](::sqlx::pool::PoolConnection::detach).
    #[must_use]
    pub fn detach(self) -> Traced<DB::Connection> {
        Traced::new(self.traced.inner.detach(), self.traced.server)
    }

    /// As [`sqlx::pool::PoolConnection::leak`](::sqlx::pool::PoolConnection::leak).
    #[must_use]
    pub fn leak(self) -> Traced<DB::Connection> {
        Traced::new(self.traced.inner.leak(), self.traced.server)
    }

    /// The connection for code that takes `&mut sqlx::pool::PoolConnection<_>`, such as another crate's; it is not traced there.
    pub fn inner_mut(&mut self) -> &mut ::sqlx::pool::PoolConnection<DB> {
        &mut self.traced.inner
    }

    /// The connection without the wrapper, which is not traced.
    #[must_use]
    pub fn into_inner(self) -> ::sqlx::pool::PoolConnection<DB> {
        self.traced.inner
    }
}

impl<DB: Driver> Deref for PoolConnection<DB> {
    type Target = Connection<'static, DB>;

    fn deref(&self) -> &Self::Target {
        &self.traced
    }
}

impl<DB: Driver> DerefMut for PoolConnection<DB> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.traced
    }
}

impl<DB: Driver> AsRef<DB::Connection> for PoolConnection<DB> {
    fn as_ref(&self) -> &DB::Connection {
        &self.traced
    }
}

/// For what takes any owner of a connection, such as an advisory lock; it is not traced there.
impl<DB: Driver> AsMut<DB::Connection> for PoolConnection<DB> {
    fn as_mut(&mut self) -> &mut DB::Connection {
        &mut self.traced
    }
}

impl<DB: Driver> fmt::Debug for PoolConnection<DB> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("PoolConnection").field(&self.traced).finish()
    }
}

//! A connection whose calls are traced.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;

use ::sqlx::pool::PoolConnection;
use ::sqlx::{Connection as _, Database, Error, SqlSafeStr};
use xray_core::Subsegment;

use super::call::{Statement, call};
use super::driver::Driver;
use super::server::Server;
use super::transaction::Transaction;

/// A connection of `sqlx` whose calls are traced, wherever it is: by itself, in a pool or in a transaction.
///
/// `&mut` of it is an `Executor`. It derefs to the connection of the driver; what goes through that type
/// is not traced, such as functions that take `&mut sqlx::PgConnection`. Functions that take a
/// [`Connection`], which has the driver's names as well, take it in any of these places:
///
/// ```
/// # #[cfg(feature = "sqlx-postgres")] mod orders {
/// use xray_sql::sqlx::{PgConnection, PgPool};
///
/// async fn delete(connection: &mut PgConnection<'_>, id: i64) -> Result<(), sqlx::Error> {
///     sqlx::query("DELETE FROM orders WHERE id = $1").bind(id).execute(connection).await.map(drop)
/// }
///
/// async fn delete_two(pool: &PgPool) -> Result<(), sqlx::Error> {
///     delete(&mut *pool.acquire().await?, 1).await?;
///     let mut transaction = pool.begin().await?;
///     delete(&mut transaction, 2).await?;
///     transaction.commit().await
/// }
/// # }
/// ```
pub struct Traced<C: ?Sized> {
    pub(super) server: Server,
    // Last, so that a reference can forget which place it is.
    pub(super) inner: C,
}

/// A connection in any place: by itself, in a pool or in a transaction; the type to ask for in signatures.
pub type Connection<'c, DB> = Traced<dyn Connected<Driver = DB> + 'c>;

/// A place that a connection is in: a driver's connection itself, `sqlx`'s `PoolConnection` or `Transaction`.
pub trait Connected: Send + Sync {
    /// The database.
    type Driver: Driver;

    #[doc(hidden)]
    fn connection(&self) -> &<Self::Driver as Database>::Connection;

    #[doc(hidden)]
    fn connection_mut(&mut self) -> &mut <Self::Driver as Database>::Connection;
}

impl<C> Traced<C> {
    pub(super) fn new(inner: C, server: Server) -> Self {
        Self { server, inner }
    }

    /// Sets whether the text of statements is recorded, without literals, even where the recorder does not
    /// [collect it](xray_core::RecorderBuilder::collect_sql); the default is not to.
    #[must_use]
    pub fn collect_sql(self, collect: bool) -> Self {
        Self { server: self.server.collecting_sql(collect), inner: self.inner }
    }

    /// The connection without the wrapper, which is not traced.
    #[must_use]
    pub fn into_inner(self) -> C {
        self.inner
    }

    /// As [`sqlx::Connection::close`](::sqlx::Connection::close).
    ///
    /// # Errors
    /// Those of `sqlx`.
    pub async fn close(self) -> Result<(), Error>
    where
        C: ::sqlx::Connection,
    {
        self.inner.close().await
    }
}

impl<C: Connected + ?Sized> Traced<C> {
    /// As [`sqlx::Connection::begin`](::sqlx::Connection::begin).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn begin(&mut self) -> Result<Transaction<'_, C::Driver>, Error> {
        let subsegment = self.begin_call(Statement::default());
        let transaction = call::<C::Driver, _>(subsegment, self.inner.connection_mut().begin()).await?;
        Ok(Transaction::new(transaction, self.server.clone()))
    }

    /// As [`sqlx::Connection::begin_with`](::sqlx::Connection::begin_with).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn begin_with(&mut self, statement: impl SqlSafeStr) -> Result<Transaction<'_, C::Driver>, Error> {
        let statement = statement.into_sql_str();
        let subsegment = self.begin_call(Statement { preparation: None, text: Some(statement.as_str()) });
        let transaction = call::<C::Driver, _>(subsegment, self.inner.connection_mut().begin_with(statement)).await?;
        Ok(Transaction::new(transaction, self.server.clone()))
    }

    /// As [`sqlx::Connection::transaction`](::sqlx::Connection::transaction), whose callback gets this module's
    /// [`Transaction`].
    ///
    /// # Errors
    /// That of the callback, and those of `sqlx`, which are recorded.
    pub async fn transaction<F, R, E>(&mut self, callback: F) -> Result<R, E>
    where
        F: for<'t> FnOnce(&'t mut Transaction<'_, C::Driver>) -> BoxFuture<'t, Result<R, E>> + Send + Sync,
        R: Send,
        E: From<Error> + Send,
    {
        let mut transaction = self.begin().await?;
        match callback(&mut transaction).await {
            Ok(answer) => {
                transaction.commit().await?;
                Ok(answer)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }

    /// As [`sqlx::Connection::ping`](::sqlx::Connection::ping).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn ping(&mut self) -> Result<(), Error> {
        let subsegment = self.begin_call(Statement::default());
        call::<C::Driver, _>(subsegment, self.inner.connection_mut().ping()).await
    }

    pub(super) fn begin_call(&self, statement: Statement<'_>) -> Subsegment {
        self.server.begin_on::<C::Driver>(self.inner.connection(), statement)
    }
}

/// What `sqlx` calls a `BoxFuture`, under a name of its own.
pub(super) type BoxFuture<'t, T> = Pin<Box<dyn Future<Output = T> + Send + 't>>;

/// Methods of a connection on a type that derefs to one, where those of a trait would come first: of `sqlx::Acquire` and
/// `AsMut`.
macro_rules! connection_methods {
    ($lifetime:lifetime) => {
        /// As [`sqlx::Connection::begin`](::sqlx::Connection::begin).
        ///
        /// # Errors
        /// Those of `sqlx`, which are recorded.
        pub async fn begin(&mut self) -> Result<crate::sqlx::Transaction<'_, DB>, ::sqlx::Error> {
            (**self).begin().await
        }

        /// The connection, traced: what `&mut *` is. As an [`AsMut`], which a type parameter asks for, it is the driver's.
        #[allow(clippy::should_implement_trait, reason = "it does, for the driver's connection")]
        pub fn as_mut(&mut self) -> &mut crate::sqlx::Connection<$lifetime, DB> {
            self
        }
    };
}
pub(super) use connection_methods;

/// A driver's connection is in no other place.
macro_rules! connected {
    ($connection:ty, $driver:ty) => {
        impl crate::sqlx::Connected for $connection {
            type Driver = $driver;

            fn connection(&self) -> &$connection {
                self
            }

            fn connection_mut(&mut self) -> &mut $connection {
                self
            }
        }
    };
}
pub(super) use connected;

impl<DB: Driver> Connected for PoolConnection<DB> {
    type Driver = DB;

    fn connection(&self) -> &DB::Connection {
        self
    }

    fn connection_mut(&mut self) -> &mut DB::Connection {
        self
    }
}

impl<DB: Driver> Connected for ::sqlx::Transaction<'_, DB> {
    type Driver = DB;

    fn connection(&self) -> &DB::Connection {
        self
    }

    fn connection_mut(&mut self) -> &mut DB::Connection {
        self
    }
}

impl<C: Connected + ?Sized> Deref for Traced<C> {
    type Target = <C::Driver as Database>::Connection;

    fn deref(&self) -> &Self::Target {
        self.inner.connection()
    }
}

impl<C: Connected + ?Sized> DerefMut for Traced<C> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.inner.connection_mut()
    }
}

impl<C: ?Sized> fmt::Debug for Traced<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Traced").field("server", &self.server.recorded().name()).finish_non_exhaustive()
    }
}

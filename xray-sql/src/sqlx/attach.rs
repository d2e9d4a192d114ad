//! Attaching X-Ray to a pool or a connection.

use super::driver::Driver;
use super::pool::Pool;
use super::traced::Traced;

/// Attaches X-Ray to a pool of `sqlx`.
pub trait PoolExt<DB: Driver>: Sized {
    /// Wraps the pool so that its calls are traced. A pool that is wrapped already stays as it is.
    ///
    /// ```
    /// # #[cfg(feature = "sqlx-sqlite")]
    /// # fn pool() -> Result<(), sqlx::Error> {
    /// use xray_sql::sqlx::PoolExt as _;
    ///
    /// let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(3).connect_lazy("sqlite::memory:")?.xray();
    /// # Ok(())
    /// # }
    /// ```
    fn xray(self) -> Pool<DB>;
}

impl<DB: Driver> PoolExt<DB> for ::sqlx::Pool<DB> {
    fn xray(self) -> Pool<DB> {
        Pool::new(self)
    }
}

impl<DB: Driver> PoolExt<DB> for Pool<DB> {
    fn xray(self) -> Self {
        self
    }
}

/// Attaches X-Ray to a connection of `sqlx` that does not come from a pool.
pub trait ConnectionExt: Sized + ::sqlx::Connection {
    /// Wraps the connection so that its calls are traced.
    ///
    /// A connection does not tell where it is connected: this takes the options that it was made with.
    ///
    /// ```
    /// # #[cfg(feature = "sqlx-postgres")]
    /// # async fn connection() -> Result<(), sqlx::Error> {
    /// use sqlx::ConnectOptions as _;
    /// use xray_sql::sqlx::ConnectionExt as _;
    ///
    /// let options: sqlx::postgres::PgConnectOptions = "postgresql://app@db.example/shop".parse()?;
    /// let mut connection = options.connect().await?.xray(&options);
    /// sqlx::query("DELETE FROM orders").execute(&mut connection).await?;
    /// # Ok(())
    /// # }
    /// ```
    fn xray(self, options: &Self::Options) -> Traced<Self>;
}

impl<C> ConnectionExt for C
where
    C: ::sqlx::Connection<Database: Driver<Connection = C>>,
{
    fn xray(self, options: &Self::Options) -> Traced<Self> {
        let server = C::Database::server(options);
        server.learn::<C::Database>(&self);
        Traced::new(self, server)
    }
}

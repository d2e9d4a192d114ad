//! A pool whose connections are traced.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use ::mysql_async::{Opts, Result, TxOpts};

use super::connection::{Conn, ConnExt as _};
use super::queryable::call;
use super::transaction::Transaction;
use crate::server::{Rows, Server};

/// Attaches X-Ray to a pool of `mysql_async`.
pub trait PoolExt: Sized {
    /// Wraps the pool so that its connections are traced.
    ///
    /// A pool does not tell where it connects: this takes the options that it was made from.
    ///
    /// ```
    /// use xray_sql::mysql_async::PoolExt as _;
    ///
    /// # async fn shop() -> Result<(), Box<dyn std::error::Error>> {
    /// let opts = mysql_async::Opts::from_url("mysql://app:secret@db.example/shop")?;
    /// let pool = mysql_async::Pool::new(opts.clone()).xray(&opts);
    /// # Ok(())
    /// # }
    /// ```
    fn xray(self, options: &Opts) -> Pool;
}

impl PoolExt for ::mysql_async::Pool {
    fn xray(self, options: &Opts) -> Pool {
        Pool { pool: self, server: Arc::new(super::server(options)) }
    }
}

/// A pool of `mysql_async` whose connections are traced, made by [`PoolExt::xray`].
///
/// It derefs to [`mysql_async::Pool`](::mysql_async::Pool), whose connections are not.
#[derive(Clone)]
pub struct Pool {
    pool: ::mysql_async::Pool,
    server: Arc<Server>,
}

impl Pool {
    /// As [`mysql_async::Pool::get_conn`](::mysql_async::Pool::get_conn).
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn get_conn(&self) -> Result<Conn> {
        let connection = call(&self.server, None, self.pool.get_conn(), |_| Rows::None).await?;
        Ok(connection.xray())
    }

    /// As [`mysql_async::Pool::start_transaction`](::mysql_async::Pool::start_transaction).
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn start_transaction(&self, options: TxOpts) -> Result<Transaction<'static>> {
        let transaction = call(&self.server, None, self.pool.start_transaction(options), |_| Rows::None).await?;
        Ok(Transaction { server: super::server_of(&transaction), transaction })
    }

    /// As [`mysql_async::Pool::disconnect`](::mysql_async::Pool::disconnect).
    ///
    /// # Errors
    /// Those of `mysql_async`.
    pub async fn disconnect(self) -> Result<()> {
        self.pool.disconnect().await
    }

    /// The pool without the wrapper, whose connections are not traced.
    #[must_use]
    pub fn into_inner(self) -> ::mysql_async::Pool {
        self.pool
    }
}

impl Deref for Pool {
    type Target = ::mysql_async::Pool;

    fn deref(&self) -> &::mysql_async::Pool {
        &self.pool
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pool").field("server", &self.server.name()).finish_non_exhaustive()
    }
}

//! A pool whose connections are traced.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use ::mysql_async::prelude::ToConnection;
use ::mysql_async::{Opts, Result, ToConnectionResult, TxOpts};

use super::call::TEXT;
use super::connection::Conn;
use super::statement_like::{Prepared, PreparedIn};
use super::transaction::Transaction;
use crate::call::Call;
use crate::server::Server;
use crate::text::Text;

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
        Pool { pool: self, server: Arc::new(super::server(options)), reached: Arc::default() }
    }
}

/// A pool of `mysql_async` whose connections are traced, made by [`PoolExt::xray`].
///
/// It derefs to [`mysql_async::Pool`](::mysql_async::Pool), whose connections are not.
#[derive(Clone)]
pub struct Pool {
    pool: ::mysql_async::Pool,
    /// Before there is a connection.
    server: Arc<Server>,
    /// With what the first connection has told.
    reached: Arc<OnceLock<Arc<Server>>>,
}

impl Pool {
    /// As [`mysql_async::Pool::get_conn`](::mysql_async::Pool::get_conn).
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn get_conn(&self) -> Result<Conn> {
        let call = Call::begin(&self.server, TEXT, || Text::Unknown);
        let began = call.begin_wait();
        let connection = call.end_wait(began, self.pool.get_conn().await)?;
        Ok(Conn { server: self.reached_by(&connection), connection, prepared: Prepared::default() })
    }

    /// As [`mysql_async::Pool::start_transaction`](::mysql_async::Pool::start_transaction).
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn start_transaction(&self, options: TxOpts) -> Result<Transaction<'static>> {
        let call = Call::begin(&self.server, TEXT, || Text::of("START TRANSACTION"));
        let began = call.begin_wait();
        let transaction = call.end_wait(began, self.pool.start_transaction(options).await)?;
        let prepared = PreparedIn::Transaction(Prepared::default());
        Ok(Transaction { server: self.reached_by(&transaction), transaction, prepared })
    }

    /// As [`mysql_async::Pool::disconnect`](::mysql_async::Pool::disconnect).
    ///
    /// # Errors
    /// Those of `mysql_async`.
    pub async fn disconnect(self) -> Result<()> {
        self.pool.disconnect().await
    }

    /// Sets whether the text of statements is recorded, without literals, even where the recorder does not
    /// [collect it](xray_core::RecorderBuilder::collect_sql); the default is not to.
    #[must_use]
    pub fn collect_sql(self, collect: bool) -> Self {
        let server = Arc::new(Server::clone(&self.server).collecting_sql(collect));
        Self { server, reached: Arc::default(), ..self }
    }

    /// The pool without the wrapper, whose connections are not traced.
    #[must_use]
    pub fn into_inner(self) -> ::mysql_async::Pool {
        self.pool
    }

    /// The server with its version, which is asked of one connection only.
    fn reached_by(&self, connection: &::mysql_async::Conn) -> Arc<Server> {
        Arc::clone(self.reached.get_or_init(|| {
            let (major, minor, patch) = connection.server_version();
            Arc::new(Server::clone(&self.server).with_version(&format!("{major}.{minor}.{patch}")))
        }))
    }
}

/// For what takes a connection from any pool, such as `Query::run`; that it is taken is traced, and what it is taken for is not.
impl ToConnection<'static, 'static> for Pool {
    fn to_connection(self) -> ToConnectionResult<'static, 'static> {
        ToConnectionResult::Mediate(Box::pin(async move { Ok(self.get_conn().await?.into()) }))
    }
}

/// As that of the pool itself.
impl<'a> ToConnection<'a, 'static> for &'a Pool {
    fn to_connection(self) -> ToConnectionResult<'a, 'static> {
        ToConnectionResult::Mediate(Box::pin(async move { Ok(self.get_conn().await?.into()) }))
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

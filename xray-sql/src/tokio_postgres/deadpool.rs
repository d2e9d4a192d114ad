//! `deadpool-postgres`: pools, and the statements that their clients keep prepared.

use std::fmt;
use std::ops::Deref;
use std::time::Instant;

use ::tokio_postgres::types::Type;
use ::tokio_postgres::{Error, Statement};
use deadpool_postgres::{Object, PoolError, StatementCache, Timeouts};
use xray_core::{Exception, Subsegment, displayed};

use super::attach::ClientExt as _;
use super::call::Protocol;
use super::client::Client;
use super::server::Server;
use super::transaction::Transaction;
use crate::call::{Call, Failure};
use crate::text::Text;

/// Attaches X-Ray to a pool of `deadpool-postgres`.
pub trait PoolExt: Sized {
    /// Wraps the pool so that its clients are traced.
    ///
    /// A pool does not tell where it connects: this takes the [`tokio_postgres::Config`](::tokio_postgres::Config)
    /// that it was made from, or a [`Server`] made of it.
    ///
    /// ```
    /// use xray_sql::tokio_postgres::PoolExt as _;
    ///
    /// # async fn orders(config: tokio_postgres::Config) -> Result<(), Box<dyn std::error::Error>> {
    /// let manager = deadpool_postgres::Manager::new(config.clone(), tokio_postgres::NoTls);
    /// let pool = deadpool_postgres::Pool::builder(manager).build()?.xray(&config);
    /// let client = pool.get().await?;
    /// let statement = client.prepare_cached("DELETE FROM orders").await?;
    /// client.execute(&statement, &[]).await?;
    /// # Ok(())
    /// # }
    /// ```
    fn xray(self, server: impl Into<Server>) -> Pool;
}

impl PoolExt for deadpool_postgres::Pool {
    fn xray(self, server: impl Into<Server>) -> Pool {
        Pool { pool: self, server: server.into() }
    }
}

/// A pool of `deadpool-postgres` whose clients are traced, made by [`PoolExt::xray`].
///
/// To take a client is a call of its own: it waits for one, connects, or recycles one, and says in its metadata
/// `pool_wait_ms` how many milliseconds that took. It derefs to the original pool, whose clients are not traced.
#[derive(Clone)]
pub struct Pool {
    pool: deadpool_postgres::Pool,
    server: Server,
}

impl Pool {
    /// As `deadpool_postgres::Pool::get`.
    ///
    /// # Errors
    /// Those of `deadpool-postgres`, which are recorded.
    pub async fn get(&self) -> Result<Client<Object>, PoolError> {
        let (call, began) = self.begin_wait();
        self.taken(call.end_wait(began, self.pool.get().await))
    }

    /// As `deadpool_postgres::Pool::timeout_get`.
    ///
    /// # Errors
    /// Those of `deadpool-postgres`, which are recorded.
    pub async fn timeout_get(&self, timeouts: &Timeouts) -> Result<Client<Object>, PoolError> {
        let (call, began) = self.begin_wait();
        self.taken(call.end_wait(began, self.pool.timeout_get(timeouts).await))
    }

    /// The pool without the wrapper, whose clients are not traced.
    #[must_use]
    pub fn into_inner(self) -> deadpool_postgres::Pool {
        self.pool
    }

    fn begin_wait(&self) -> (Call, Option<Instant>) {
        let call = self.server.begin(Protocol::Simple, || Text::Unknown);
        let began = call.begin_wait();
        (call, began)
    }

    fn taken(&self, outcome: Result<Object, PoolError>) -> Result<Client<Object>, PoolError> {
        let client = outcome?;
        let cache = std::sync::Arc::clone(&client.statement_cache);
        Ok(client.xray(&self.server).with_cache(cache))
    }
}

impl Deref for Pool {
    type Target = deadpool_postgres::Pool;

    fn deref(&self) -> &Self::Target {
        &self.pool
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pool").field("server", &self.server).finish_non_exhaustive()
    }
}

/// The statements that a pool keeps prepared.
impl Client<Object> {
    /// As `deadpool_postgres::ClientWrapper::prepare_cached`, in a subsegment also if it is prepared already.
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn prepare_cached(&self, query: &str) -> Result<Statement, Error> {
        let call = self.begin(Protocol::Extended, || Text::of(query));
        self.prepared(call, query, (**self).prepare_cached(query).await)
    }

    /// As `deadpool_postgres::ClientWrapper::prepare_typed_cached`, in a subsegment also if it is prepared already.
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn prepare_typed_cached(&self, query: &str, types: &[Type]) -> Result<Statement, Error> {
        let call = self.begin(Protocol::Extended, || Text::of(query));
        self.prepared(call, query, (**self).prepare_typed_cached(query, types).await)
    }
}

impl<C> Client<C> {
    /// As [`GenericClient::prepare_typed_cached`](super::GenericClient::prepare_typed_cached).
    pub(super) async fn prepare_in_cache(&self, query: &str, types: &[Type]) -> Result<Statement, Error> {
        let call = self.begin(Protocol::Extended, || Text::of(query));
        self.prepared(call, query, prepare_in(self.cache(), self.inner(), query, types).await)
    }
}

/// The statements that a pool keeps prepared: those of the client, if it comes from a traced [`Pool`]. Of any other
/// client's transactions they are prepared anew.
impl Transaction<'_> {
    /// As `deadpool_postgres::Transaction::prepare_cached`, in a subsegment also if it is prepared already.
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn prepare_cached(&self, query: &str) -> Result<Statement, Error> {
        self.prepare_typed_cached(query, &[]).await
    }

    /// As `deadpool_postgres::Transaction::prepare_typed_cached`, in a subsegment also if it is prepared already.
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn prepare_typed_cached(&self, query: &str, types: &[Type]) -> Result<Statement, Error> {
        let call = self.begin(Protocol::Extended, || Text::of(query));
        self.prepared(call, query, prepare_in(self.cache(), self.client(), query, types).await)
    }
}

/// Prepares a statement in the cache if there is one, and else anew.
async fn prepare_in(
    cache: Option<&StatementCache>,
    client: &::tokio_postgres::Client,
    query: &str,
    types: &[Type],
) -> Result<Statement, Error> {
    match cache {
        Some(cache) => cache.prepare_typed(client, query, types).await,
        None => client.prepare_typed(query, types).await,
    }
}

impl Failure for PoolError {
    fn record(&self, subsegment: &Subsegment) {
        if let Self::Backend(error) = self {
            error.record(subsegment);
            return;
        }
        let message = match self {
            // Words of the program's own.
            Self::PostCreateHook(_) => "a hook of the pool has failed".to_owned(),
            error => displayed(error),
        };
        subsegment.record_exception(Exception::new("deadpool_postgres::PoolError", &message).standing_for(self));
        subsegment.set_fault();
    }
}

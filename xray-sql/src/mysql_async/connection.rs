//! A connection whose calls are traced.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use ::mysql_async::{Connection, Result, TxOpts};

use super::call::TEXT;
use super::statement_like::{Prepared, PreparedIn};
use super::transaction::Transaction;
use crate::call::Call;
use crate::server::{Rows, Server};
use crate::text::Text;

/// Attaches X-Ray to a connection of `mysql_async`.
pub trait ConnExt: Sized {
    /// Wraps the connection so that its calls are traced.
    ///
    /// ```
    /// use xray_sql::mysql_async::ConnExt as _;
    ///
    /// # async fn orders(opts: mysql_async::Opts) -> mysql_async::Result<()> {
    /// let mut connection = mysql_async::Conn::new(opts).await?.xray();
    /// let orders = connection.start_transaction(mysql_async::TxOpts::default()).await?;
    /// orders.commit().await
    /// # }
    /// ```
    fn xray(self) -> Conn;
}

impl ConnExt for ::mysql_async::Conn {
    fn xray(self) -> Conn {
        Conn { server: super::server_of(&self), connection: self, prepared: Prepared::default() }
    }
}

/// A connection of `mysql_async` whose calls are traced, made by [`ConnExt::xray`] or a [`Pool`](super::Pool).
///
/// It is `Queryable`, and derefs to [`mysql_async::Conn`](::mysql_async::Conn). What goes through the
/// original type is not traced, such as functions that take a reference to it.
pub struct Conn {
    pub(super) connection: ::mysql_async::Conn,
    pub(super) server: Arc<Server>,
    pub(super) prepared: Prepared,
}

impl Conn {
    /// As [`mysql_async::Conn::start_transaction`](::mysql_async::Conn::start_transaction).
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn start_transaction(&mut self, options: TxOpts) -> Result<Transaction<'_>> {
        let call = Call::begin(&self.server, TEXT, || Text::of("START TRANSACTION"));
        let transaction = call.end(self.connection.start_transaction(options).await, |_| Rows::None)?;
        let prepared = PreparedIn::Connection(&self.prepared);
        Ok(Transaction { transaction, server: Arc::clone(&self.server), prepared })
    }

    /// Sets whether the text of statements is recorded, without literals, even where the recorder does not
    /// [collect it](xray_core::RecorderBuilder::collect_sql); the default is not to.
    #[must_use]
    pub fn collect_sql(self, collect: bool) -> Self {
        let server = Arc::new(Server::clone(&self.server).collecting_sql(collect));
        Self { server, ..self }
    }

    /// As [`mysql_async::Conn::disconnect`](::mysql_async::Conn::disconnect).
    ///
    /// # Errors
    /// Those of `mysql_async`.
    pub async fn disconnect(self) -> Result<()> {
        self.connection.disconnect().await
    }

    /// The connection without the wrapper, which is not traced.
    #[must_use]
    pub fn into_inner(self) -> ::mysql_async::Conn {
        self.connection
    }
}

/// For what takes any connection, such as `Query::run`; it is not traced there.
impl From<Conn> for Connection<'static, 'static> {
    fn from(connection: Conn) -> Self {
        connection.connection.into()
    }
}

/// As that of the connection itself.
impl<'a> From<&'a mut Conn> for Connection<'a, 'static> {
    fn from(connection: &'a mut Conn) -> Self {
        (&mut connection.connection).into()
    }
}

impl Deref for Conn {
    type Target = ::mysql_async::Conn;

    fn deref(&self) -> &::mysql_async::Conn {
        &self.connection
    }
}

impl DerefMut for Conn {
    fn deref_mut(&mut self) -> &mut ::mysql_async::Conn {
        &mut self.connection
    }
}

impl fmt::Debug for Conn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Conn").field("server", &self.server.name()).finish_non_exhaustive()
    }
}

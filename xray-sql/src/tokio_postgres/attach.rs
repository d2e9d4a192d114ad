//! Attaching X-Ray to a client, wherever it comes from.

use std::ops::DerefMut;

use super::client::Client;
use super::server::Server;

/// Attaches X-Ray to a client, or to what derefs to one: a client of a pool.
///
/// `Kind` only keeps these apart; it is always inferred.
pub trait ClientExt<Kind>: Sized {
    /// Wraps the client so that its calls are traced.
    ///
    /// A client does not know where it is connected: this takes the
    /// [`tokio_postgres::Config`](::tokio_postgres::Config) that it was made from, or a [`Server`] made of it.
    ///
    /// ```
    /// use xray_sql::tokio_postgres::ClientExt as _;
    ///
    /// # async fn orders(
    /// #     pool: deadpool_postgres::Pool, config: tokio_postgres::Config,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let client = pool.get().await?.xray(&config);
    /// client.execute("DELETE FROM orders", &[]).await?;
    /// # Ok(())
    /// # }
    /// ```
    fn xray(self, server: impl Into<Server>) -> Client<Self> {
        Client::new(self, Self::inner, Self::inner_mut, server.into())
    }

    #[doc(hidden)]
    fn inner(&self) -> &::tokio_postgres::Client;

    #[doc(hidden)]
    fn inner_mut(&mut self) -> &mut ::tokio_postgres::Client;
}

/// Marks the implementations of [`ClientExt`]: a client.
#[derive(Debug)]
pub enum Itself {}
/// Marks the implementations of [`ClientExt`]: a pointer to a client, or to a pointer to one.
#[derive(Debug)]
pub struct Behind<Kind>(Kind);

impl ClientExt<Itself> for ::tokio_postgres::Client {
    fn inner(&self) -> &::tokio_postgres::Client {
        self
    }

    fn inner_mut(&mut self) -> &mut ::tokio_postgres::Client {
        self
    }
}

impl<P, Kind> ClientExt<Behind<Kind>> for P
where
    P: DerefMut,
    P::Target: ClientExt<Kind>,
{
    fn inner(&self) -> &::tokio_postgres::Client {
        (**self).inner()
    }

    fn inner_mut(&mut self) -> &mut ::tokio_postgres::Client {
        (**self).inner_mut()
    }
}

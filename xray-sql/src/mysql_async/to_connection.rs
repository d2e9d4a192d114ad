//! What a query that begins with the statement can be run on.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use ::mysql_async::prelude as original;
use ::mysql_async::{Connection, Result};

use super::connection::Conn;
use super::pool::Pool;
use super::statement_like::Prepared;
use super::transaction::Transaction;
use crate::server::Server;

/// A connection, or what gives one, as [`mysql_async`'s trait](::mysql_async::prelude::ToConnection).
///
/// It is implemented by the traced types, and by the originals, whose calls are not traced. Functions that are generic over the
/// original are generic over this one instead.
pub trait ToConnection<'a, 't: 'a>: Send {
    #[doc(hidden)]
    fn to_target(self) -> impl Future<Output = Result<Target<'a, 't>>> + Send;
}

/// A connection that is there.
#[doc(hidden)]
pub struct Target<'a, 't> {
    pub(super) connection: Connection<'a, 't>,
    /// The server and what was prepared there, `None` for a connection of a pool, which has prepared nothing.
    pub(super) traced: Option<(Arc<Server>, Option<&'a Prepared>)>,
}

impl<'a> ToConnection<'a, 'static> for &'a mut Conn {
    async fn to_target(self) -> Result<Target<'a, 'static>> {
        let Conn { connection, server, prepared } = self;
        Ok(Target { connection: connection.into(), traced: Some((Arc::clone(server), Some(prepared))) })
    }
}

impl ToConnection<'static, 'static> for Conn {
    async fn to_target(self) -> Result<Target<'static, 'static>> {
        Ok(Target { connection: self.connection.into(), traced: Some((self.server, None)) })
    }
}

impl<'a, 't> ToConnection<'a, 't> for &'a mut Transaction<'t> {
    async fn to_target(self) -> Result<Target<'a, 't>> {
        let Transaction { transaction, server, prepared } = self;
        Ok(Target { connection: transaction.into(), traced: Some((Arc::clone(server), Some(prepared))) })
    }
}

impl ToConnection<'static, 'static> for Pool {
    async fn to_target(self) -> Result<Target<'static, 'static>> {
        self.get_conn().await?.to_target().await
    }
}

impl<'a> ToConnection<'a, 'static> for &'a Pool {
    async fn to_target(self) -> Result<Target<'a, 'static>> {
        self.get_conn().await?.to_target().await
    }
}

macro_rules! originals {
    ($([$($lifetime:lifetime),*] $name:ty => $transaction:lifetime;)*) => {
        $(impl<'a, $($lifetime),*> ToConnection<'a, $transaction> for $name {
            async fn to_target(self) -> Result<Target<'a, $transaction>> {
                let connection = original::ToConnection::to_connection(self).resolve().await?;
                Ok(Target { connection, traced: None })
            }
        })*
    };
}

originals! {
    [] &'a mut ::mysql_async::Conn => 'static;
    [] ::mysql_async::Conn => 'static;
    ['t] &'a mut ::mysql_async::Transaction<'t> => 't;
    ['t] Connection<'a, 't> => 't;
    [] &'a ::mysql_async::Pool => 'static;
    [] ::mysql_async::Pool => 'static;
}

impl fmt::Debug for Target<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Target").finish_non_exhaustive()
    }
}

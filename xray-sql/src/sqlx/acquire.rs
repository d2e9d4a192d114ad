//! For functions that are generic over `sqlx::Acquire`: what they get are `sqlx`'s own types.

use ::sqlx::{Acquire, Database};

use super::driver::{Answer, Driver};
use super::pool::Pool;
use super::pool_connection::PoolConnection;
use super::traced::{Connected, Traced};
use super::transaction::Transaction;

/// That a connection is acquired, or a transaction begun, is recorded; what is called on it then is not.
impl<'c, DB: Driver> Acquire<'c> for &'_ Pool<DB> {
    type Database = DB;
    type Connection = ::sqlx::pool::PoolConnection<DB>;

    fn acquire(self) -> Answer<'c, Self::Connection> {
        let pool = self.clone();
        Box::pin(async move { Ok(pool.acquire().await?.into_inner()) })
    }

    fn begin(self) -> Answer<'c, ::sqlx::Transaction<'c, DB>> {
        let pool = self.clone();
        Box::pin(async move { Ok(pool.begin().await?.into_inner()) })
    }
}

/// That a transaction is begun is recorded; what is called on it, or on the connection, then is not.
impl<'c, C: Connected + ?Sized> Acquire<'c> for &'c mut Traced<C> {
    type Database = C::Driver;
    type Connection = &'c mut <C::Driver as Database>::Connection;

    fn acquire(self) -> Answer<'c, Self::Connection> {
        Box::pin(std::future::ready(Ok(self.inner.connection_mut())))
    }

    fn begin(self) -> Answer<'c, ::sqlx::Transaction<'c, C::Driver>> {
        if !self.server.records_calls() {
            // What `sqlx` does, in the box that it comes in.
            return ::sqlx::Transaction::begin(self.inner.connection_mut(), None);
        }
        Box::pin(async move { Ok(Traced::begin(self).await?.into_inner()) })
    }
}

macro_rules! acquire_from_connection {
    ($place:ty) => {
        /// That a transaction is begun is recorded; what is called on it, or on the connection, then is not.
        impl<'c, DB: Driver> Acquire<'c> for &'c mut $place {
            type Database = DB;
            type Connection = &'c mut DB::Connection;

            fn acquire(self) -> Answer<'c, Self::Connection> {
                Acquire::acquire(&mut **self)
            }

            fn begin(self) -> Answer<'c, ::sqlx::Transaction<'c, DB>> {
                Acquire::begin(&mut **self)
            }
        }
    };
}

acquire_from_connection!(PoolConnection<DB>);
acquire_from_connection!(Transaction<'_, DB>);

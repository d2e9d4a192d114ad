//! Copying into and out of PostgreSQL.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::sqlx::postgres::{PgConnection, PgPoolCopyExt as _};
use ::sqlx::{Error, Postgres};
use async_stream::stream;
use bytes::Bytes;
use xray_core::Subsegment;

use super::call::{Statement, acquire, record};
use super::driver::Answers;
use super::failure;
use super::pool::Pool;
use super::target::next;
use super::traced::{Connected, Traced};
use crate::open::Open;
use crate::server::Rows;

/// A copy into PostgreSQL, as [`sqlx::postgres::PgCopyIn`](::sqlx::postgres::PgCopyIn), to which it derefs.
///
/// Its subsegment ends when it is finished, aborted or dropped; dropped before, it has the annotation `cancelled`.
#[must_use = "the connection cannot be used before the copy is finished or aborted"]
pub struct PgCopyIn<C: DerefMut<Target = PgConnection>> {
    // Before the subsegment, which ends last.
    copy: ::sqlx::postgres::PgCopyIn<C>,
    subsegment: Subsegment,
}

impl Pool<Postgres> {
    /// As [`PgPoolCopyExt::copy_in_raw`](::sqlx::postgres::PgPoolCopyExt::copy_in_raw). The wait for the pool is
    /// not told apart.
    ///
    /// The copy hides its connection. If this is the first recorded call of the pool, a connection is taken before
    /// and given back, which knows the server's version.
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded, also those of the copy.
    pub async fn copy_in_raw(
        &self,
        statement: &str,
    ) -> Result<PgCopyIn<::sqlx::pool::PoolConnection<Postgres>>, Error> {
        let described = Statement { preparation: None, text: Some(statement) };
        let subsegment = self.server.begin(described);
        let outcome = self.begin_copy_in(described, statement, &subsegment).await;
        record::<Postgres, _>(&subsegment, &outcome, |_| Rows::None);
        outcome.map(|copy| PgCopyIn::new(copy, subsegment))
    }

    async fn begin_copy_in(
        &self,
        described: Statement<'_>,
        statement: &str,
        subsegment: &Subsegment,
    ) -> Result<::sqlx::postgres::PgCopyIn<::sqlx::pool::PoolConnection<Postgres>>, Error> {
        if subsegment.is_recording() && !self.server.knows_version() {
            let mut connection = self.pool.acquire().await?;
            self.server.describe_on::<Postgres>(&connection, subsegment, described);
            // Waited for, because the copy would open another one meanwhile.
            connection.return_to_pool().await;
        }
        self.pool.copy_in_raw(statement).await
    }

    /// As [`PgPoolCopyExt::copy_out_raw`](::sqlx::postgres::PgPoolCopyExt::copy_out_raw), in a subsegment that ends with
    /// the stream.
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded, also those of the stream.
    pub async fn copy_out_raw(&self, statement: &str) -> Result<Answers<'static, Bytes>, Error> {
        let described = Statement { preparation: None, text: Some(statement) };
        let subsegment = self.server.begin(described);
        if !subsegment.is_recording() {
            return self.pool.copy_out_raw(statement).await;
        }
        let connection = acquire(&self.server, &self.pool, described, &subsegment).await?;
        let mut data = copied_out_of(connection, statement.to_owned());
        // Nothing is sent before the first item, which tells how that went.
        match next(&mut data).await {
            Some(Err(error)) => {
                failure::record::<Postgres>(&subsegment, &error);
                subsegment.end();
                Err(error)
            }
            _ => Ok(copied_out(data, subsegment)),
        }
    }
}

impl<C: Connected<Driver = Postgres> + ?Sized> Traced<C> {
    /// As [`sqlx::PgConnection::copy_in_raw`](::sqlx::PgConnection::copy_in_raw).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded, also those of the copy.
    pub async fn copy_in_raw(&mut self, statement: &str) -> Result<PgCopyIn<&mut PgConnection>, Error> {
        let subsegment = self.begin_call(Statement { preparation: None, text: Some(statement) });
        let outcome = self.inner.connection_mut().copy_in_raw(statement).await;
        record::<Postgres, _>(&subsegment, &outcome, |_| Rows::None);
        outcome.map(|copy| PgCopyIn::new(copy, subsegment))
    }

    /// As [`sqlx::PgConnection::copy_out_raw`](::sqlx::PgConnection::copy_out_raw), in a subsegment that ends with the
    /// stream.
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded, also those of the stream.
    pub async fn copy_out_raw(&mut self, statement: &str) -> Result<Answers<'_, Bytes>, Error> {
        let subsegment = self.begin_call(Statement { preparation: None, text: Some(statement) });
        let outcome = self.inner.connection_mut().copy_out_raw(statement).await;
        record::<Postgres, _>(&subsegment, &outcome, |_| Rows::None);
        outcome.map(|data| copied_out(data, subsegment))
    }
}

impl<C: DerefMut<Target = PgConnection>> PgCopyIn<C> {
    fn new(copy: ::sqlx::postgres::PgCopyIn<C>, subsegment: Subsegment) -> Self {
        subsegment.set_cancelled_if_dropped(true);
        Self { copy, subsegment }
    }

    /// As [`sqlx::postgres::PgCopyIn::send`](::sqlx::postgres::PgCopyIn::send).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn send(&mut self, data: impl Deref<Target = [u8]>) -> Result<&mut Self, Error> {
        let outcome = self.copy.send(data).await.map(drop);
        if outcome.is_err() {
            record::<Postgres, _>(&self.subsegment, &outcome, |()| Rows::None);
        }
        outcome.map(|()| self)
    }

    /// As [`sqlx::postgres::PgCopyIn::finish`](::sqlx::postgres::PgCopyIn::finish).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn finish(self) -> Result<u64, Error> {
        let outcome = self.copy.finish().await;
        record::<Postgres, _>(&self.subsegment, &outcome, |rows| Rows::Affected(*rows));
        outcome
    }

    /// As [`sqlx::postgres::PgCopyIn::abort`](::sqlx::postgres::PgCopyIn::abort).
    ///
    /// # Errors
    /// Those of `sqlx`, which are recorded.
    pub async fn abort(self, message: impl Into<String>) -> Result<(), Error> {
        let outcome = self.copy.abort(message).await;
        record::<Postgres, _>(&self.subsegment, &outcome, |()| Rows::None);
        outcome
    }
}

/// `read_from` is a method of the original, which does not record its errors.
impl<C: DerefMut<Target = PgConnection>> Deref for PgCopyIn<C> {
    type Target = ::sqlx::postgres::PgCopyIn<C>;

    fn deref(&self) -> &Self::Target {
        &self.copy
    }
}

impl<C: DerefMut<Target = PgConnection>> DerefMut for PgCopyIn<C> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.copy
    }
}

impl<C: DerefMut<Target = PgConnection>> fmt::Debug for PgCopyIn<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PgCopyIn").field("subsegment", &self.subsegment).finish_non_exhaustive()
    }
}

/// What a copy returns, after an empty item that tells that it has begun.
fn copied_out_of(mut connection: ::sqlx::pool::PoolConnection<Postgres>, statement: String) -> Answers<'static, Bytes> {
    Box::pin(stream! {
        match connection.copy_out_raw(&statement).await {
            Ok(mut data) => {
                yield Ok(Bytes::new());
                while let Some(chunk) = next(&mut data).await {
                    yield chunk;
                }
            }
            Err(error) => yield Err(error),
        }
    })
}

fn copied_out(mut data: Answers<'_, Bytes>, subsegment: Subsegment) -> Answers<'_, Bytes> {
    if !subsegment.is_recording() {
        return data;
    }
    Box::pin(stream! {
        let mut open = Open::counting(subsegment, Rows::None);
        while let Some(chunk) = next(&mut data).await {
            if let Err(error) = &chunk {
                open.fail(|subsegment| failure::record::<Postgres>(subsegment, error));
            }
            yield chunk;
        }
        open.end();
    })
}

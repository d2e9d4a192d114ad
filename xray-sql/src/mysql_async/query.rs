//! Queries that begin with the statement: `"SELECT …".with(params).fetch(&mut connection)`.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use ::mysql_async::prelude::{self as original, AsQuery, FromRow};
use ::mysql_async::{Params, QueryWithParams, Result, Statement, from_row};

use super::call::{PREPARED, TEXT};
use super::query_result::QueryResult;
use super::statement_like::{StatementLike, text_of_statement};
use super::stream::ResultSetStream;
use super::to_connection::{Target, ToConnection};
use crate::call::Call;
use crate::server::Rows;

/// A statement, with parameters or without, that is run on a connection, as [`mysql_async`'s trait](::mysql_async::prelude::Query).
///
/// A connection that is taken from a pool for it is a call of its own.
pub trait Query: original::Query {
    #[doc(hidden)]
    const IS_PREPARED: bool;

    #[doc(hidden)]
    fn text_or_statement(&self) -> std::result::Result<Cow<'_, [u8]>, &Statement>;

    /// As `mysql_async`'s `run`, in a subsegment that ends with what is returned.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded, also those of reading.
    fn run<'a, 't: 'a, C>(self, conn: C) -> impl Future<Output = Result<QueryResult<'a, 't, Self::Protocol>>> + Send
    where
        Self: 'a,
        C: ToConnection<'a, 't> + 'a,
    {
        async move {
            let Target { connection, traced } = conn.to_target().await?;
            let call = match &traced {
                Some((server, prepared)) => {
                    let preparation = if Self::IS_PREPARED { PREPARED } else { TEXT };
                    Call::begin(server, preparation, || text_of_statement(*prepared, self.text_or_statement()))
                }
                None => Call::untraced(),
            };
            call.answered(original::Query::run(self, connection).await).map(QueryResult::new)
        }
    }

    /// As `mysql_async`'s `first`: the first row, if there is one.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    fn first<'a, 't: 'a, T, C>(self, conn: C) -> impl Future<Output = Result<Option<T>>> + Send
    where
        Self: 'a,
        C: ToConnection<'a, 't> + 'a,
        T: FromRow + Send + 'static,
    {
        async move { Query::run(self, conn).await?.first().await }
    }

    /// As `mysql_async`'s `fetch`: all rows.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    fn fetch<'a, 't: 'a, T, C>(self, conn: C) -> impl Future<Output = Result<Vec<T>>> + Send
    where
        Self: 'a,
        C: ToConnection<'a, 't> + 'a,
        T: FromRow + Send + 'static,
    {
        async move { Query::run(self, conn).await?.collect_and_drop().await }
    }

    /// As `mysql_async`'s `reduce`.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    fn reduce<'a, 't: 'a, T, U, F, C>(self, conn: C, init: U, next: F) -> impl Future<Output = Result<U>> + Send
    where
        Self: 'a,
        C: ToConnection<'a, 't> + 'a,
        F: FnMut(U, T) -> U + Send + 'a,
        T: FromRow + Send + 'static,
        U: Send + 'a,
    {
        async move { Query::run(self, conn).await?.reduce_and_drop(init, next).await }
    }

    /// As `mysql_async`'s `map`.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    fn map<'a, 't: 'a, T, U, F, C>(self, conn: C, mut map: F) -> impl Future<Output = Result<Vec<U>>> + Send
    where
        Self: 'a,
        C: ToConnection<'a, 't> + 'a,
        F: FnMut(T) -> U + Send + 'a,
        T: FromRow + Send + 'static,
        U: Send + 'a,
    {
        async move { Query::run(self, conn).await?.map_and_drop(|row| map(from_row(row))).await }
    }

    /// As `mysql_async`'s `stream`, in a subsegment that ends with the stream.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded, also those of the stream.
    ///
    /// # Panics
    /// As the original, if the answer has no set of rows at all.
    fn stream<'a, 't: 'a, T, C>(
        self,
        conn: C,
    ) -> impl Future<Output = Result<ResultSetStream<'a, 'a, 't, T, Self::Protocol>>> + Send
    where
        Self: 'a,
        Self::Protocol: Unpin,
        T: Unpin + FromRow + Send + 'static,
        C: ToConnection<'a, 't> + 'a,
    {
        async move {
            let stream = Query::run(self, conn).await?.stream_and_drop().await?;
            #[allow(clippy::expect_used, reason = "what the original does")]
            Ok(stream.expect("At least one result set is expected"))
        }
    }

    /// As `mysql_async`'s `ignore`: runs the statement and drops the answer.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    fn ignore<'a, 't: 'a, C>(self, conn: C) -> impl Future<Output = Result<()>> + Send
    where
        Self: 'a,
        C: ToConnection<'a, 't> + 'a,
    {
        async move { Query::run(self, conn).await?.drop_result().await }
    }
}

macro_rules! texts {
    ($($name:ty),*) => {
        $(impl Query for $name {
            const IS_PREPARED: bool = false;

            fn text_or_statement(&self) -> std::result::Result<Cow<'_, [u8]>, &Statement> {
                Ok(self.as_query())
            }
        })*
    };
}

texts!(&str, String, &String, Box<str>, Arc<str>, Cow<'_, str>);
texts!(&[u8], Vec<u8>, &Vec<u8>, Box<[u8]>, Arc<[u8]>, Cow<'_, [u8]>);

impl<Q: StatementLike, P: Into<Params> + Send> Query for QueryWithParams<Q, P> {
    const IS_PREPARED: bool = true;

    fn text_or_statement(&self) -> std::result::Result<Cow<'_, [u8]>, &Statement> {
        self.query.text_or_statement()
    }
}

/// A statement that is run with many sets of parameters, as [`mysql_async`'s trait](::mysql_async::prelude::BatchQuery).
pub trait BatchQuery: Sized {
    /// As `mysql_async`'s `batch`, in one subsegment.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    fn batch<'a, 't: 'a, C>(self, conn: C) -> impl Future<Output = Result<()>> + Send
    where
        Self: 'a,
        C: ToConnection<'a, 't> + 'a;
}

impl<Q, I, P> BatchQuery for QueryWithParams<Q, I>
where
    Q: StatementLike,
    I: IntoIterator<Item = P> + Send,
    I::IntoIter: Send,
    P: Into<Params> + Send,
{
    async fn batch<'a, 't: 'a, C>(self, conn: C) -> Result<()>
    where
        Self: 'a,
        C: ToConnection<'a, 't> + 'a,
    {
        let Target { connection, traced } = conn.to_target().await?;
        let call = match &traced {
            Some((server, prepared)) => {
                Call::begin(server, PREPARED, || text_of_statement(*prepared, self.query.text_or_statement()))
            }
            None => Call::untraced(),
        };
        call.end(original::BatchQuery::batch(self, connection).await, |()| Rows::None)
    }
}

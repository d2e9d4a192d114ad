//! The answer to a query while it is read.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::mysql_async::prelude::{FromRow, Protocol};
use ::mysql_async::{FromRowError, Result, Row};
use xray_core::Subsegment;

use super::failure;
use super::stream::ResultSetStream;
use crate::open::Open;

/// The answer of `query_iter` and `exec_iter`, as [`mysql_async::QueryResult`](::mysql_async::QueryResult).
///
/// It derefs to the original. The subsegment ends when the answer is dropped, when one of the methods
/// listed here has read all of it or fails, or with the stream that is made of it. What takes the original by
/// value takes [`into_inner`](Self::into_inner).
pub struct QueryResult<'a, 't: 'a, P> {
    // Before the subsegment, which ends last.
    result: ::mysql_async::QueryResult<'a, 't, P>,
    open: Open,
}

impl<'a, 't: 'a, P> QueryResult<'a, 't, P> {
    pub(super) fn new((result, subsegment): (::mysql_async::QueryResult<'a, 't, P>, Subsegment)) -> Self {
        Self { result, open: Open::new(subsegment) }
    }

    /// The answer without the wrapper; the subsegment ends here.
    #[must_use]
    pub fn into_inner(self) -> ::mysql_async::QueryResult<'a, 't, P> {
        self.result
    }
}

/// A method that reads one of the answer's sets of rows, and one that reads it and drops the others.
macro_rules! reading {
    ($(#[$where:meta])* $name:ident, $and_drop:ident, [$($generics:tt)*], ($($argument:ident: $type:ty),*) -> $output:ty, [$($bounds:tt)*]) => {
        #[doc = concat!("As `mysql_async::QueryResult::", stringify!($name), "`.")]
        ///
        /// # Errors
        /// Those of `mysql_async`, which are recorded.
        pub async fn $name<$($generics)*>(&mut self, $($argument: $type),*) -> Result<$output>
        where
            $($bounds)*
        {
            let outcome = self.result.$name($($argument),*).await;
            self.seen(outcome)
        }

        #[doc = concat!("As `mysql_async::QueryResult::", stringify!($and_drop), "`.")]
        ///
        /// # Errors
        /// Those of `mysql_async`, which are recorded.
        pub async fn $and_drop<$($generics)*>(self, $($argument: $type),*) -> Result<$output>
        where
            $($bounds)*
        {
            let Self { result, mut open } = self;
            seen(&mut open, result.$and_drop($($argument),*).await)
        }
    };
}

impl<'a, 't: 'a, P: Protocol> QueryResult<'a, 't, P> {
    reading!(collect, collect_and_drop, [R], () -> Vec<R>, [R: FromRow + Send + 'static]);
    reading!(try_collect, try_collect_and_drop, [R], () -> Vec<std::result::Result<R, FromRowError>>, [R: FromRow + Send + 'static]);
    reading!(for_each, for_each_and_drop, [F], (fun: F) -> (), [F: FnMut(Row)]);
    reading!(map, map_and_drop, [F, U], (fun: F) -> Vec<U>, [F: FnMut(Row) -> U]);
    reading!(reduce, reduce_and_drop, [T, F, U], (init: U, fun: F) -> U, [F: FnMut(U, T) -> U, T: FromRow + Send + 'static]);

    /// As `mysql_async::QueryResult::next`: the next row of the set.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn next(&mut self) -> Result<Option<Row>> {
        let outcome = self.result.next().await;
        self.seen(outcome)
    }

    /// As `mysql_async::QueryResult::drop_result`.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn drop_result(self) -> Result<()> {
        let Self { result, mut open } = self;
        seen(&mut open, result.drop_result().await)
    }

    /// As `mysql_async::QueryResult::stream_and_drop`, in the same subsegment, which ends with the stream.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded, also those of the stream.
    pub async fn stream_and_drop<T>(mut self) -> Result<Option<ResultSetStream<'a, 'a, 't, T, P>>>
    where
        T: Unpin + FromRow + Send + 'static,
        P: Unpin,
    {
        match self.result.stream_and_drop().await {
            Ok(stream) => Ok(stream.map(|stream| ResultSetStream::going_on(stream, self.open))),
            Err(error) => seen(&mut self.open, Err(error)),
        }
    }

    fn seen<T>(&mut self, outcome: Result<T>) -> Result<T> {
        let outcome = seen_error(&mut self.open, outcome);
        if self.result.is_empty() {
            self.open.end();
        }
        outcome
    }
}

/// Notes that all of the answer has been read.
fn seen<T>(open: &mut Open, outcome: Result<T>) -> Result<T> {
    let outcome = seen_error(open, outcome);
    open.end();
    outcome
}

fn seen_error<T>(open: &mut Open, outcome: Result<T>) -> Result<T> {
    if let Err(error) = &outcome {
        open.fail(|subsegment| failure::record(subsegment, error));
    }
    outcome
}

impl<'a, 't: 'a, P> Deref for QueryResult<'a, 't, P> {
    type Target = ::mysql_async::QueryResult<'a, 't, P>;

    fn deref(&self) -> &Self::Target {
        &self.result
    }
}

impl<P> DerefMut for QueryResult<'_, '_, P> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.result
    }
}

impl<P> fmt::Debug for QueryResult<'_, '_, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("QueryResult").field("open", &self.open).finish_non_exhaustive()
    }
}

//! The answer to a query while it is read.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ::mysql_async::prelude::{FromRow, Protocol};
use ::mysql_async::{FromRowError, Result, Row, from_row};
use xray_core::Subsegment;

use super::stream::ResultSetStream;
use crate::call::Failure as _;
use crate::open::Open;
use crate::server::Rows;

/// The answer of `query_iter` and `exec_iter`, as [`mysql_async::QueryResult`](::mysql_async::QueryResult).
///
/// It derefs to the original. The subsegment ends when one of the methods listed here has read all of the answer or fails, when
/// the answer is dropped, or with the stream that is made of it; it tells how many rows were read or affected. Dropped with rows
/// that were not read, it has the annotation `cancelled`. What takes the original by value takes [`into_inner`](Self::into_inner).
pub struct QueryResult<'a, 't: 'a, P> {
    // Before the subsegment, which ends last.
    result: ::mysql_async::QueryResult<'a, 't, P>,
    open: Open,
}

/// The method that reads one of the answer's sets of rows, and drops the others.
macro_rules! and_drop {
    ($name:ident, $read:ident, [$($generics:tt)*], ($($argument:ident: $type:ty),*) -> $output:ty, [$($bounds:tt)*]) => {
        #[doc = concat!("As `mysql_async::QueryResult::", stringify!($name), "`.")]
        ///
        /// # Errors
        /// Those of `mysql_async`, which are recorded.
        pub async fn $name<$($generics)*>(mut self, $($argument: $type),*) -> Result<$output>
        where
            $($bounds)*
        {
            let output = self.$read($($argument),*).await?;
            self.drop_result().await?;
            Ok(output)
        }
    };
}

impl<'a, 't: 'a, P: Protocol> QueryResult<'a, 't, P> {
    pub(super) fn new((result, subsegment): (::mysql_async::QueryResult<'a, 't, P>, Option<Subsegment>)) -> Self {
        let is_of_rows = !result.columns_ref().is_empty();
        let rows = if is_of_rows { Rows::Returned(0) } else { Rows::Affected(result.affected_rows()) };
        let mut open = Open::counting(subsegment, rows);
        if result.is_empty() {
            // Nothing is left to be read.
            open.end();
        }
        Self { result, open }
    }

    and_drop!(collect_and_drop, collect, [R], () -> Vec<R>, [R: FromRow + Send + 'static]);
    and_drop!(try_collect_and_drop, try_collect, [R], () -> Vec<std::result::Result<R, FromRowError>>, [R: FromRow + Send + 'static]);
    and_drop!(for_each_and_drop, for_each, [F], (fun: F) -> (), [F: FnMut(Row)]);
    and_drop!(map_and_drop, map, [F, U], (fun: F) -> Vec<U>, [F: FnMut(Row) -> U]);
    and_drop!(reduce_and_drop, reduce, [T, F, U], (init: U, fun: F) -> U, [F: FnMut(U, T) -> U, T: FromRow + Send + 'static]);

    /// As `mysql_async::QueryResult::collect`.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn collect<R: FromRow + Send + 'static>(&mut self) -> Result<Vec<R>> {
        let outcome = self.result.collect().await;
        self.seen(outcome, Vec::len)
    }

    /// As `mysql_async::QueryResult::try_collect`.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn try_collect<R>(&mut self) -> Result<Vec<std::result::Result<R, FromRowError>>>
    where
        R: FromRow + Send + 'static,
    {
        let outcome = self.result.try_collect().await;
        self.seen(outcome, Vec::len)
    }

    /// As `mysql_async::QueryResult::for_each`.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn for_each<F: FnMut(Row)>(&mut self, mut fun: F) -> Result<()> {
        let mut rows = 0;
        let counted = |row| {
            rows += 1;
            fun(row);
        };
        let outcome = self.result.for_each(counted).await;
        self.seen(outcome, |()| rows)
    }

    /// As `mysql_async::QueryResult::map`.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn map<F, U>(&mut self, fun: F) -> Result<Vec<U>>
    where
        F: FnMut(Row) -> U,
    {
        let outcome = self.result.map(fun).await;
        self.seen(outcome, Vec::len)
    }

    /// As `mysql_async::QueryResult::reduce`.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn reduce<T, F, U>(&mut self, init: U, mut fun: F) -> Result<U>
    where
        F: FnMut(U, T) -> U,
        T: FromRow + Send + 'static,
    {
        let mut rows = 0;
        let counted = |reduced, row| {
            rows += 1;
            fun(reduced, row)
        };
        let outcome = self.result.reduce(init, counted).await;
        self.seen(outcome, |_| rows)
    }

    /// As `mysql_async::QueryResult::next`: the next row of the set.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn next(&mut self) -> Result<Option<Row>> {
        let outcome = self.result.next().await;
        self.seen(outcome, |row| row.iter().count())
    }

    /// The first row of the set; the others are dropped.
    pub(super) async fn first<T: FromRow>(mut self) -> Result<Option<T>> {
        let first = self.next().await?;
        self.drop_result().await?;
        Ok(first.map(from_row))
    }

    /// As `mysql_async::QueryResult::drop_result`.
    ///
    /// # Errors
    /// Those of `mysql_async`, which are recorded.
    pub async fn drop_result(self) -> Result<()> {
        let (result, mut open) = self.into_parts();
        let outcome = result.drop_result().await;
        match &outcome {
            Ok(()) => open.end(),
            Err(error) => open.fail(|subsegment| error.record(subsegment)),
        }
        outcome
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
            Ok(Some(stream)) => Ok(Some(ResultSetStream::going_on(stream, self.open))),
            Ok(None) => {
                self.open.end();
                Ok(None)
            }
            Err(error) => {
                self.open.fail(|subsegment| error.record(subsegment));
                Err(error)
            }
        }
    }

    /// The answer without the wrapper; the subsegment ends here.
    #[must_use]
    pub fn into_inner(self) -> ::mysql_async::QueryResult<'a, 't, P> {
        let (result, mut open) = self.into_parts();
        open.end();
        result
    }

    /// The answer and its subsegment, for what does not count the rows that are left.
    fn into_parts(self) -> (::mysql_async::QueryResult<'a, 't, P>, Open) {
        let Self { result, mut open } = self;
        if !result.is_empty() {
            open.count_no_more();
        }
        (result, open)
    }

    fn seen<T>(&mut self, outcome: Result<T>, rows: impl FnOnce(&T) -> usize) -> Result<T> {
        match &outcome {
            Ok(output) => self.open.count_returned(rows(output)),
            Err(error) => self.open.fail(|subsegment| error.record(subsegment)),
        }
        if self.result.is_empty() {
            self.open.end();
        }
        outcome
    }
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

//! A stream of rows whose subsegment ends with it.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::mysql_async::Result;
use futures_core::Stream;
use xray_core::Subsegment;

use crate::call::Failure as _;
use crate::open::Open;
use crate::server::Rows;

/// The rows of `query_stream` and `exec_stream`, as [`mysql_async::ResultSetStream`](::mysql_async::ResultSetStream),
/// to which it derefs; the subsegment ends when the stream ends, fails or is dropped. Dropped before its end, it has the annotation
/// `cancelled`.
pub struct ResultSetStream<'r, 'a: 'r, 't: 'a, T, P> {
    // Before the subsegment, which ends last.
    stream: ::mysql_async::ResultSetStream<'r, 'a, 't, T, P>,
    open: Open,
}

impl<'r, 'a: 'r, 't: 'a, T, P> ResultSetStream<'r, 'a, 't, T, P> {
    pub(super) fn new(
        (stream, subsegment): (::mysql_async::ResultSetStream<'r, 'a, 't, T, P>, Option<Subsegment>),
    ) -> Self {
        Self { stream, open: Open::counting(subsegment, Rows::Returned(0)) }
    }

    /// The rows of an answer whose subsegment has begun earlier.
    pub(super) fn going_on(stream: ::mysql_async::ResultSetStream<'r, 'a, 't, T, P>, open: Open) -> Self {
        Self { stream, open }
    }

    /// The stream without the wrapper; the subsegment ends here.
    #[must_use]
    pub fn into_inner(mut self) -> ::mysql_async::ResultSetStream<'r, 'a, 't, T, P> {
        self.open.end();
        self.stream
    }
}

impl<'r, 'a: 'r, 't: 'a, T, P> Stream for ResultSetStream<'r, 'a, 't, T, P>
where
    ::mysql_async::ResultSetStream<'r, 'a, 't, T, P>: Stream<Item = Result<T>> + Unpin,
{
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(Pin::new(&mut self.stream).poll_next(context));
        match &item {
            Some(Ok(_)) => self.open.count(),
            Some(Err(error)) => self.open.fail(|subsegment| error.record(subsegment)),
            None => self.open.end(),
        }
        Poll::Ready(item)
    }
}

impl<'r, 'a: 'r, 't: 'a, T, P> Deref for ResultSetStream<'r, 'a, 't, T, P> {
    type Target = ::mysql_async::ResultSetStream<'r, 'a, 't, T, P>;

    fn deref(&self) -> &Self::Target {
        &self.stream
    }
}

impl<T, P> fmt::Debug for ResultSetStream<'_, '_, '_, T, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ResultSetStream").field("open", &self.open).finish_non_exhaustive()
    }
}

//! Streams of rows, of messages and of data, whose subsegments end with them.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::tokio_postgres::Error;
use futures_core::Stream;
use pin_project_lite::pin_project;
use xray_core::Subsegment;

use crate::call::Failure as _;
use crate::open::Open;
use crate::server::Rows;

/// The rows of `query_raw`, as [`tokio_postgres::RowStream`](::tokio_postgres::RowStream).
pub type RowStream = Traced<::tokio_postgres::RowStream>;
/// The answer of `simple_query_raw`, as [`tokio_postgres::SimpleQueryStream`](::tokio_postgres::SimpleQueryStream).
pub type SimpleQueryStream = Traced<::tokio_postgres::SimpleQueryStream>;
/// The data of `copy_out`, as [`tokio_postgres::CopyOutStream`](::tokio_postgres::CopyOutStream). For rows in the binary
/// format there is [`BinaryCopyOutStream`](super::binary_copy::BinaryCopyOutStream).
pub type CopyOutStream = Traced<::tokio_postgres::CopyOutStream>;

pin_project! {
    /// A stream of `tokio-postgres` whose subsegment ends when the stream ends, fails or is dropped; dropped before its end, it
    /// has the annotation `cancelled`.
    ///
    /// It derefs to the original, and so has its methods, such as `rows_affected`.
    pub struct Traced<S> {
        #[pin]
        stream: S,
        open: Open,
    }
}

impl<S> Traced<S> {
    pub(super) fn open((stream, subsegment): (S, Option<Subsegment>)) -> Self {
        Self { stream, open: Open::counting(subsegment, Rows::None) }
    }

    pub(super) fn of_rows((stream, subsegment): (S, Option<Subsegment>)) -> Self {
        Self { stream, open: Open::counting(subsegment, Rows::Returned(0)) }
    }

    /// One that is not traced, under the same type.
    pub(super) fn untraced(stream: S) -> Self {
        Self { stream, open: Open::counting(None, Rows::None) }
    }

    /// A stream of the rows that are in this one's data.
    pub(super) fn into_rows<R>(self, rows: impl FnOnce(S) -> R) -> Traced<R> {
        Traced { stream: rows(self.stream), open: self.open.counting_from_here() }
    }

    /// The stream without the wrapper; the subsegment ends here.
    #[must_use]
    pub fn into_inner(mut self) -> S {
        self.open.end();
        self.stream
    }
}

impl<S, T> Stream for Traced<S>
where
    S: Stream<Item = Result<T, Error>>,
{
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let item = ready!(this.stream.poll_next(context));
        match &item {
            Some(Ok(_)) => this.open.count(),
            Some(Err(error)) => this.open.fail(|subsegment| error.record(subsegment)),
            None => this.open.end(),
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S> Deref for Traced<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.stream
    }
}

impl<S> fmt::Debug for Traced<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Traced").field("open", &self.open).finish_non_exhaustive()
    }
}

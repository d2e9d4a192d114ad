//! The sink of a `COPY … FROM STDIN`.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::tokio_postgres::Error;
use bytes::Buf;
use futures_sink::Sink;
use pin_project_lite::pin_project;
use xray_core::Subsegment;

use crate::call::Failure as _;
use crate::server::Rows;

pin_project! {
    /// The sink of `copy_in`, whose subsegment ends when the copy is finished, fails or is dropped; dropped before, it has the
    /// annotation `cancelled`.
    ///
    /// As [`tokio_postgres::CopyInSink`](::tokio_postgres::CopyInSink), which
    /// [`into_inner`](CopyInSink::into_inner) returns. For rows in the binary format there is
    /// [`BinaryCopyInWriter`](super::binary_copy::BinaryCopyInWriter).
    pub struct CopyInSink<U> {
        #[pin]
        sink: ::tokio_postgres::CopyInSink<U>,
        subsegment: Option<Subsegment>,
    }
}

impl<U> CopyInSink<U>
where
    U: Buf + 'static + Send,
{
    pub(super) fn new((sink, subsegment): (::tokio_postgres::CopyInSink<U>, Option<Subsegment>)) -> Self {
        Self { sink, subsegment }
    }

    /// Finishes the copy, as [`tokio_postgres::CopyInSink::finish`](::tokio_postgres::CopyInSink::finish),
    /// and returns how many rows there were.
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn finish(self: Pin<&mut Self>) -> Result<u64, Error> {
        let this = self.project();
        let outcome = this.sink.finish().await;
        finished(this.subsegment, outcome)
    }

    pub(super) fn into_parts(self) -> (::tokio_postgres::CopyInSink<U>, Option<Subsegment>) {
        (self.sink, self.subsegment)
    }

    /// The sink without the wrapper; the subsegment ends here.
    #[must_use]
    pub fn into_inner(self) -> ::tokio_postgres::CopyInSink<U> {
        end(self.subsegment);
        self.sink
    }
}

impl<U> Sink<U> for CopyInSink<U>
where
    U: Buf + 'static + Send,
{
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.project();
        this.sink.poll_ready(context).map_err(|error| failed(this.subsegment, error))
    }

    fn start_send(self: Pin<&mut Self>, item: U) -> Result<(), Error> {
        let this = self.project();
        this.sink.start_send(item).map_err(|error| failed(this.subsegment, error))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.project();
        this.sink.poll_flush(context).map_err(|error| failed(this.subsegment, error))
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.project();
        let outcome = this.sink.poll_close(context).map_err(|error| failed(this.subsegment, error));
        if outcome.is_ready() {
            end(this.subsegment.take());
        }
        outcome
    }
}

/// Ends the copy with the number of its rows.
pub(super) fn finished(open: &mut Option<Subsegment>, outcome: Result<u64, Error>) -> Result<u64, Error> {
    let rows = outcome.map_err(|error| failed(open, error))?;
    if let Some(subsegment) = open.take() {
        Rows::Affected(rows).record(&subsegment);
        subsegment.end();
    }
    Ok(rows)
}

fn end(open: Option<Subsegment>) {
    if let Some(subsegment) = open {
        subsegment.end();
    }
}

pub(super) fn failed(open: &mut Option<Subsegment>, error: Error) -> Error {
    if let Some(subsegment) = open.take() {
        if subsegment.is_recording() {
            error.record(&subsegment);
        }
        subsegment.end();
    }
    error
}

impl<U> fmt::Debug for CopyInSink<U> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CopyInSink").field("subsegment", &self.subsegment).finish_non_exhaustive()
    }
}

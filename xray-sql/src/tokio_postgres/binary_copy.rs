//! Copies in PostgreSQL's binary format: the types of [`tokio_postgres::binary_copy`] under their names, for the sinks
//! and streams of a traced client.

use std::fmt;
use std::pin::Pin;

use ::tokio_postgres::Error;
use ::tokio_postgres::binary_copy as original;
use ::tokio_postgres::types::{BorrowToSql, ToSql, Type};
use bytes::Bytes;
use pin_project_lite::pin_project;
use xray_core::Subsegment;

use super::copy_in::{self, CopyInSink};
use super::stream::{CopyOutStream, Traced};

/// The rows of a binary copy out of PostgreSQL, as
/// [`tokio_postgres::binary_copy::BinaryCopyOutStream`](original::BinaryCopyOutStream).
pub type BinaryCopyOutStream = Traced<original::BinaryCopyOutStream>;

impl BinaryCopyOutStream {
    /// As [`BinaryCopyOutStream::new`](original::BinaryCopyOutStream::new) of `tokio-postgres`; the subsegment of the
    /// copy ends with the rows, and tells how many there were.
    #[must_use]
    pub fn new(stream: CopyOutStream, types: &[Type]) -> Self {
        stream.into_rows(|stream| original::BinaryCopyOutStream::new(stream, types))
    }
}

pin_project! {
    /// The rows of a binary copy into PostgreSQL, as
    /// [`tokio_postgres::binary_copy::BinaryCopyInWriter`](original::BinaryCopyInWriter). The subsegment of the copy
    /// ends when it is finished, fails or is dropped.
    ///
    /// ```
    /// use tokio_postgres::types::Type;
    /// use xray_sql::tokio_postgres::{Client, binary_copy::BinaryCopyInWriter};
    ///
    /// # async fn orders(client: Client) -> Result<(), tokio_postgres::Error> {
    /// let sink = client.copy_in("COPY orders (item) FROM STDIN BINARY").await?;
    /// let mut writer = std::pin::pin!(BinaryCopyInWriter::new(sink, &[Type::TEXT]));
    /// writer.as_mut().write(&[&"book"]).await?;
    /// writer.finish().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub struct BinaryCopyInWriter {
        #[pin]
        writer: original::BinaryCopyInWriter,
        subsegment: Option<Subsegment>,
    }
}

impl BinaryCopyInWriter {
    /// As [`BinaryCopyInWriter::new`](original::BinaryCopyInWriter::new) of `tokio-postgres`.
    #[must_use]
    pub fn new(sink: CopyInSink<Bytes>, types: &[Type]) -> Self {
        let (sink, subsegment) = sink.into_parts();
        Self { writer: original::BinaryCopyInWriter::new(sink, types), subsegment }
    }

    /// As [`BinaryCopyInWriter::write`](original::BinaryCopyInWriter::write) of `tokio-postgres`.
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    ///
    /// # Panics
    /// If there are not as many values as types.
    pub async fn write(self: Pin<&mut Self>, values: &[&(dyn ToSql + Sync)]) -> Result<(), Error> {
        let this = self.project();
        this.writer.write(values).await.map_err(|error| copy_in::failed(this.subsegment, error))
    }

    /// As [`BinaryCopyInWriter::write_raw`](original::BinaryCopyInWriter::write_raw) of `tokio-postgres`.
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    ///
    /// # Panics
    /// If there are not as many values as types.
    pub async fn write_raw<P, I>(self: Pin<&mut Self>, values: I) -> Result<(), Error>
    where
        P: BorrowToSql,
        I: IntoIterator<Item = P>,
        I::IntoIter: ExactSizeIterator,
    {
        let this = self.project();
        this.writer.write_raw(values).await.map_err(|error| copy_in::failed(this.subsegment, error))
    }

    /// As [`BinaryCopyInWriter::finish`](original::BinaryCopyInWriter::finish) of `tokio-postgres`: finishes the copy,
    /// and returns how many rows there were.
    ///
    /// # Errors
    /// Those of `tokio-postgres`, which are recorded.
    pub async fn finish(self: Pin<&mut Self>) -> Result<u64, Error> {
        let this = self.project();
        let outcome = this.writer.finish().await;
        copy_in::finished(this.subsegment, outcome)
    }
}

impl fmt::Debug for BinaryCopyInWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BinaryCopyInWriter").field("subsegment", &self.subsegment).finish_non_exhaustive()
    }
}

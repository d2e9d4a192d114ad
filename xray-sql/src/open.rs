//! A call whose answer is still being read: that of a stream.

use xray_core::Subsegment;

use crate::server::Rows;

/// The subsegment of a stream that has not ended; dropped, it ends.
#[derive(Debug)]
pub(crate) struct Open {
    subsegment: Option<Subsegment>,
    /// How many rows have come; `None` where they are not told apart from other data.
    rows: Option<u64>,
}

impl Open {
    #[cfg(feature = "tokio-postgres")]
    pub(crate) fn new(subsegment: Subsegment) -> Self {
        Self { subsegment: Some(subsegment), rows: None }
    }

    pub(crate) fn counting_rows(subsegment: Subsegment) -> Self {
        Self { subsegment: Some(subsegment), rows: Some(0) }
    }

    pub(crate) fn count(&mut self) {
        self.rows = self.rows.map(|rows| rows + 1);
    }

    pub(crate) fn fail(&mut self, record: impl FnOnce(&Subsegment)) {
        if let Some(subsegment) = &self.subsegment {
            record(subsegment);
        }
        self.end();
    }

    pub(crate) fn end(&mut self) {
        if let (Some(subsegment), Some(rows)) = (self.subsegment.take(), self.rows) {
            Rows::Returned(rows).record(&subsegment);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.end();
    }
}

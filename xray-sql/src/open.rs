//! A call whose answer is still being read: that of a stream.

use xray_core::Subsegment;

use crate::server::Rows;

/// The subsegment of a stream that has not ended; dropped before, it is cancelled.
#[derive(Debug)]
pub(crate) struct Open {
    subsegment: Option<Subsegment>,
    /// How many rows have come; none are counted where they are not told apart from other data.
    rows: Rows,
}

impl Open {
    /// Counts the rows of one kind, and those of the other not.
    pub(crate) fn counting(subsegment: impl Into<Option<Subsegment>>, rows: Rows) -> Self {
        let subsegment = subsegment.into();
        if let Some(subsegment) = &subsegment {
            subsegment.set_cancelled_if_dropped(true);
        }
        Self { subsegment, rows }
    }

    #[cfg(feature = "tokio-postgres")]
    pub(crate) fn counting_from_here(mut self) -> Self {
        self.rows = Rows::Returned(0);
        self
    }

    pub(crate) fn count(&mut self) {
        self.count_returned(1);
    }

    pub(crate) fn count_returned(&mut self, returned: usize) {
        if let Rows::Returned(rows) = &mut self.rows {
            // A `usize` is never larger.
            *rows += returned as u64;
        }
    }

    /// Notes that there are rows which nobody counts: then none is not the number of them.
    #[cfg(feature = "mysql_async")]
    pub(crate) fn count_no_more(&mut self) {
        if matches!(self.rows, Rows::Returned(0) | Rows::Affected(_)) {
            self.rows = Rows::None;
        }
    }

    #[cfg(feature = "_sqlx")]
    pub(crate) fn count_affected(&mut self, affected: u64) {
        if let Rows::Affected(rows) = &mut self.rows {
            *rows += affected;
        }
    }

    pub(crate) fn fail(&mut self, record: impl FnOnce(&Subsegment)) {
        if let Some(subsegment) = &self.subsegment
            && subsegment.is_recording()
        {
            record(subsegment);
        }
        self.end();
    }

    pub(crate) fn end(&mut self) {
        if let Some(subsegment) = self.subsegment.take() {
            self.rows.record(&subsegment);
            subsegment.end();
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some(subsegment) = self.subsegment.take() {
            self.rows.record(&subsegment);
        }
    }
}

//! A call and its subsegment.

use std::future::Future;

use ::tokio_postgres::Error;
use xray_core::{Preparation, Subsegment};

use super::failure;
use super::server::Server;
use crate::server::Rows;

/// How a call sends its statement.
#[derive(Clone, Copy)]
pub(super) enum Protocol {
    /// Prepared first, with the values apart.
    Extended,
    /// As text, which may hold several statements.
    Simple,
}

impl Server {
    /// Makes a call, in a subsegment that begins at the first poll.
    pub(super) async fn call<T>(
        &self,
        protocol: Protocol,
        work: impl Future<Output = Result<T, Error>>,
        rows: impl FnOnce(&T) -> Rows,
    ) -> Result<T, Error> {
        Ok(self.open(protocol, work, rows).await?.0)
    }

    /// Makes a call whose answer is not complete when it begins; the subsegment comes with it.
    pub(super) async fn open<T>(
        &self,
        protocol: Protocol,
        work: impl Future<Output = Result<T, Error>>,
        rows: impl FnOnce(&T) -> Rows,
    ) -> Result<(T, Subsegment), Error> {
        let subsegment = self.0.begin(protocol.preparation());
        let outcome = work.await;
        if subsegment.is_recording() {
            match &outcome {
                Ok(answer) => rows(answer).record(&subsegment),
                Err(error) => failure::record(&subsegment, error),
            }
        }
        outcome.map(|answer| (answer, subsegment))
    }
}

impl Protocol {
    fn preparation(self) -> Option<Preparation> {
        match self {
            Self::Extended => Some(Preparation::Statement),
            Self::Simple => None,
        }
    }
}

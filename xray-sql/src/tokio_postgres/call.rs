//! A call and its subsegment.

use std::future::Future;

use ::tokio_postgres::{Error, Statement};
use xray_core::{Preparation, Subsegment};

use super::failure;
use super::server::Server;
use super::to_statement;
use crate::server::Rows;
use crate::text::Text;

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
    pub(super) async fn call<'a, T>(
        &self,
        protocol: Protocol,
        text: impl FnOnce() -> Text<'a>,
        work: impl Future<Output = Result<T, Error>>,
        rows: impl FnOnce(&T) -> Rows,
    ) -> Result<T, Error> {
        Ok(self.open(protocol, text, work, rows).await?.0)
    }

    /// Makes a call whose answer is not complete when it begins; the subsegment comes with it.
    pub(super) async fn open<'a, T>(
        &self,
        protocol: Protocol,
        text: impl FnOnce() -> Text<'a>,
        work: impl Future<Output = Result<T, Error>>,
        rows: impl FnOnce(&T) -> Rows,
    ) -> Result<(T, Subsegment), Error> {
        let subsegment = self.0.begin_statement(protocol.preparation(), text);
        let outcome = work.await;
        if subsegment.is_recording() {
            match &outcome {
                Ok(answer) => rows(answer).record(&subsegment),
                Err(error) => failure::record(&subsegment, error),
            }
        }
        outcome.map(|answer| (answer, subsegment))
    }

    /// Prepares a statement, and keeps its text for the calls that run it.
    pub(super) async fn prepare(
        &self,
        query: &str,
        work: impl Future<Output = Result<Statement, Error>>,
    ) -> Result<Statement, Error> {
        let text = || Text::of(query);
        let (statement, subsegment) = self.open(Protocol::Extended, text, work, |_| Rows::None).await?;
        if let Some(text) = self.0.collected(&subsegment, text) {
            to_statement::keep_text(&statement, text);
        }
        Ok(statement)
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

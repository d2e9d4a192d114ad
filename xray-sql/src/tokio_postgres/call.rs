//! How a call sends its statement.

use ::tokio_postgres::{Error, Statement};
use xray_core::Preparation;

use super::server::Server;
use super::to_statement;
use crate::call::Call;
use crate::server::Rows;
use crate::text::Text;

#[derive(Clone, Copy)]
pub(super) enum Protocol {
    /// Prepared first, with the values apart.
    Extended,
    /// As text, which may hold several statements.
    Simple,
}

impl Server {
    pub(super) fn begin<'a>(&self, protocol: Protocol, text: impl FnOnce() -> Text<'a>) -> Call {
        let preparation = match protocol {
            Protocol::Extended => Some(Preparation::Statement),
            Protocol::Simple => None,
        };
        Call::begin(&self.0, preparation, text)
    }

    /// Ends the call that has prepared a statement, and keeps its text for the calls that run it.
    pub(super) fn prepared(
        &self,
        call: Call,
        query: &str,
        outcome: Result<Statement, Error>,
    ) -> Result<Statement, Error> {
        let text = call.collected(&self.0, || Text::of(query));
        let statement = call.end(outcome, |_| Rows::None)?;
        if let Some(text) = text {
            to_statement::keep_text(&statement, text);
        }
        Ok(statement)
    }
}

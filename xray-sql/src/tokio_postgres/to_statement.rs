//! Statements and their texts.

use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock};

use ::tokio_postgres::Statement;

use crate::prepared_texts::PreparedTexts;
use crate::text::Text;

/// A statement, or the text of one: what implements [`tokio_postgres::ToStatement`](::tokio_postgres::ToStatement).
///
/// The calls of a traced client and transaction take it because the original does not show the text.
/// Functions that are generic over the original are generic over this one instead, which they can pass
/// to either.
pub trait ToStatement: ::tokio_postgres::ToStatement {
    #[doc(hidden)]
    fn text_or_statement(&self) -> Result<&str, &Statement>;
}

impl ToStatement for str {
    fn text_or_statement(&self) -> Result<&str, &Statement> {
        Ok(self)
    }
}

impl ToStatement for String {
    fn text_or_statement(&self) -> Result<&str, &Statement> {
        Ok(self)
    }
}

impl ToStatement for Statement {
    fn text_or_statement(&self) -> Result<&str, &Statement> {
        Err(self)
    }
}

pub(super) fn text_of<T: ToStatement + ?Sized>(statement: &T) -> Text<'_> {
    match statement.text_or_statement() {
        Ok(text) => Text::of(text),
        Err(statement) => number_of(statement).map_or(Text::Unknown, |number| PREPARED.text(number)),
    }
}

/// Keeps the text of a statement that was prepared.
pub(super) fn keep_text(statement: &Statement, text: Arc<str>) {
    if let Some(number) = number_of(statement) {
        PREPARED.keep(number, text);
    }
}

static PREPARED: LazyLock<PreparedTexts<u64>> = LazyLock::new(PreparedTexts::default);

/// The number by which `tokio-postgres` names a statement, in the whole process. It is shown by `Debug` only:
/// were that to change, the calls of prepared statements would have no text.
fn number_of(statement: &Statement) -> Option<u64> {
    let mut beginning = Beginning(String::new());
    // It fails at the end of the beginning.
    let _ = write!(beginning, "{statement:?}");
    let (number, _) = beginning.0.strip_prefix("Statement { name: \"s")?.split_once('"')?;
    number.parse().ok()
}

/// Enough of a statement's `Debug` to hold its name; the columns that follow may be many.
struct Beginning(String);

impl fmt::Write for Beginning {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        if self.0.len() < 50 { Ok(()) } else { Err(fmt::Error) }
    }
}

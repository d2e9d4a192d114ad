//! Statements and their texts.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use ::mysql_async::Statement;

use crate::prepared_texts::PreparedTexts;
use crate::text::Text;

/// A statement, or the text of one: what implements [`mysql_async`'s trait](::mysql_async::prelude::StatementLike).
///
/// The methods of [`Conn`](super::Conn) and [`Transaction`](super::Transaction) take it because the original does
/// not show the text. Functions that are generic over the original are generic over this one instead,
/// which they can pass to either.
pub trait StatementLike: ::mysql_async::prelude::StatementLike {
    #[doc(hidden)]
    fn text_or_statement(&self) -> Result<Cow<'_, [u8]>, &Statement>;
}

macro_rules! texts {
    ($($name:ty),*) => {
        $(impl StatementLike for $name {
            fn text_or_statement(&self) -> Result<Cow<'_, [u8]>, &Statement> {
                Ok(::mysql_async::prelude::AsQuery::as_query(self))
            }
        })*
    };
}

texts!(&str, String, Box<str>, Arc<str>, Cow<'_, str>, &[u8], Vec<u8>, Box<[u8]>, Arc<[u8]>, Cow<'_, [u8]>);

impl StatementLike for Statement {
    fn text_or_statement(&self) -> Result<Cow<'_, [u8]>, &Statement> {
        Err(self)
    }
}

impl<T: StatementLike + Clone> StatementLike for &T {
    fn text_or_statement(&self) -> Result<Cow<'_, [u8]>, &Statement> {
        (**self).text_or_statement()
    }
}

/// The texts of what a connection has prepared.
pub(super) type Prepared = PreparedTexts<u32>;

/// The texts of a transaction: those of its connection, or its own where it has taken one from the pool itself.
pub(super) enum PreparedIn<'a> {
    Connection(&'a Prepared),
    Transaction(Prepared),
}

impl Deref for PreparedIn<'_> {
    type Target = Prepared;

    fn deref(&self) -> &Prepared {
        match self {
            Self::Connection(prepared) => prepared,
            Self::Transaction(prepared) => prepared,
        }
    }
}

pub(super) fn text_of<'a, S: StatementLike>(prepared: &Prepared, statement: &'a S) -> Text<'a> {
    text_of_statement(Some(prepared), statement.text_or_statement())
}

/// The text of a statement, or what is known of one that was `prepared`.
pub(super) fn text_of_statement<'a>(
    prepared: Option<&Prepared>,
    statement: Result<Cow<'a, [u8]>, &Statement>,
) -> Text<'a> {
    match statement {
        Ok(text) => Text::Raw(text),
        Err(statement) => prepared.map_or(Text::Unknown, |prepared| prepared.text(statement.id())),
    }
}

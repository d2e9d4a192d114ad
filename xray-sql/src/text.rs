//! What is known of the text of a call's statement.

use std::borrow::Cow;
use std::sync::Arc;

use crate::sanitized_query::{Dialect, sanitized_query};

/// The text of a statement, as far as the call has it.
#[derive(Debug)]
pub(crate) enum Text<'a> {
    /// As the program has written it.
    Raw(Cow<'a, [u8]>),
    /// Of a statement that was prepared earlier, without its values.
    #[cfg(feature = "_driver")]
    Sanitized(Arc<str>),
    Unknown,
}

impl<'a> Text<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self::Raw(text.as_bytes().into())
    }

    /// The text without values.
    pub(crate) fn sanitized(self, dialect: Dialect) -> Option<Arc<str>> {
        match self {
            Self::Raw(text) => sanitized_query(text, dialect).map(Into::into),
            #[cfg(feature = "_driver")]
            Self::Sanitized(text) => Some(text),
            Self::Unknown => None,
        }
    }
}

//! What the clients of PostgreSQL have in common: what is recorded of the server's errors.

mod condition;
mod message;

pub(crate) use self::message::Language;

use xray_core::Exception;

use crate::failure::NOT_RECORDED;

/// What the server says of an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure<'a> {
    /// The SQLSTATE.
    pub(crate) code: &'a str,
    pub(crate) language: Language,
    pub(crate) message: &'a str,
    /// Where in a function it was raised, or in which line of a copy.
    pub(crate) context: Option<&'a str>,
}

/// The exception of an error: never the text of a statement, never a value.
pub(crate) fn exception(failure: &Failure<'_>) -> Exception {
    let type_name = match condition::name(failure.code) {
        Some(name) => format!("{} {name}", failure.code),
        None => failure.code.to_owned(),
    };
    let message = message::public(failure);
    Exception::new(&type_name, message.as_deref().unwrap_or(NOT_RECORDED)).remote(true)
}

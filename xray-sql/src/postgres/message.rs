//! Which of PostgreSQL's messages may be recorded.
//!
//! The primary message names tables, columns and constraints in some classes of errors, quotes values
//! in others, and is whatever it was told to be where a function of the database raises it.

use std::borrow::Cow;

use super::Failure;

/// The language of a message; another one than English may quote otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Other,
}

impl Language {
    /// That of the word for how severe an error is.
    #[cfg(feature = "tokio-postgres")]
    pub(crate) fn of_severity(severity: &str) -> Self {
        if matches!(severity, "ERROR" | "FATAL" | "PANIC") { Self::English } else { Self::Other }
    }

    /// That of a message, where the client does not tell the severity in the server's words.
    #[cfg(feature = "sqlx-postgres")]
    pub(crate) fn of_message(message: &str) -> Self {
        let known = ENGLISH_BEGINNINGS.iter().any(|beginning| message.starts_with(beginning));
        if known { Self::English } else { Self::Other }
    }
}

/// The message without values; `None` if values cannot be told from the rest.
pub(super) fn public<'a>(failure: &Failure<'a>) -> Option<Cow<'a, str>> {
    // In a function; what the server says of a line that is copied has no more than other errors.
    let own_words = failure.context.is_some_and(|context| !context.starts_with("COPY "));
    if own_words { None } else { without_values(failure.code, failure.language, failure.message) }
}

fn without_values<'a>(code: &str, language: Language, message: &'a str) -> Option<Cow<'a, str>> {
    let in_english = language == Language::English;
    match (code, code.get(..2)?) {
        (SYNTAX_ERROR, _) => in_english.then(|| with_words_only(message)),
        (INVALID_NAME, _) | (_, DATA_EXCEPTION) => in_english.then(|| without_quoted(message)),
        (_, class) => CLASSES_WITHOUT_VALUES.contains(&class).then(|| message.into()),
    }
}

/// The classes of <https://www.postgresql.org/docs/current/errcodes-appendix.html> in which the server names
/// nothing but objects, users, types and numbers of things.
const CLASSES_WITHOUT_VALUES: [&str; 18] =
    ["08", "0A", "23", "25", "26", "28", "2B", "2D", "34", "3B", "3D", "3F", "40", "42", "53", "54", "55", "57"];
/// How the messages begin of which a part is recorded only if they are English.
#[cfg(feature = "sqlx-postgres")]
const ENGLISH_BEGINNINGS: [&str; 12] = [
    "bigint out of range",
    "date/time field value out of range",
    "division by zero",
    "integer out of range",
    "invalid byte sequence",
    "invalid input ",
    "numeric field overflow",
    "smallint out of range",
    "string is not a valid identifier",
    "syntax error at ",
    "unterminated ",
    "value ",
];
const DATA_EXCEPTION: &str = "22";
const SYNTAX_ERROR: &str = "42601";
const INVALID_NAME: &str = "42602";

/// `syntax error at or near "SELEKT"`: a word cannot be a literal, anything else can.
fn with_words_only(message: &str) -> Cow<'_, str> {
    match quoted(message) {
        Some((_, token, _)) if token.chars().all(|character| character.is_alphabetic() || character == '_') => {
            message.into()
        }
        Some((before, _, after)) => format!("{before}?{after}").into(),
        None => message.into(),
    }
}

/// `invalid input syntax for type integer: "?"`; also what stands after a colon unquoted is a value, or a reason.
fn without_quoted(message: &str) -> Cow<'_, str> {
    let message = match message.split_once(": ") {
        Some((before, after)) if !after.starts_with('"') => Cow::from(format!("{before}: ?")),
        _ => message.into(),
    };
    match quoted(&message) {
        Some((before, _, after)) => format!("{before}?{after}").into(),
        None => message,
    }
}

/// What stands from the first quotation mark to the last, and what is before and behind; a value may hold some itself.
fn quoted(message: &str) -> Option<(&str, &str, &str)> {
    let (first, last) = (message.find('"')? + 1, message.rfind('"')?);
    Some((message.get(..first)?, message.get(first..last).unwrap_or_default(), message.get(last.max(first)..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_recorded_without_values() {
        for (code, message, recorded) in [
            ("23505", "duplicate key value violates unique constraint \"users_email_key\"", None),
            ("42P01", "relation \"carts\" does not exist", None),
            ("57014", "canceling statement due to user request", None),
            ("42601", "syntax error at or near \"SELEKT\"", None),
            ("42601", "syntax error at end of input", None),
            ("42601", "syntax error at or near \"'s3\"cret'\"", Some("syntax error at or near \"?\"")),
            ("42601", "syntax error at or near \"17\"", Some("syntax error at or near \"?\"")),
            (
                "42601",
                "unterminated quoted string at or near \"'s3cret\"",
                Some("unterminated quoted string at or near \"?\""),
            ),
            (
                "22P02",
                "invalid input syntax for type integer: \"s3cret\"",
                Some("invalid input syntax for type integer: \"?\""),
            ),
            (
                "22003",
                "value \"31415926535\" is out of range for type integer",
                Some("value \"?\" is out of range for type integer"),
            ),
            (
                "22021",
                "invalid byte sequence for encoding \"UTF8\": 0x73",
                Some("invalid byte sequence for encoding \"?\": ?"),
            ),
            ("22012", "division by zero", None),
            ("42602", "string is not a valid identifier: \"s3cret\"", Some("string is not a valid identifier: \"?\"")),
            ("22000", "odd \"", Some("odd \"?")),
        ] {
            let recorded = recorded.unwrap_or(message);
            assert_eq!(without_values(code, Language::English, message).as_deref(), Some(recorded), "{message}");
        }
    }

    #[test]
    fn messages_in_unknown_words_are_not_recorded() {
        for (code, language, message) in [
            ("P0001", Language::English, "no s3cret"),
            ("XX000", Language::English, "s3cret"),
            ("22P02", Language::Other, "ungültige Eingabesyntax für Typ integer: »s3cret«"),
            ("é", Language::English, "s3cret"),
        ] {
            assert_eq!(without_values(code, language, message), None, "{message}");
        }
    }
}

//! What the clients of MySQL and MariaDB have in common: what is recorded of the server's errors.

mod condition;

use std::borrow::Cow;

use xray_core::Exception;

use self::condition::Words;
use crate::failure::NOT_RECORDED;

/// The exception of an error: never the text of a statement, never a value.
pub(crate) fn exception(code: u16, state: &str, message: &str) -> Exception {
    let (type_name, words) = match condition::of(code) {
        Some((name, words)) => (format!("{code} {name}"), words),
        None => (code.to_string(), Words::Unknown),
    };
    // What `SIGNAL` says, whatever number it gives itself.
    let words = if state == "45000" { Words::Unknown } else { words };
    let message = public(words, message);
    Exception::new(&type_name, message.as_deref().unwrap_or(NOT_RECORDED)).remote(true)
}

/// The message without values; `None` if values cannot be told from the rest.
fn public(words: Words, message: &str) -> Option<Cow<'_, str>> {
    match words {
        Words::Names => Some(message.into()),
        // You have an error in your SQL syntax; … near '…' at line 1
        Words::Syntax => message.split_once(';').map(|(before, _)| before.into()),
        // Duplicate entry '…' for key 'orders.item'
        Words::Entry => {
            let (_, key) = message.rsplit_once("' for key '")?;
            Some(format!("Duplicate entry '?' for key '{key}").into())
        }
        Words::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_server_are_recorded_without_values() {
        for (code, state, message, type_name, recorded) in [
            (
                1146,
                "42S02",
                "Table 'shop.carts' doesn't exist",
                "1146 ER_NO_SUCH_TABLE",
                "Table 'shop.carts' doesn't exist",
            ),
            (
                1062,
                "23000",
                "Duplicate entry 's3cret' for key 'x' for key 'orders.item'",
                "1062 ER_DUP_ENTRY",
                "Duplicate entry '?' for key 'orders.item'",
            ),
            (1062, "23000", "s3cret", "1062 ER_DUP_ENTRY", NOT_RECORDED),
            (1062, "45000", "s3cret' for key 's3cret", "1062 ER_DUP_ENTRY", NOT_RECORDED),
            (
                1064,
                "42000",
                "You have an error in your SQL syntax; check … near ''s3cret'' at line 1",
                "1064 ER_PARSE_ERROR",
                "You have an error in your SQL syntax",
            ),
            (1644, "45000", "s3cret", "1644 ER_SIGNAL_EXCEPTION", NOT_RECORDED),
            (9999, "HY000", "s3cret", "9999", NOT_RECORDED),
        ] {
            let shown = format!("{:?}", exception(code, state, message));
            assert!(shown.contains(&format!("{type_name:?}")) && shown.contains(&format!("{recorded:?}")), "{shown}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}

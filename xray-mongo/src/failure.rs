//! What is recorded of an error: never a document, never a value.

use mongodb::bson::{Bson, Document};
use mongodb::error::{Error, ErrorKind};
use xray_core::Exception;

/// The error of a command that failed.
pub(crate) fn of_error(error: &Error) -> Exception {
    match error.kind.as_ref() {
        ErrorKind::Command(error) => of_server(error.code.into(), Some(&error.code_name), &error.message),
        ErrorKind::Io(error) => Exception::new("mongodb::error::ErrorKind::Io", &error.to_string()),
        kind => Exception::new(&format!("mongodb::error::ErrorKind::{}", variant_of(kind)), NOT_RECORDED),
    }
}

/// The error in the reply to a command that did not fail as a whole.
pub(crate) fn of_reply(reply: &Document) -> Option<Exception> {
    let write_errors = reply.get_array("writeErrors").ok().filter(|errors| !errors.is_empty());
    if let Some((Bson::Document(first), more)) = write_errors.and_then(|errors| errors.split_first()) {
        let exception = of_document(first);
        return Some(match more.len() {
            0 => exception,
            more => {
                Exception::new("WriteErrors", &format!("{} writes failed", more + 1)).remote(true).caused_by(exception)
            }
        });
    }
    if let Ok(error) = reply.get_document("writeConcernError") {
        return Some(of_document(error));
    }
    // The command `bulkWrite` puts the errors into a cursor and their number here.
    let failed = integer(reply, "nErrors").filter(|failed| *failed > 0)?;
    Some(Exception::new("WriteErrors", &format!("{failed} writes failed")).remote(true))
}

fn of_document(error: &Document) -> Exception {
    let code = integer(error, "code").unwrap_or_default();
    of_server(code, error.get_str("codeName").ok(), error.get_str("errmsg").unwrap_or_default())
}

fn of_server(code: i64, name: Option<&str>, message: &str) -> Exception {
    let name = name.filter(|name| !name.is_empty()).or_else(|| name_of(code)).unwrap_or("MongoError");
    let message = public(message).unwrap_or_else(|| NOT_RECORDED.to_owned());
    Exception::new(name, &format!("{message} (code {code})")).remote(true)
}

/// What of a server's message can hold no value.
fn public(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix(DUPLICATE_KEY) {
        // … collection: shop.orders index: by_name dup key: { name: "…" }
        let (collection, rest) = rest.split_once(" index: ")?;
        let (index, _) = rest.split_once(" dup key:")?;
        return (is_name(collection) && is_name(index)).then(|| format!("{DUPLICATE_KEY}{collection} index: {index}"));
    }
    if let Some(rest) = message.strip_prefix(NOT_AUTHORIZED) {
        // … on shop to execute command { find: … }
        let (database, _) = rest.split_once(" to execute command")?;
        return is_name(database).then(|| format!("{NOT_AUTHORIZED}{database}"));
    }
    WITHOUT_VALUES.contains(&message).then(|| message.to_owned())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_alphanumeric() || "._-$".contains(character))
}

const NOT_RECORDED: &str = "the message may hold a value and is not recorded";
const DUPLICATE_KEY: &str = "E11000 duplicate key error collection: ";
const NOT_AUTHORIZED: &str = "not authorized on ";

const WITHOUT_VALUES: [&str; 10] = [
    "Authentication failed.",
    "Document failed validation",
    "interrupted at shutdown",
    "node is recovering",
    "not primary",
    "ns not found",
    "operation exceeded time limit",
    "operation was interrupted",
    "operation was interrupted because a client disconnected",
    "waiting for replication timed out",
];

/// The names of codes that write errors come without, see <https://www.mongodb.com/docs/manual/reference/error-codes/>.
fn name_of(code: i64) -> Option<&'static str> {
    Some(match code {
        2 => "BadValue",
        9 => "FailedToParse",
        14 => "TypeMismatch",
        28 => "PathNotViable",
        40 => "ConflictingUpdateOperators",
        61 => "ShardKeyNotFound",
        64 => "WriteConcernTimeout",
        66 => "ImmutableField",
        112 => "WriteConflict",
        121 => "DocumentValidationFailure",
        11_000 => "DuplicateKey",
        _ => return None,
    })
}

fn integer(document: &Document, key: &str) -> Option<i64> {
    match document.get(key)? {
        Bson::Int32(value) => Some((*value).into()),
        Bson::Int64(value) => Some(*value),
        #[allow(clippy::cast_possible_truncation, reason = "servers send small numbers as doubles")]
        Bson::Double(value) => Some(*value as i64),
        _ => None,
    }
}

fn variant_of(kind: &ErrorKind) -> String {
    let text = format!("{kind:?}");
    let end = text.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(text.len());
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    fn shown(exception: Option<Exception>) -> String {
        format!("{exception:?}")
    }

    #[test]
    fn messages_are_recorded_without_values() {
        for (message, recorded) in [
            (
                "E11000 duplicate key error collection: shop.orders index: by_name dup key: { name: \"s3cret\" }",
                Some("E11000 duplicate key error collection: shop.orders index: by_name"),
            ),
            ("E11000 duplicate key error collection: shop.orders index: s3cret s3cret dup key: { }", None),
            ("E11000 duplicate key error s3cret", None),
            ("not authorized on shop to execute command { find: \"s3cret\" }", Some("not authorized on shop")),
            ("ns not found", Some("ns not found")),
            ("Cannot apply $inc to a value of non-numeric type. {_id: \"s3cret\"}", None),
            ("", None),
        ] {
            assert_eq!(public(message).as_deref(), recorded, "{message}");
        }
    }

    #[test]
    fn errors_in_replies_are_found() {
        let write = |code: i32| doc! { "index": 0, "code": code, "errmsg": "s3cret", "keyValue": { "name": "s3cret" } };
        for (reply, names) in [
            (doc! { "ok": 1, "n": 1 }, vec![]),
            (doc! { "ok": 1, "writeErrors": [] }, vec![]),
            (doc! { "ok": 1, "nErrors": 0 }, vec![]),
            (doc! { "ok": 1, "nErrors": 3 }, vec!["\"WriteErrors\"", "\"3 writes failed\""]),
            (doc! { "ok": 1, "writeErrors": [write(11_000)] }, vec!["\"DuplicateKey\"", "(code 11000)"]),
            (doc! { "ok": 1, "writeErrors": [write(99_999)] }, vec!["\"MongoError\"", "(code 99999)"]),
            (
                doc! { "ok": 1, "writeErrors": [write(121), write(2)] },
                vec!["\"WriteErrors\"", "\"2 writes failed\"", "\"DocumentValidationFailure\""],
            ),
            (
                doc! { "ok": 1, "writeConcernError": { "code": 64.0, "codeName": "WriteConcernTimeout", "errmsg": "waiting for replication timed out" } },
                vec!["\"WriteConcernTimeout\"", "\"waiting for replication timed out (code 64)\""],
            ),
        ] {
            let shown = shown(of_reply(&reply));
            assert_eq!(shown == "None", names.is_empty(), "{reply}");
            for name in names {
                assert!(shown.contains(name), "{name} in {shown}");
            }
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}

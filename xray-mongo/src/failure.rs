//! Exceptions from what the driver and the server say of an error: never a document, never a value.

use mongodb::bson::{Bson, Document};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::ServerAddress;
use xray_core::{Exception, debug_name, displayed};

use crate::message::public_or_note;
use crate::words::{self, of_kind, write_failed};

/// An error of the driver's.
pub(crate) fn of_error(error: &Error) -> Exception {
    let words = of_kind(&displayed(&error.kind));
    let exception = match error.kind.as_ref() {
        ErrorKind::Command(error) => of_server(error.code.into(), Some(&error.code_name), &error.message),
        ErrorKind::Io(error) => Exception::new("mongodb::error::ErrorKind::Io", &displayed(error)),
        kind => Exception::new(&format!("mongodb::error::ErrorKind::{}", debug_name(kind)), &words),
    };
    standing_for(exception, &words)
}

/// Whether it is an error of an operation for which no command was sent, because no server or no connection was there.
///
/// It says so only of an operation that has sent none.
pub(crate) fn is_without_command(error: &Error) -> bool {
    UNREACHED.contains(&debug_name(&error.kind).as_str())
}

/// A server that could not be selected.
pub(crate) fn address_of(error: &Error) -> Option<ServerAddress> {
    let ErrorKind::ServerSelection { message, .. } = error.kind.as_ref() else { return None };
    words::addresses(message).find_map(|address| ServerAddress::parse(address).ok())
}

/// Says which error of the driver it is, for when the program records that itself.
fn standing_for(exception: Exception, words: &str) -> Exception {
    exception.standing_for(format!("Kind: {words}").as_str())
}

/// The error in the reply to a command that did not fail as a whole.
pub(crate) fn of_reply(reply: &Document) -> Option<Exception> {
    let write_errors = reply.get_array("writeErrors").ok().filter(|errors| !errors.is_empty());
    if let Some((Bson::Document(first), more)) = write_errors.and_then(|errors| errors.split_first()) {
        return Some(of_writes(more.len() + 1, Some(first)));
    }
    if let Ok(error) = reply.get_document("writeConcernError") {
        return Some(of_writes(1, Some(error)));
    }
    // The command `bulkWrite` puts the errors into a cursor and their number here.
    let failed =
        integer(reply, "nErrors").and_then(|failed| usize::try_from(failed).ok()).filter(|failed| *failed > 0)?;
    let results = reply.get_document("cursor").and_then(|cursor| cursor.get_array("firstBatch"));
    let results = results.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Bson::as_document);
    Some(of_writes(failed, results.into_iter().find(|result| integer(result, "ok") == Some(0))))
}

fn of_writes(failed: usize, first: Option<&Document>) -> Exception {
    let code = first.and_then(|first| integer(first, "code"));
    let first = first.map(|first| {
        let message = first.get_str("errmsg").unwrap_or_default();
        of_server(code.unwrap_or_default(), first.get_str("codeName").ok(), message)
    });
    let exception = match first {
        Some(first) if failed == 1 => first,
        first => {
            let all = Exception::new("WriteErrors", &format!("{failed} writes failed")).remote(true);
            first.into_iter().fold(all, Exception::caused_by)
        }
    };
    standing_for(exception, &write_failed(code))
}

fn of_server(code: i64, name: Option<&str>, message: &str) -> Exception {
    let name = name.filter(|name| !name.is_empty()).or_else(|| name_of(code)).unwrap_or("MongoError");
    Exception::new(name, &format!("{} (code {code})", public_or_note(message))).remote(true)
}

const UNREACHED: [&str; 10] = [
    "Authentication",
    "Command", // of the handshake
    "ConnectionPoolCleared",
    "DnsResolve",
    "IncompatibleServer",
    "Internal",
    "InvalidTlsConfig",
    "Io",
    "ProxyConnect",
    "ServerSelection",
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

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    fn shown(exception: Option<Exception>) -> String {
        format!("{exception:?}")
    }

    #[test]
    fn errors_in_replies_are_found() {
        let write = |code: i32| doc! { "index": 0, "code": code, "errmsg": "s3cret", "keyValue": { "name": "s3cret" } };
        for (reply, names) in [
            (doc! { "ok": 1, "n": 1 }, vec![]),
            (doc! { "ok": 1, "writeErrors": [] }, vec![]),
            (doc! { "ok": 1, "nErrors": 0 }, vec![]),
            (doc! { "ok": 1, "nErrors": 3 }, vec!["\"WriteErrors\"", "\"3 writes failed\""]),
            (
                doc! { "ok": 1, "nErrors": 1, "cursor": { "firstBatch": [
                    { "ok": 1, "idx": 0 }, { "ok": 0.0, "idx": 1, "code": 11_000, "errmsg": "s3cret" },
                ] } },
                vec!["\"DuplicateKey\"", "(code 11000)"],
            ),
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

//! What may be recorded of the texts of the driver's errors, which quote documents and whole replies of the server.

use crate::message::{self, NOT_RECORDED};

/// The message of an error without what the driver's own errors, if it holds one of them, say of documents.
///
/// It holds one when a program wraps it into an error of its own, or unwraps it into a panic. What the program has
/// written behind it goes with it.
pub(crate) fn public(message: &str) -> Option<String> {
    let (position, shape) = SHAPES.into_iter().filter_map(|shape| Some((shape.find(message)?, shape))).min()?;
    let (before, text) = message.split_at(position);
    Some(match shape {
        Shape::Display => format!("{before}{KIND}{}", of_kind(&text[KIND.len()..])),
        Shape::Debug => format!("{before}{DEBUG}{}", of_debug(&text[DEBUG.len()..])),
        Shape::Kind => format!("{before}{}", of_kind(text)),
    })
}

/// What may be recorded of the text of an `ErrorKind`, whatever stands behind it.
pub(crate) fn of_kind(text: &str) -> String {
    if let Some((reason, topology)) = text.split_once(". Topology: ")
        && reason.starts_with(SELECTION)
    {
        return of_selection(reason, topology);
    }
    // The first of them, so that nothing behind it is taken for the driver's words.
    let text = text.split_once(LABELS).map_or(text, |(text, _)| text);
    if let Some(text) = text.strip_prefix(COMMAND) {
        return of_command(text).unwrap_or_else(|| format!("{COMMAND}{NOT_RECORDED}"));
    }
    if let Some((_, text)) = WRITES.into_iter().find_map(|begin| Some((begin, text.strip_prefix(begin)?))) {
        return write_failed(code_in(text));
    }
    if let Some((pool, error)) = text.split_once(CLEARED)
        && pool.starts_with("Connection pool for ")
    {
        return format!("{pool}{CLEARED}{}", of_kind(error));
    }
    if DRIVERS_OWN.iter().any(|begin| text.starts_with(begin)) { text.to_owned() } else { NOT_RECORDED.to_owned() }
}

/// A write that failed, the same for all operations that write.
pub(crate) fn write_failed(code: Option<i64>) -> String {
    match code {
        Some(code) => format!("{WRITE_FAILED} (code {code})"),
        None => WRITE_FAILED.to_owned(),
    }
}

/// The addresses of the servers of which one was to be selected.
pub(crate) fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split("{ Address: ").skip(1).filter_map(|server| server.split([',', ' ']).next())
}

/// `26 (NamespaceNotFound): ns not found`
fn of_command(text: &str) -> Option<String> {
    let (code, text) = text.split_once(" (")?;
    let (name, message) = text.split_once("): ")?;
    let is_code = !code.is_empty() && code.chars().all(|character| character.is_ascii_digit() || character == '-');
    let is_name = name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    let message = message::public_or_note(message);
    (is_code && is_name).then(|| format!("{COMMAND}{code} ({name}): {message}"))
}

/// `{ Type: Unknown, Servers: [ { Address: a:27017, Type: Unknown, Error: Kind: … }, … ] }`
fn of_selection(reason: &str, topology: &str) -> String {
    let servers = topology.split("{ Address: ").skip(1).map(|server| {
        let address = server.split([',', ' ']).next().unwrap_or_default();
        match server.split_once("Error: Kind: ") {
            Some((_, error)) => format!("{address}: {}", of_kind(error)),
            None => address.to_owned(),
        }
    });
    format!("{reason}. Servers: {}", servers.collect::<Vec<_>>().join("; "))
}

/// `Write(WriteError(WriteError { code: 11000, …`
fn of_debug(text: &str) -> String {
    let variant = &text[..text.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(text.len())];
    match code_in(text).filter(|_| ["BulkWrite", "Command", "InsertMany", "Write"].contains(&variant)) {
        Some(code) => format!("{variant} (code {code})"),
        None => variant.to_owned(),
    }
}

fn code_in(text: &str) -> Option<i64> {
    let number = text.split_once("code: ").or_else(|| text.split_once("(code "))?.1;
    let end = number.find(|character: char| !character.is_ascii_digit() && character != '-').unwrap_or(number.len());
    number[..end].parse().ok()
}

/// How an error of the driver is found in a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Display,
    Debug,
    Kind,
}

const SHAPES: [Shape; 3] = [Shape::Display, Shape::Debug, Shape::Kind];

impl Shape {
    fn find(self, message: &str) -> Option<usize> {
        match self {
            Self::Display => error_in(message, KIND, &[COMMAND, WRITES[0], WRITES[1], WRITES[2]]),
            Self::Debug => error_in(message, DEBUG, &["BulkWrite(", "Command(", "InsertMany(", "Write("]),
            Self::Kind => WRITES.into_iter().chain([COMMAND]).filter_map(|begin| message.find(begin)).min(),
        }
    }
}

/// Where an error begins. Its end tells it from other texts, unless that was cut off: then its words do, or the cut.
fn error_in(message: &str, begin: &str, words: &[&str]) -> Option<usize> {
    let is_cut_off = message.len() >= LONGEST;
    let mut begins = message.match_indices(begin);
    let found = begins.find(|(position, _)| {
        let text = &message[position + begin.len()..];
        let is_part_of_a_name =
            message[..*position].ends_with(|character: char| character.is_alphanumeric() || "_:".contains(character));
        !is_part_of_a_name && (is_cut_off || text.contains(LABELS) || words.iter().any(|words| text.starts_with(words)))
    });
    found.map(|(position, _)| position)
}

/// What a filter is given at most of a message, in characters.
const LONGEST: usize = 2_500;
const KIND: &str = "Kind: ";
const DEBUG: &str = "Error { kind: ";
const LABELS: &str = ", labels: {";
const COMMAND: &str = "Command failed: Error code ";
const SELECTION: &str = "Server selection timeout: ";
const CLEARED: &str = " cleared because another operation failed with: Kind: ";
const WRITE_FAILED: &str = "a write failed";

const WRITES: [&str; 3] = [
    "An error occurred when trying to execute a write operation: ",
    "An error occurred when trying to execute an insert_many operation: ",
    "An error occurred when executing Client::bulk_write: ",
];

/// Words of the driver, of the system or of the program, not of documents.
const DRIVERS_OWN: [&str; 10] = [
    SELECTION,
    "I/O error: ",
    "An error occurred during DNS resolution: ",
    "Attempted to start a session on a deployment that does not support sessions",
    "Cannot provide resume functionality when the resume token is missing",
    "Client has been shut down",
    "Custom user error",
    "MONGODB-X509 failure: ",
    "PLAIN failure: ",
    "SCRAM failure: ",
];

#[cfg(test)]
mod tests {
    use mongodb::bson::{doc, from_document};
    use mongodb::error::{CommandError, Error, ErrorKind, WriteError, WriteFailure};

    use super::*;

    fn write_error() -> Error {
        let error = doc! {
            "code": 11_000, "errInfo": { "name": "s3cret" },
            "errmsg": "E11000 duplicate key error collection: shop.orders index: by_name dup key: { name: \"s3cret\" }",
        };
        ErrorKind::Write(WriteFailure::WriteError(from_document::<WriteError>(error).unwrap())).into()
    }

    fn command_error(message: &str) -> Error {
        let error = doc! { "code": 2, "codeName": "BadValue", "errmsg": message };
        ErrorKind::Command(from_document::<CommandError>(error).unwrap()).into()
    }

    #[test]
    fn of_the_driver_s_errors_only_words_without_values_are_left() {
        let refused = || Error::from(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
        for (message, recorded) in [
            (write_error().to_string(), "Kind: a write failed (code 11000)"),
            (format!("cannot save: {}", write_error()), "cannot save: Kind: a write failed (code 11000)"),
            (format!("cannot save: {}", write_error().kind), "cannot save: a write failed (code 11000)"),
            (format!("unwrapped: {:?}", write_error()), "unwrapped: Error { kind: Write (code 11000)"),
            (
                command_error("unknown operator: s3cret, labels: {s3cret").to_string(),
                "Kind: Command failed: Error code 2 (BadValue): the message may hold a value and is not recorded",
            ),
            (command_error("ns not found").to_string(), "Kind: Command failed: Error code 2 (BadValue): ns not found"),
            (format!("{:?}", command_error("s3cret")), "Error { kind: Command (code 2)"),
            (refused().to_string(), "Kind: I/O error: connection refused"),
            (format!("{:?}", refused()), "Error { kind: Io"),
            (
                Error::custom("s3cret".len()).to_string(),
                "Kind: Custom user error",
            ),
            (
                "Kind: invalid type: string \"s3cret\", expected i32, labels: {}, source: None".to_owned(),
                "Kind: the message may hold a value and is not recorded",
            ),
            (
                "Kind: Connection pool for a:1 cleared because another operation failed with: Kind: I/O error: timed \
                 out, labels: {}, source: None, labels: {}".to_owned(),
                "Kind: Connection pool for a:1 cleared because another operation failed with: Kind: I/O error: timed out",
            ),
            (
                "Kind: Server selection timeout: No available servers. Topology: { Type: Unknown, Servers: [ { Address: a:1, \
                 Type: Unknown, Error: Kind: I/O error: refused, labels: {} }, { Address: b:2, Type: Unknown, Error: Kind: \
                 s3cret, labels: {} }, { Address: c:3, Type: Unknown } ] }, labels: {}".to_owned(),
                "Kind: Server selection timeout: No available servers. Servers: a:1: I/O error: refused; b:2: the message may \
                 hold a value and is not recorded; c:3",
            ),
        ] {
            let public = public(&message).unwrap();
            assert_eq!(public, recorded, "{message}");
            assert_eq!(super::public(&public).unwrap_or(public.clone()), public, "said again");
        }
    }

    #[test]
    fn an_error_that_was_cut_off_is_one_as_well() {
        let message: String = format!("Kind: invalid type: string \"{}\", expected i32", "s3cret".repeat(1_000));
        let cut: String = message.chars().take(2_500).collect();
        assert_eq!(public(&cut).unwrap(), format!("Kind: {NOT_RECORDED}"));
    }

    #[test]
    fn messages_of_others_are_left_alone() {
        for message in [
            "",
            "cannot load the cart",
            "Kind: of blue",
            "Error code 2 (BadValue)",
            "reqwest::Error { kind: Request, labels: {} }",
            "IoError { kind: Write(2) }",
            NOT_RECORDED,
        ] {
            assert_eq!(public(message), None, "{message}");
        }
    }
}

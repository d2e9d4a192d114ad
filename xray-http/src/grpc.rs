//! gRPC: what its requests and replies are known by, and the status of replies.

use http::{HeaderMap, header};
use xray_core::{Entity, Exception};

/// Records the status among the headers or the trailers of a reply, if there is one and it is not that of success.
///
/// `remote` says whether the other side of a call has raised it.
pub(crate) fn record_status(entity: &Entity, headers: &HeaderMap, remote: bool) {
    let Some((name, flag)) = headers.get(STATUS).and_then(|status| failure(status.as_bytes())) else { return };
    let message = headers.get("grpc-message").map(|message| percent_decoded(message.as_bytes())).unwrap_or_default();
    record_failure(entity, Exception::new(name, &message).remote(remote), flag);
}

pub(crate) fn record_failure(entity: &Entity, exception: Exception, flag: Flag) {
    entity.record_exception(exception);
    match flag {
        Flag::Error => entity.set_error(),
        Flag::Throttle => entity.set_throttle(),
        Flag::Fault => entity.set_fault(),
    }
}

pub(crate) const STATUS: &str = "grpc-status";

/// Not `application/grpc-web`, which has its trailers in the body.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.as_bytes().strip_prefix(b"application/grpc"));
    kind.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Flag {
    Error,
    Throttle,
    Fault,
}

/// The name of a status, and the flag that the X-Ray SDK for Go sets for it; `None` for success.
fn failure(status: &[u8]) -> Option<(&'static str, Flag)> {
    Some(match status {
        b"0" => return None,
        b"1" => ("CANCELLED", Flag::Error),
        b"3" => ("INVALID_ARGUMENT", Flag::Error),
        b"4" => ("DEADLINE_EXCEEDED", Flag::Fault),
        b"5" => ("NOT_FOUND", Flag::Error),
        b"6" => ("ALREADY_EXISTS", Flag::Error),
        b"7" => ("PERMISSION_DENIED", Flag::Error),
        b"8" => ("RESOURCE_EXHAUSTED", Flag::Throttle),
        b"9" => ("FAILED_PRECONDITION", Flag::Error),
        b"10" => ("ABORTED", Flag::Error),
        b"11" => ("OUT_OF_RANGE", Flag::Error),
        b"12" => ("UNIMPLEMENTED", Flag::Fault),
        b"13" => ("INTERNAL", Flag::Fault),
        b"14" => ("UNAVAILABLE", Flag::Fault),
        b"15" => ("DATA_LOSS", Flag::Fault),
        b"16" => ("UNAUTHENTICATED", Flag::Error),
        // 2, and what gRPC takes for it: any status that it does not know.
        _ => ("UNKNOWN", Flag::Fault),
    })
}

/// What is not percent-encoded as it should be stays as it is.
fn percent_decoded(mut text: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    while let Some((first, rest)) = text.split_first() {
        let encoded = rest.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let byte = encoded.and_then(|digits| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(byte.unwrap_or(*first));
        text = if byte.is_some() { &rest[2..] } else { rest };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_decoded_as_far_as_they_are_encoded() {
        for (message, decoded) in [
            ("", ""),
            ("out of stock", "out of stock"),
            ("100%25 sold%0Aout: %C3%A9", "100% sold\nout: é"),
            ("100% sold, %+1 and %2", "100% sold, %+1 and %2"),
            ("%FF", "\u{fffd}"),
        ] {
            assert_eq!(percent_decoded(message.as_bytes()), decoded, "{message}");
        }
    }

    #[test]
    fn statuses_set_the_flags_of_the_go_sdk() {
        let flag_of = |status: &str| failure(status.as_bytes()).map(|(_, flag)| flag);
        assert_eq!(flag_of("0"), None);
        for error in ["1", "3", "5", "6", "7", "9", "10", "11", "16"] {
            assert_eq!(flag_of(error), Some(Flag::Error), "{error}");
        }
        assert_eq!(flag_of("8"), Some(Flag::Throttle));
        for fault in ["2", "4", "12", "13", "14", "15", "17", "", "lost"] {
            assert_eq!(flag_of(fault), Some(Flag::Fault), "{fault}");
        }
    }
}

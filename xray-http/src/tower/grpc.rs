//! gRPC: the names of calls, and the status of replies.

use bytes::Buf;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body::{Body, Frame};
use xray_core::{Entity, Exception, HttpResponse, Subsegment};

use super::error::CallError;

/// The service in the path of a gRPC call, `/shop.Stock/Count`; `None` for any other call.
pub(super) fn service<B>(request: &Request<B>) -> Option<&str> {
    let path = request.uri().path().strip_prefix('/').filter(|_| is_grpc(request.headers()))?;
    path.split_once('/').map(|(service, _)| service).filter(|service| !service.is_empty())
}

/// Records the headers of a gRPC reply. What is returned records the rest, unless they say all: then the call has ended.
///
/// The status is among them where a call failed without a message, and else in the trailers: see
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses>.
pub(super) fn record_reply<B: Body>(subsegment: Subsegment, response: &Response<B>) -> Option<GrpcReply> {
    let headers = response.headers();
    if headers.contains_key(STATUS) {
        record_status(&subsegment, headers);
        subsegment.end();
        return None;
    }
    // A proxy's own answer has no gRPC status, and its HTTP status is recorded.
    if !is_grpc(headers) || response.status() != StatusCode::OK {
        subsegment.end();
        return None;
    }
    let reply = GrpcReply { subsegment, received: 0 };
    if response.body().is_end_stream() {
        reply.complete(&HeaderMap::new());
        return None;
    }
    Some(reply)
}

/// A gRPC reply that is being received. Dropped before its trailers, it is cancelled.
#[derive(Debug)]
pub(crate) struct GrpcReply {
    subsegment: Subsegment,
    /// Bytes of the body.
    received: u64,
}

impl GrpcReply {
    /// Records what came; nothing is left of a reply that is complete.
    ///
    /// `ended` says that nothing follows: who knows that from the body does not ask it for the rest.
    pub(super) fn after<D, E, Errors>(
        mut self: Box<Self>,
        frame: Option<&Result<Frame<D>, E>>,
        ended: bool,
    ) -> Option<Box<Self>>
    where
        D: Buf,
        E: CallError<Errors>,
    {
        match frame {
            Some(Ok(frame)) => {
                self.received += frame.data_ref().map_or(0, |data| data.remaining() as u64);
                match frame.trailers_ref() {
                    Some(trailers) => self.complete(trailers),
                    None if ended => self.complete(&HeaderMap::new()),
                    None => return Some(self),
                }
            }
            Some(Err(error)) => {
                error.record_in(&self.subsegment);
                self.subsegment.end();
            }
            None => self.complete(&HeaderMap::new()),
        }
        None
    }

    /// Ends the call here: somebody else reads the rest.
    pub(super) fn hand_out(self) {
        self.subsegment.end();
    }

    fn complete(self, trailers: &HeaderMap) {
        let response = HttpResponse::new(StatusCode::OK.as_u16()).content_length(Some(self.received));
        self.subsegment.set_http_response(response);
        record_status(&self.subsegment, trailers);
        self.subsegment.end();
    }
}

/// Records the status of a call, unless it is that of success. A reply without one is a fault: the server, or somebody
/// on the way, broke it off.
fn record_status(subsegment: &Subsegment, headers: &HeaderMap) {
    if headers.contains_key(STATUS) {
        record_status_in(subsegment, headers, true);
    } else {
        record_failure(subsegment, Exception::new("UNKNOWN", "the reply ended without a gRPC status"), Flag::Fault);
    }
}

/// Records the status among the headers or the trailers of a reply, if there is one and it is not that of success.
///
/// `remote` says whether the other side of a call has raised it.
pub(crate) fn record_status_in(entity: &Entity, headers: &HeaderMap, remote: bool) {
    let Some((name, flag)) = headers.get(STATUS).and_then(|status| failure(status.as_bytes())) else { return };
    let message = headers.get("grpc-message").map(|message| percent_decoded(message.as_bytes())).unwrap_or_default();
    record_failure(entity, Exception::new(name, &message).remote(remote), flag);
}

fn record_failure(entity: &Entity, exception: Exception, flag: Flag) {
    entity.record_exception(exception);
    match flag {
        Flag::Error => entity.set_error(),
        Flag::Throttle => entity.set_throttle(),
        Flag::Fault => entity.set_fault(),
    }
}

const STATUS: &str = "grpc-status";

/// Not `application/grpc-web`, which has its trailers in the body.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.as_bytes().strip_prefix(b"application/grpc"));
    kind.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flag {
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

//! The reply to a gRPC call.

use bytes::Buf;
use http::{HeaderMap, Response, StatusCode};
use http_body::{Body, Frame};
use xray_core::{Exception, HttpResponse, Subsegment};

use super::timed::TimedCall;
use crate::error::CallError;
use crate::grpc::{self, Flag, STATUS, is_grpc};

/// Records the headers of a gRPC reply. What is returned records the rest, unless they say all: then the call has ended.
///
/// The status is among them where a call failed without a message, and else in the trailers: see
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses>.
pub(super) fn record_reply<B: Body>(call: TimedCall, response: &Response<B>) -> Option<GrpcReply> {
    let headers = response.headers();
    if headers.contains_key(STATUS) {
        record_status(&call, headers);
        call.end();
        return None;
    }
    // A proxy's own answer has no gRPC status, and its HTTP status is recorded.
    if !is_grpc(headers) || response.status() != StatusCode::OK {
        call.end();
        return None;
    }
    let reply = GrpcReply { call, received: 0 };
    if response.body().is_end_stream() {
        reply.complete(&HeaderMap::new());
        return None;
    }
    Some(reply)
}

/// A gRPC reply that is being received. Dropped before its trailers, the call is given up.
#[derive(Debug)]
pub(crate) struct GrpcReply {
    call: TimedCall,
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
                error.record_in(&self.call);
                self.call.end();
            }
            None => self.complete(&HeaderMap::new()),
        }
        None
    }

    /// Ends the call here: somebody else reads the rest.
    pub(super) fn hand_out(self) {
        self.call.end();
    }

    fn complete(self, trailers: &HeaderMap) {
        let response = HttpResponse::new(StatusCode::OK.as_u16()).content_length(Some(self.received));
        self.call.set_http_response(response);
        record_status(&self.call, trailers);
        self.call.end();
    }
}

/// Records the status of a call, unless it is that of success. A reply without one is a fault: the server, or somebody
/// on the way, broke it off.
fn record_status(subsegment: &Subsegment, headers: &HeaderMap) {
    if headers.contains_key(STATUS) {
        grpc::record_status(subsegment, headers, true);
    } else {
        grpc::record_failure(
            subsegment,
            Exception::new("UNKNOWN", "the reply ended without a gRPC status"),
            Flag::Fault,
        );
    }
}

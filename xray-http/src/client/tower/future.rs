//! The future of a call.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::XRayClientBody;
use super::reply::{self, GrpcReply};
use super::timed::TimedCall;
use crate::client::{self, ClientResponse, RunningCall};
use crate::content_length::declared_length;
use crate::error::CallError;

pin_project! {
    /// The future of a traced call, made by [`XRayClientService`](super::XRayClientService).
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct XRayClientFuture<F, Errors, BodyErrors> {
        #[pin]
        call: RunningCall<F, TimedCall>,
        errors: PhantomData<fn() -> (Errors, BodyErrors)>,
    }
}

impl<F: Future, Errors, BodyErrors> XRayClientFuture<F, Errors, BodyErrors> {
    pub(super) fn new(recorded: Option<TimedCall>, call: F) -> Self {
        Self { call: RunningCall::new(recorded, call), errors: PhantomData }
    }
}

impl<F, RB, E, Errors, BodyErrors> Future for XRayClientFuture<F, Errors, BodyErrors>
where
    F: Future<Output = Result<Response<RB>, E>>,
    RB: Body,
    E: CallError<Errors>,
{
    type Output = Result<Response<XRayClientBody<RB, BodyErrors>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll_with(context, |recorded, outcome| {
            let reply = recorded.and_then(|call| record(call, &outcome));
            outcome.map(|response| response.map(|body| XRayClientBody::new(body, reply)))
        })
    }
}

/// Records what became of a call. What is returned goes on with the body, else the call ends here.
fn record<RB, E, Errors>(call: TimedCall, outcome: &Result<Response<RB>, E>) -> Option<GrpcReply>
where
    RB: Body,
    E: CallError<Errors>,
{
    match outcome {
        Ok(response) => {
            client::record_response(&call, response);
            reply::record_reply(call, response)
        }
        Err(error) => {
            error.record_in(&call);
            call.end();
            None
        }
    }
}

impl<RB> ClientResponse for Response<RB> {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }

    fn content_length(&self) -> Option<u64> {
        declared_length(self.headers())
    }
}

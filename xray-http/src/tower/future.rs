//! The future of a call.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;
use xray_core::Subsegment;

use super::error::CallError;
use super::grpc;
use crate::client::{self, ClientResponse, RunningCall};

pin_project! {
    /// The future of a traced call, made by [`XRayClientService`](super::XRayClientService).
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct XRayClientFuture<F, Errors> {
        #[pin]
        call: RunningCall<F>,
        errors: PhantomData<fn() -> Errors>,
    }
}

impl<F: Future, Errors> XRayClientFuture<F, Errors> {
    pub(super) fn new(subsegment: Option<Subsegment>, call: F) -> Self {
        Self { call: RunningCall::new(subsegment, call), errors: PhantomData }
    }
}

impl<F, RB, E, Errors> Future for XRayClientFuture<F, Errors>
where
    F: Future<Output = Result<Response<RB>, E>>,
    E: CallError<Errors>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().call.poll_and_record(context, |subsegment, outcome| match outcome {
            Ok(response) => {
                client::record_response(subsegment, response);
                grpc::record_status(subsegment, response.headers());
            }
            Err(error) => error.record_in(subsegment),
        })
    }
}

impl<RB> ClientResponse for Response<RB> {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }

    fn content_length(&self) -> Option<u64> {
        client::declared_length(self.headers())
    }
}

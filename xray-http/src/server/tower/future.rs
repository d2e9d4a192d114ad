//! The future of a request.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;
use xray_core::TRACE_HEADER;

use super::body::XRayBody;
use crate::content_length::declared_length;
use crate::error::CallError;
use crate::grpc;
use crate::server::{Course, RunningHandler, Serving};

pin_project! {
    /// The future of a traced request, made by [`XRayService`](super::XRayService).
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct XRayFuture<F, Errors, BodyErrors> {
        #[pin]
        handler: RunningHandler<F>,
        errors: PhantomData<fn() -> (Errors, BodyErrors)>,
    }
}

impl<F, Errors, BodyErrors> XRayFuture<F, Errors, BodyErrors> {
    pub(super) fn call(course: Course, call: impl FnOnce() -> F) -> Self {
        Self { handler: RunningHandler::call(course, call), errors: PhantomData }
    }
}

impl<F, B, E, Errors, BodyErrors> Future for XRayFuture<F, Errors, BodyErrors>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: CallError<Errors>,
{
    type Output = Result<Response<XRayBody<B, BodyErrors>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().handler.poll_with(context, |serving, outcome| match outcome {
            Ok(response) => Ok(answer(serving, response)),
            Err(error) => {
                if let Some(serving) = serving {
                    if serving.is_recording() {
                        error.record_in(&serving);
                    }
                    serving.end();
                }
                Err(error)
            }
        })
    }
}

/// Records the response, and hands the segment on to its body.
fn answer<B: Body, BodyErrors>(
    serving: Option<Serving>,
    mut response: Response<B>,
) -> Response<XRayBody<B, BodyErrors>> {
    let Some(mut serving) = serving else { return response.map(|body| XRayBody::new(body, None)) };
    if let Some(header) = serving.answer()
        && let Ok(header) = HeaderValue::try_from(header.to_string())
    {
        response.headers_mut().insert(NAME, header);
    }
    if serving.is_recording() {
        let status = response.status().as_u16();
        let length = declared_length(response.headers()).or_else(|| response.body().size_hint().exact());
        serving.record_response(status, length);
        serving.expect_body(status, length);
        if response.body().is_end_stream() {
            serving.complete_body();
        }
        grpc::record_status(&serving, response.headers(), false);
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        // What follows is not HTTP any more.
        serving.end();
        return response.map(|body| XRayBody::new(body, None));
    }
    response.map(|body| XRayBody::new(body, Some(serving)))
}

const NAME: HeaderName = HeaderName::from_static(TRACE_HEADER);

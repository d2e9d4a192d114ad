//! The future of a request.

use std::borrow::Cow;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::actix_web::body::{BodySize, MessageBody};
use ::actix_web::dev::ServiceResponse;
use ::actix_web::http::StatusCode;
use ::actix_web::http::header::{self, HeaderName, HeaderValue};
use ::actix_web::{Error, HttpResponse};
use pin_project_lite::pin_project;
use xray_core::{Exception, TRACE_HEADER};

use super::body::XRayBody;
use crate::server::{Course, RunningHandler, Serving};

pin_project! {
    /// The future of a traced request, made by [`XRayService`](super::XRayService).
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct XRayFuture<F> {
        #[pin]
        handler: RunningHandler<F>,
    }
}

impl<F> XRayFuture<F> {
    pub(super) fn call(course: Course, call: impl FnOnce() -> F) -> Self {
        Self { handler: RunningHandler::call(course, call) }
    }
}

impl<F, B> Future for XRayFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<XRayBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().handler.poll_with(context, |serving, outcome| match (outcome, serving) {
            (Ok(response), Some(serving)) => Ok(answer(response, serving)),
            (Ok(response), None) => Ok(response.map_body(|_, body| XRayBody::new(body, None))),
            (Err(error), Some(serving)) => Err(fail(error, serving)),
            (Err(error), None) => Err(error),
        })
    }
}

/// Records a response, and lets the segment go on with its body.
fn answer<B: MessageBody>(mut response: ServiceResponse<B>, mut serving: Serving) -> ServiceResponse<XRayBody<B>> {
    // Middleware further in may have changed the path since the segment has begun.
    serving.record_route(|| response.request().match_pattern().map(Cow::Owned));
    record(&serving, response.response());
    serving.expect_body(response.status().as_u16(), content_length(response.response()));
    if let Some(error) = response.response().error() {
        record_cause(&serving, error);
    }
    if let Some((name, value)) = trace_header(&serving) {
        response.headers_mut().insert(name, value);
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        // What follows is not HTTP any more.
        serving.end();
        return response.map_body(|_, body| XRayBody::new(body, None));
    }
    response.map_body(|_, body| XRayBody::new(body, Some(serving)))
}

/// Records an error of other middleware, which becomes a response only further out. The program makes that, and only once: what
/// it says of it is recorded then.
fn fail(mut error: Error, serving: Serving) -> Error {
    record_cause(&serving, &error);
    let header = trace_header(&serving);
    if header.is_none() && !serving.is_recording() {
        serving.end();
        return error;
    }
    let unanswered = Unanswered(Cell::new(Some(serving)));
    error.add_response_mapper(move |mut response| {
        unanswered.answer(&response);
        if let Some((name, value)) = &header {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        response
    });
    error
}

/// A request that has failed, until somebody makes a response of its error. Dropped before, the error is a fault.
struct Unanswered(Cell<Option<Serving>>);

impl Unanswered {
    fn answer(&self, response: &HttpResponse) {
        if let Some(serving) = self.0.take() {
            record(&serving, response);
            serving.end();
        }
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(serving) = self.0.take() {
            serving.set_fault();
            serving.end();
        }
    }
}

fn record<B: MessageBody>(serving: &Serving, response: &HttpResponse<B>) {
    if serving.is_recording() {
        serving.record_response(response.status().as_u16(), content_length(response));
    }
}

/// The error's status decides about the flags.
fn record_cause(serving: &Serving, error: &Error) {
    if serving.is_recording() {
        // Behind `dyn`, where `Debug` tells the type: it shows the error that the program returned, not actix-web's box.
        serving.record_exception(Exception::from_error(error as &dyn std::error::Error));
    }
}

/// The length that the client will be told, also where there is no body, as in the answer to HEAD.
fn content_length<B: MessageBody>(response: &HttpResponse<B>) -> Option<u64> {
    let declared = || response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    declared().or_else(|| length_of(response.body()))
}

fn length_of(body: &impl MessageBody) -> Option<u64> {
    match body.size() {
        BodySize::Sized(length) => Some(length),
        BodySize::None | BodySize::Stream => None,
    }
}

fn trace_header(serving: &Serving) -> Option<(HeaderName, HeaderValue)> {
    let value = HeaderValue::from_str(&serving.answer()?.to_string()).ok()?;
    Some((HeaderName::from_static(TRACE_HEADER), value))
}

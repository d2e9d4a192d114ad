//! How a call ended.

use std::error::Error as _;

use aws_smithy_runtime_api::client::interceptors::context::{Error, FinalizerInterceptorContextRef};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse as Answer, Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry as _, RetryAction, RetryReason};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::retry::ErrorKind;
use aws_types::request_id::RequestId as _;
use xray_core::{Exception, HttpResponse, Subsegment, displayed};

use crate::parameters::{self, Message, OwnParameters};
use crate::service_error::ServiceError;

/// The name that the SDK gives to its timeouts.
pub(super) const TIMEOUT: &str = "TimeoutError";
/// Its name for a request that did not get out, or no answer that came.
pub(super) const DISPATCH_FAILURE: &str = "DispatchFailure";
/// Its name for an answer that cannot be read.
pub(super) const RESPONSE_ERROR: &str = "ResponseError";

pub(super) fn put(
    subsegment: &Subsegment,
    parameters: &OwnParameters,
    metadata: &Metadata,
    context: &FinalizerInterceptorContextRef<'_>,
    components: &RuntimeComponents,
) {
    let answer = context.response();
    if let Some(answer) = answer {
        put_answer(subsegment, answer);
    }
    match (context.output_or_error(), answer) {
        (Some(Ok(_)), Some(answer)) => put_parameters(subsegment, parameters, metadata, answer),
        (Some(Err(error)), _) => put_error(subsegment, error, context, components),
        (Some(Ok(_)) | None, _) => {}
    }
}

/// What every answer has.
pub(super) fn put_answer(subsegment: &Subsegment, answer: &Answer) {
    let headers = answer.headers();
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    // Not the body's own word for it: a body that was handed to the program as a stream says 0.
    let length = length.or_else(|| u64::try_from(answer.body().bytes()?.len()).ok());
    subsegment.set_http_response(HttpResponse::new(answer.status().as_u16()).content_length(length));
    for (key, value) in [("request_id", answer.request_id()), ("id_2", headers.get("x-amz-id-2"))] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            subsegment.put_aws(key, value);
        }
    }
}

fn put_parameters(subsegment: &Subsegment, own: &OwnParameters, metadata: &Metadata, answer: &Answer) {
    let message = Message { uri: "", header: &|name| answer.headers().get(name), body: answer.body().bytes() };
    let mut put = |key, value| subsegment.put_aws(key, value);
    parameters::of_response(metadata.service(), metadata.name(), &message, &mut put);
    own.of_response(metadata.service(), metadata.name(), &message, &mut put);
}

fn put_error(
    subsegment: &Subsegment,
    error: &OrchestratorError<Error>,
    context: &FinalizerInterceptorContextRef<'_>,
    components: &RuntimeComponents,
) {
    let answer = context.response();
    let status = answer.map_or(0, |answer| answer.status().as_u16());
    let raised = error.as_operation_error().zip(answer);
    let raised_there = raised.and_then(|(raised, answer)| raised_there(raised, answer));
    let is_service_error = raised_there.is_some();
    if !is_service_error && raised.is_some() && (300..400).contains(&status) {
        // Such as 304 for a condition that does not hold: an answer like any other, but for the SDK, which has no output for it.
        return;
    }
    subsegment.record_exception(raised_there.unwrap_or_else(|| raised_here(error, answer.is_some())));
    let throttled = is_service_error && is_throttled(context, components);
    if throttled {
        subsegment.set_throttle();
    }
    // The status has set the flag that it stands for. The service's 4xx is nobody's fault; S3 throttles with 200, too.
    let answered = !error.is_timeout_error() && !error.is_connector_error();
    let callers_error = answered && (400..500).contains(&status);
    if !throttled && !callers_error {
        subsegment.set_fault();
    }
}

/// What the service says is wrong; `None` if it says nothing and does not look wrong either.
fn raised_there(raised: &Error, answer: &Answer) -> Option<Exception> {
    let shown = displayed(raised);
    let body = answer.body().bytes().unwrap_or_default();
    let ServiceError { code, message } = ServiceError::of(&|name| answer.headers().get(name), body, &shown);
    let status = answer.status().as_u16();
    let code = code.or_else(|| (status >= 400).then(|| format!("HTTP {status}")))?;
    Some(Exception::new(&code, message.as_ref().unwrap_or(&shown)).remote(true).standing_for(shown.as_str()))
}

/// What went wrong on this side or on the way, by the name that the program sees, with its causes.
fn raised_here(error: &OrchestratorError<Error>, answered: bool) -> Exception {
    let name = if error.is_timeout_error() {
        TIMEOUT
    } else if error.is_connector_error() {
        DISPATCH_FAILURE
    } else if answered {
        RESPONSE_ERROR
    } else {
        "ConstructionFailure"
    };
    // The error itself only says which of these it is.
    match error.source() {
        Some(error) => named(name, error),
        None => Exception::new(name, &displayed(error)),
    }
}

/// An error by another name than that of its type, with its causes.
pub(super) fn named(name: &str, error: &(dyn std::error::Error + 'static)) -> Exception {
    let exception = Exception::new(name, &displayed(&error));
    match error.source() {
        Some(cause) => exception.caused_by(Exception::from_error(cause)),
        None => exception,
    }
}

/// Asks those whom the SDK asks before it tries again.
fn is_throttled(context: &FinalizerInterceptorContextRef<'_>, components: &RuntimeComponents) -> bool {
    components.retry_classifiers().any(|classifier| {
        matches!(
            classifier.classify_retry(context.inner()),
            RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. })
        )
    })
}

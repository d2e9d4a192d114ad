//! One attempt of an operation, as the HTTP client sees it.

use aws_smithy_runtime_api::client::http::HttpConnectorFuture;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::body::SdkBody;
use xray_core::__private::caught;
use xray_core::{Library, Namespace, Subsegment, begin_client_subsegment};

use super::call::{X_RAY, put_trace_header, subsegment_name};
use super::guarded::guarded;
use super::outcome;
use super::response_body::ResponseBody;
use super::services::Services;
use crate::parameters::{self, Message};
use crate::service_error::ServiceError;
use crate::signed_text;

/// An attempt that is recorded. Dropped before its answer, it is cancelled.
#[derive(Debug)]
pub(super) struct Attempt {
    subsegment: Subsegment,
    service: String,
    operation: &'static str,
}

impl Attempt {
    /// Begins the subsegment, and puts the trace header on the request; `None` if nothing is recorded.
    pub(super) fn begin(operation: &'static str, services: &Services, request: &mut HttpRequest) -> Option<Self> {
        caught(|| Self::try_begin(operation, services, request)).ok().flatten()
    }

    fn try_begin(operation: &'static str, services: &Services, request: &mut HttpRequest) -> Option<Self> {
        let agent = service_in_user_agent(request.headers())?;
        if agent.eq_ignore_ascii_case(X_RAY) {
            return None;
        }
        let mut service = String::new();
        let subsegment = begin_client_subsegment(Library::AwsSdk, || {
            service = services.id(agent);
            subsegment_name(&service).into_owned()
        });
        // The parameters are read first: they are of the request as the SDK made it. The header is not part of what was signed.
        let attempt = Self { subsegment, service, operation };
        if attempt.subsegment.is_recording() {
            signed_text::keep_out();
            attempt.put_request(services, request);
        }
        attempt.subsegment.set_cancelled_if_dropped(true);
        put_trace_header(&attempt.subsegment, request);
        attempt.subsegment.is_recording().then_some(attempt)
    }

    fn put_request(&self, services: &Services, request: &HttpRequest) {
        let headers = request.headers();
        self.subsegment.set_namespace(Namespace::Aws);
        self.subsegment.put_aws("operation", self.operation);
        self.subsegment.put_aws("retries", attempt_number(headers).saturating_sub(1));
        if let Some(region) = signed_region(headers) {
            self.subsegment.put_aws("region", region);
        }
        let mut uri = request.uri();
        let has_bucket = parameters::has_bucket(&self.service, self.operation);
        if let Some(account) = parameters::account_in_host(uri, has_bucket) {
            self.subsegment.put_aws(parameters::ACCOUNT_ID, account);
        }
        if has_bucket {
            let (bucket, path) = services
                .with_endpoints(&self.service, |endpoints| parameters::bucket_and_path(request.uri(), endpoints));
            if let Some(bucket) = bucket {
                self.subsegment.put_aws("bucket_name", bucket);
            }
            uri = path;
        }
        let message = Message { uri, header: &|name| headers.get(name), body: request.body().bytes() };
        parameters::of_request(&self.service, self.operation, &message, &mut |key, value| {
            self.subsegment.put_aws(key, value);
        });
    }

    /// Waits for the answer and records it. A future that is dropped ends the attempt.
    pub(super) async fn finish(self, call: HttpConnectorFuture) -> Result<HttpResponse, ConnectorError> {
        match call.await {
            Ok(mut answer) => {
                let _ = guarded(|| self.answered(&mut answer));
                Ok(answer)
            }
            Err(error) => {
                let _ = guarded(|| self.fail(outcome::DISPATCH_FAILURE, &error));
                Err(error)
            }
        }
    }

    /// The headers are there. Where the body tells more, the attempt ends with it.
    fn answered(self, answer: &mut HttpResponse) {
        outcome::put_answer(&self.subsegment, answer);
        let status = answer.status().as_u16();
        if status < 300 && !parameters::want_body_of_response(&self.service, self.operation) {
            self.put_response(answer.headers(), None);
            self.subsegment.end();
            return;
        }
        let reading = Reading { attempt: self, headers: answer.headers().clone(), status };
        match answer.body().bytes() {
            Some(body) => reading.finish(body, true),
            None => {
                let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
                *answer.body_mut() = ResponseBody::around(body, reading);
            }
        }
    }

    fn put_response(&self, headers: &Headers, body: Option<&[u8]>) {
        let message = Message { uri: "", header: &|name| headers.get(name), body };
        parameters::of_response(&self.service, self.operation, &message, &mut |key, value| {
            self.subsegment.put_aws(key, value);
        });
    }

    fn fail(&self, name: &str, error: &(dyn std::error::Error + 'static)) {
        self.subsegment.record_exception(outcome::named(name, error));
        self.subsegment.set_fault();
        self.subsegment.set_cancelled_if_dropped(false);
    }
}

/// An attempt whose answer is still being read.
#[derive(Debug)]
pub(super) struct Reading {
    attempt: Attempt,
    headers: Headers,
    status: u16,
}

impl Reading {
    /// The body, as far as the SDK has read it. If that is not the whole, the attempt is cancelled.
    pub(super) fn finish(self, body: &[u8], whole: bool) {
        let Self { attempt, headers, status } = self;
        attempt.subsegment.set_cancelled_if_dropped(!whole);
        let error = (status >= 300).then(|| ServiceError::of(&|name| headers.get(name), body, ""));
        let Some(error) = error.filter(|error| status >= 400 || error.code.is_some()) else {
            return attempt.put_response(&headers, Some(body));
        };
        attempt.subsegment.record_exception(error.exception(status));
        if status < 400 {
            attempt.subsegment.set_fault();
        }
        if error.code.is_some_and(|code| THROTTLING_ERRORS.contains(&code.as_str())) {
            attempt.subsegment.set_throttle();
        }
    }

    /// The body broke off.
    pub(super) fn fail(&self, error: &(dyn std::error::Error + 'static)) {
        self.attempt.fail(outcome::RESPONSE_ERROR, error);
    }
}

/// `aws-sdk-rust/1.3.8 ua/2.1 api/dynamodb/1.136.0 os/linux …`
fn service_in_user_agent(headers: &Headers) -> Option<&str> {
    ["x-amz-user-agent", "user-agent"].into_iter().find_map(|name| {
        let api = headers.get(name)?.split(' ').find_map(|part| part.strip_prefix("api/"))?;
        api.split('/').next().filter(|service| !service.is_empty())
    })
}

/// `attempt=2; max=3`
fn attempt_number(headers: &Headers) -> u32 {
    let fields = headers.get("amz-sdk-request").unwrap_or_default();
    fields.split("; ").find_map(|field| field.strip_prefix("attempt=")?.parse().ok()).unwrap_or(1)
}

/// `AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/dynamodb/aws4_request, SignedHeaders=…`; the signatures for several
/// regions have none there.
fn signed_region(headers: &Headers) -> Option<&str> {
    let (_, behind) = headers.get("authorization")?.strip_prefix("AWS4-HMAC-SHA256 ")?.split_once("Credential=")?;
    behind.split(',').next()?.rsplit('/').nth(2)
}

/// The SDK's own list, `aws_runtime::retries::classifiers::THROTTLING_ERRORS`.
const THROTTLING_ERRORS: [&str; 14] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_tell_what_is_sent_where() {
        let signed = |scope: &str| format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        for (name, value, service, attempt, region) in [
            ("x-amz-user-agent", "aws-sdk-rust/1.3.8 ua/2.1 api/dynamodb/1.136.0 os/linux", Some("dynamodb"), 1, None),
            ("user-agent", "aws-sdk-rust/1.3.8 api/s3/1.157.0", Some("s3"), 1, None),
            ("user-agent", "curl/8 api/", None, 1, None),
            ("amz-sdk-request", "attempt=3; max=3", None, 3, None),
            ("amz-sdk-request", "ttl=20261120T063000Z; attempt=2; max=3", None, 2, None),
            ("amz-sdk-request", "attempt=x", None, 1, None),
            ("authorization", &signed("AKID/20261120/eu-west-1/s3/aws4_request"), None, 1, Some("eu-west-1")),
            (
                "authorization",
                "AWS4-ECDSA-P256-SHA256 Credential=AKID/20261120/s3/aws4_request, Signature=0",
                None,
                1,
                None,
            ),
            ("authorization", "AWS4-HMAC-SHA256 Credential=AKID", None, 1, None),
            ("authorization", "Bearer a/b/c/d", None, 1, None),
        ] {
            let mut headers = Headers::new();
            headers.insert(name, value.to_owned());
            let found = (service_in_user_agent(&headers), attempt_number(&headers), signed_region(&headers));
            assert_eq!(found, (service, attempt, region), "{name}: {value}");
        }
    }
}

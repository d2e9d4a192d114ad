//! The state of a call, which lives in the call's own configuration.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::endpoint_config::EndpointUrl;
use aws_types::region::Region;
use xray_core::{ClientCall, Exception, Library, Namespace, Subsegment, TRACE_HEADER, begin_client_subsegment};

use super::guarded::guarded;
use super::outcome;
use crate::parameters::{self, Message, OwnParameters};
use crate::signed_text;

/// A call that is recorded.
///
/// The future of the call owns it, by way of the configuration: a future that is dropped ends the subsegment, as cancelled.
#[derive(Debug)]
pub(super) struct Call {
    subsegment: Subsegment,
    metadata: Metadata,
    /// Those of the interceptor that began it.
    parameters: Arc<OwnParameters>,
    /// When the SDK will give the call up.
    deadline: Option<Deadline>,
    /// Path and query as they were before the endpoint put a bucket in front.
    serialized_uri: Option<String>,
    finished: bool,
}

#[derive(Debug)]
struct Deadline {
    at: Instant,
    timeout: Duration,
}

impl Storable for Call {
    type Storer = StoreReplace<Self>;
}

impl Call {
    /// Begins the subsegment, unless nothing is recorded here, or the call has one or is none of ours.
    pub(super) fn begin(parameters: &Arc<OwnParameters>, components: &RuntimeComponents, bag: &mut ConfigBag) {
        // Asked first, as it takes a few nanoseconds: the others look through the configuration and at every interceptor.
        if ClientCall::of(Library::AwsSdk) != ClientCall::Recorded {
            return;
        }
        let Some(metadata) = bag.load::<Metadata>().cloned() else { return };
        if metadata.service() == X_RAY || Self::of(bag).is_some() || is_presigned(components) {
            return;
        }
        signed_text::keep_out();
        let subsegment = begin_client_subsegment(Library::AwsSdk, || subsegment_name(metadata.service()));
        subsegment.set_cancelled_if_dropped(true);
        subsegment.set_namespace(Namespace::Aws);
        subsegment.put_aws("operation", metadata.name());
        if let Some(region) = bag.load::<Region>() {
            subsegment.put_aws("region", region.as_ref());
        }
        subsegment.put_aws("retries", 0);
        let deadline = bag.load::<TimeoutConfig>().and_then(TimeoutConfig::operation_timeout).and_then(Deadline::after);
        let parameters = Arc::clone(parameters);
        let call = Self { subsegment, metadata, parameters, deadline, serialized_uri: None, finished: false };
        bag.interceptor_state().store_put(call);
    }

    /// The request is there, without its endpoint.
    pub(super) fn serialized(request: &HttpRequest, bag: &mut ConfigBag) {
        let Some(call) = Self::of(bag) else { return };
        let (service, operation) = (call.metadata.service(), call.metadata.name());
        let message =
            Message { uri: request.uri(), header: &|name| request.headers().get(name), body: request.body().bytes() };
        let mut put = |key, value| call.subsegment.put_aws(key, value);
        parameters::of_request(service, operation, &message, &mut put);
        call.parameters.of_request(service, operation, &message, &mut put);
        if parameters::has_bucket(service, operation) {
            call.serialized_uri = Some(request.uri().to_owned());
        }
    }

    /// The request of an attempt has its endpoint, and is about to be signed; `false` if the call is not recorded.
    pub(super) fn addressed(request: &mut HttpRequest, bag: &mut ConfigBag) -> bool {
        if Self::of(bag).is_none() {
            return false;
        }
        let Some(call) = bag.load::<Self>() else { return false };
        put_trace_header(&call.subsegment, request);
        call.put_retries(bag);
        let has_bucket = call.serialized_uri.is_some();
        if let Some(account) = parameters::account_in_host(request.uri(), has_bucket) {
            call.subsegment.put_aws(parameters::ACCOUNT_ID, account);
        }
        if let Some(serialized) = &call.serialized_uri {
            let endpoint = bag.load::<EndpointUrl>().map(|endpoint| endpoint.0.as_str());
            if let Some(bucket) = parameters::bucket(serialized, request.uri(), endpoint) {
                call.subsegment.put_aws("bucket_name", bucket);
            }
        }
        true
    }

    /// There is an output or an error, and no attempt will follow.
    pub(super) fn finished(
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) {
        match Self::of(bag) {
            Some(call) if !call.finished => call.finished = true,
            _ => return,
        }
        if let Some(call) = bag.load::<Self>() {
            call.put_retries(bag);
            outcome::put(&call.subsegment, &call.parameters, &call.metadata, context, components);
            call.subsegment.set_cancelled_if_dropped(false);
        }
    }

    /// The state of the call. Only its own layer of the configuration is asked: `load` would ask all, of every call that is
    /// not recorded.
    fn of(bag: &mut ConfigBag) -> Option<&mut Self> {
        bag.get_mut_from_interceptor_state()
    }

    fn put_retries(&self, bag: &ConfigBag) {
        let attempts = bag.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        if attempts > 1 {
            self.subsegment.put_aws("retries", attempts - 1);
        }
    }
}

/// An attempt of a call that is not recorded is about to be signed.
///
/// In a trace that is not sampled it gets its header, which is made here so that nothing is kept until then. Where the trace
/// is missing, that is reported.
pub(super) fn pass_on(request: &mut HttpRequest, components: &RuntimeComponents, bag: &ConfigBag) {
    if !matches!(ClientCall::of(Library::AwsSdk), ClientCall::Unsampled | ClientCall::Missing)
        || bag.load::<Metadata>().is_none_or(|metadata| metadata.service() == X_RAY)
        || (!is_sent_by_sdk(request) && is_presigned(components))
    {
        return;
    }
    let call = begin_client_subsegment(Library::AwsSdk, || "");
    let _ = guarded(|| put_trace_header(&call, request));
}

/// Sets the header, in place of one that is there.
pub(super) fn put_trace_header(subsegment: &Subsegment, request: &mut HttpRequest) {
    if let Some(header) = subsegment.trace_header() {
        // A trace header has nothing in it that HTTP cannot carry; `try_insert` would copy the name.
        request.headers_mut().insert(TRACE_HEADER, header.to_string());
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // smithy-runtime 1.11 and older drop an operation that timed out, and run no further hook. What else drops a call
        // is the program, which is nobody's fault.
        let finished = self.finished || std::thread::panicking();
        if let Some(deadline) = self.deadline.take().filter(|deadline| !finished && deadline.has_passed()) {
            // In the words of the SDK, by which the program's error is recognised.
            let message =
                format!("operation timeout (all attempts including retries) occurred after {:?}", deadline.timeout);
            self.subsegment.record_exception(Exception::new(outcome::TIMEOUT, &message));
            self.subsegment.set_fault();
            self.subsegment.set_cancelled_if_dropped(false);
        }
    }
}

impl Deadline {
    fn after(timeout: Duration) -> Option<Self> {
        Some(Self { at: Instant::now().checked_add(timeout)?, timeout })
    }

    fn has_passed(&self) -> bool {
        // The SDK's clock was started a moment before ours.
        Instant::now() + Duration::from_millis(5) >= self.at
    }
}

/// The service as X-Ray and its SDK for Node.js write it: its id without spaces.
pub(super) fn subsegment_name(service: &str) -> Cow<'_, str> {
    if service.contains(' ') { service.replace(' ', "").into() } else { service.into() }
}

/// Whether the SDK has signed the request with its own name, which it does not do when it presigns. A program may keep it
/// from doing so, too.
fn is_sent_by_sdk(request: &HttpRequest) -> bool {
    request.headers().contains_key("x-amz-user-agent")
}

/// Presigning runs every hook and sends nothing, and headers set here would have to be sent with the presigned URL.
fn is_presigned(components: &RuntimeComponents) -> bool {
    components.interceptors().any(|interceptor| interceptor.name() == PRESIGNING)
}

/// The interceptor that every service crate presigns with.
const PRESIGNING: &str = "SigV4PresigningInterceptor";
pub(super) const X_RAY: &str = "XRay";

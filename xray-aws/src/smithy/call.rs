//! The state of a call, which lives in the call's own configuration.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
use xray_core::{Exception, Library, Namespace, Subsegment, TRACE_HEADER, begin_client_subsegment};

use super::outcome;
use crate::parameters::{self, Message, OwnParameters};

/// A call whose trace is known, recorded or not.
///
/// The future of the call owns it, by way of the configuration: a future that is dropped ends the subsegment.
#[derive(Debug)]
pub(super) struct Call {
    subsegment: Subsegment,
    /// Those of the interceptor that began it.
    parameters: Arc<OwnParameters>,
    /// When the SDK will give the call up.
    deadline: Option<Deadline>,
    finished: AtomicBool,
}

#[derive(Debug)]
struct Deadline {
    at: Instant,
    timeout: Duration,
}

impl Storable for Call {
    type Storer = StoreReplace<Self>;
}

/// Path and query as they were before the endpoint put a bucket in front.
#[derive(Debug)]
struct SerializedUri(String);

impl Storable for SerializedUri {
    type Storer = StoreReplace<Self>;
}

impl Call {
    /// Begins the subsegment, unless the call has one or is none of ours.
    pub(super) fn begin(parameters: &Arc<OwnParameters>, components: &RuntimeComponents, bag: &mut ConfigBag) {
        let Some(metadata) = bag.load::<Metadata>() else { return };
        let service = metadata.service();
        if service == X_RAY || bag.load::<Self>().is_some() || is_presigned(components) {
            return;
        }
        let subsegment = begin_client_subsegment(Library::AwsSdk, || subsegment_name(service));
        if subsegment.trace_id().is_none() {
            return;
        }
        let mut deadline = None;
        if subsegment.is_recording() {
            subsegment.set_namespace(Namespace::Aws);
            subsegment.put_aws("operation", metadata.name());
            if let Some(region) = bag.load::<Region>() {
                subsegment.put_aws("region", region.as_ref());
            }
            subsegment.put_aws("retries", 0);
            deadline = bag.load::<TimeoutConfig>().and_then(TimeoutConfig::operation_timeout).and_then(Deadline::after);
        }
        let parameters = Arc::clone(parameters);
        let call = Self { subsegment, parameters, deadline, finished: AtomicBool::new(false) };
        bag.interceptor_state().store_put(call);
    }

    /// The request is there, without its endpoint.
    pub(super) fn serialized(request: &HttpRequest, bag: &mut ConfigBag) {
        let Some((call, metadata)) = recording(bag) else { return };
        let (service, operation) = (metadata.service(), metadata.name());
        let message =
            Message { uri: request.uri(), header: &|name| request.headers().get(name), body: request.body().bytes() };
        let mut put = |key, value| call.subsegment.put_aws(key, value);
        parameters::of_request(service, operation, &message, &mut put);
        call.parameters.of_request(service, operation, &message, &mut put);
        if parameters::has_bucket(service, operation) {
            bag.interceptor_state().store_put(SerializedUri(request.uri().to_owned()));
        }
    }

    /// An attempt begins.
    pub(super) fn attempted(bag: &ConfigBag) {
        let attempts = bag.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        if attempts > 1
            && let Some((call, _)) = recording(bag)
        {
            call.subsegment.put_aws("retries", attempts - 1);
        }
    }

    /// The request has its endpoint, and is about to be signed.
    pub(super) fn addressed(request: &mut HttpRequest, bag: &ConfigBag) {
        let Some(call) = bag.load::<Self>() else { return };
        if let Some(header) = call.subsegment.trace_header() {
            // It fails for a header that HTTP cannot carry: then the request goes without.
            let _ = request.headers_mut().try_insert(TRACE_HEADER, header.to_string());
        }
        let Some((call, metadata)) = recording(bag) else { return };
        let has_bucket = parameters::has_bucket(metadata.service(), metadata.name());
        if let Some(account) = parameters::account_in_host(request.uri(), has_bucket) {
            call.subsegment.put_aws(parameters::ACCOUNT_ID, account);
        }
        if let Some(SerializedUri(serialized)) = bag.load::<SerializedUri>() {
            let endpoint = bag.load::<EndpointUrl>().map(|endpoint| endpoint.0.as_str());
            if let Some(bucket) = parameters::bucket(serialized, request.uri(), endpoint) {
                call.subsegment.put_aws("bucket_name", bucket);
            }
        }
    }

    /// There is an output or an error, and no attempt will follow.
    pub(super) fn finished(
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        bag: &ConfigBag,
    ) {
        if let Some((call, metadata)) = recording(bag)
            && !call.finished.swap(true, Ordering::Relaxed)
        {
            outcome::put(&call.subsegment, &call.parameters, metadata, context, components);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // smithy-runtime 1.11 and older drop an operation that timed out, and run no further hook. What else drops a call
        // is the program, which is nobody's fault.
        let finished = *self.finished.get_mut() || std::thread::panicking();
        if let Some(deadline) = self.deadline.take().filter(|deadline| !finished && deadline.has_passed()) {
            let message = format!("the operation timed out after {:?}", deadline.timeout);
            self.subsegment.record_exception(Exception::new(outcome::TIMEOUT, &message));
            self.subsegment.set_fault();
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

/// The call and what it calls, if that is recorded.
fn recording(bag: &ConfigBag) -> Option<(&Call, &Metadata)> {
    let call = bag.load::<Call>().filter(|call| call.subsegment.is_recording())?;
    Some((call, bag.load::<Metadata>()?))
}

/// The service as X-Ray and its SDK for Node.js write it: its id without spaces.
pub(super) fn subsegment_name(service: &str) -> Cow<'_, str> {
    if service.contains(' ') { service.replace(' ', "").into() } else { service.into() }
}

/// Presigning runs every hook and sends nothing, and headers set here would have to be sent with the presigned URL.
fn is_presigned(components: &RuntimeComponents) -> bool {
    components.interceptors().any(|interceptor| interceptor.name().contains("Presigning"))
}

pub(super) const X_RAY: &str = "XRay";

//! The interceptor: which hook does what.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::call::Call;

/// Traces the operations of the client, or the single operation, that it is attached to.
///
/// It records while the library `aws-sdk` is patched and a segment is current where the operation is awaited; else the
/// call passes untouched. Attached twice it records once. It never fails or changes a call, but for the trace header,
/// which replaces one that is already there; in a trace that is not sampled only the header is sent.
///
/// ```
/// use aws_sdk_dynamodb::{Client, Config, config::BehaviorVersion};
/// use xray_aws::XRayInterceptor;
///
/// let config = Config::builder().behavior_version(BehaviorVersion::latest()).interceptor(XRayInterceptor::new());
/// let client = Client::from_conf(config.build());
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct XRayInterceptor;

impl XRayInterceptor {
    /// Makes an interceptor. All are alike; the state of a call is kept with the call.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Intercept for XRayInterceptor {
    fn name(&self) -> &'static str {
        "XRayInterceptor"
    }

    // The first hook that knows the operation's name. Nothing was awaited before, so the current entity is still that of
    // the caller.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Call::begin(components, bag);
        Ok(())
    }

    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        guarded(|| Call::serialized(context.request(), bag))
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        guarded(|| Call::attempted(bag))
    }

    // The header is not part of what is signed; it is set here because the SDK's own, in a Lambda function, is too.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        guarded(|| Call::addressed(context.request_mut(), bag))
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // An input may be refused before the first hook above; that is a call that failed, too.
        if matches!(context.output_or_error(), Some(Err(_))) {
            Call::begin(components, bag);
        }
        guarded(|| Call::finished(context, components, bag))
    }
}

/// Runs our part of a hook: whatever happens in it, the call goes on.
fn guarded(work: impl FnOnce()) -> Result<(), BoxError> {
    // What the work leaves behind is a subsegment with less on it.
    let _ = catch_unwind(AssertUnwindSafe(work));
    Ok(())
}

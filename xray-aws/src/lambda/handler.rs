//! The service around a function's own.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use lambda_runtime::{LambdaEvent, Service};
use xray_core::{EntityScope, Recorder, TraceHeader};

use super::handler_error::HandlerError;
use super::invocation::Invocation;
use super::response::TracedResponse;
use super::running::Running;

/// Traces the invocations of a function.
///
/// `service` is whatever `lambda_runtime::run` takes, and so is the result. Its error may be anything that is an error or a
/// text, or a `Diagnostic`; another one that only converts to a `Diagnostic` is converted in the service, by
/// `.map_err(Diagnostic::from)`.
///
/// ```no_run
/// # use lambda_runtime::{Error, LambdaEvent, service_fn};
/// # async fn order(event: LambdaEvent<u32>) -> Result<u32, Error> { Ok(event.payload) }
/// # async fn example() -> Result<(), Error> {
/// lambda_runtime::run(xray_aws::lambda::handler(service_fn(order))).await
/// # }
/// ```
pub fn handler<S, T, Kind>(service: S) -> Handler<S, Kind>
where
    S: Service<LambdaEvent<T>>,
    S::Error: HandlerError<Kind>,
{
    Handler { service, subsegment: None, recorder: None, is_warm: Arc::default(), kind: PhantomData }
}

/// A function whose invocations are traced, made by [`handler`].
#[must_use = "a handler does nothing until it is run"]
pub struct Handler<S, Kind> {
    service: S,
    subsegment: Option<Cow<'static, str>>,
    recorder: Option<Recorder>,
    /// Whether the sandbox has seen an invocation.
    is_warm: Arc<AtomicBool>,
    kind: PhantomData<fn() -> Kind>,
}

/// Whether the invocation is the first one of its sandbox, as AWS's Powertools write it on the handler's subsegment.
const COLD_START: &str = "ColdStart";

impl<S, Kind> Handler<S, Kind> {
    /// Runs each invocation in a subsegment of its own. By default there is none.
    ///
    /// What is put on the current subsegment by the handler itself, annotations above all, then has a place, and so have
    /// its errors. The annotation `ColdStart` says whether the invocation is the first one of its sandbox, as AWS's Powertools
    /// write it.
    ///
    /// ```
    /// # use lambda_runtime::{Error, LambdaEvent, service_fn};
    /// async fn order(event: LambdaEvent<u32>) -> Result<u32, Error> {
    ///     xray_core::put_annotation("order", event.payload);
    ///     Ok(event.payload)
    /// }
    /// let handler = xray_aws::lambda::handler(service_fn(order)).subsegment("## order");
    /// # drop(handler);
    /// ```
    pub fn subsegment(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.subsegment = Some(name.into());
        self
    }

    /// Sets the recorder. The default is the one that is current at each invocation, which is the installed one.
    pub fn recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }
}

impl<S, T, Kind> Service<LambdaEvent<T>> for Handler<S, Kind>
where
    S: Service<LambdaEvent<T>>,
    S::Error: HandlerError<Kind>,
{
    type Response = TracedResponse<S::Response>;
    type Error = S::Error;
    type Future = Invocation<S::Future, Kind>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, event: LambdaEvent<T>) -> Self::Future {
        let header = event.context.xray_trace_id.as_deref().map(TraceHeader::parse).unwrap_or_default();
        let function = match &self.recorder {
            Some(recorder) => recorder.facade_segment(header),
            None => Recorder::current().facade_segment(header),
        };
        let scope = match &self.subsegment {
            Some(name) => {
                let subsegment = function.begin_subsegment(name);
                subsegment.put_annotation(COLD_START, !self.is_warm.swap(true, Ordering::Relaxed));
                EntityScope::from(subsegment)
            }
            None => EntityScope::from(function),
        };
        let mut running = Running::new(scope, event.context.deadline);
        let work = running.run(|| self.service.call(event));
        Invocation::new(work, running)
    }
}

impl<S: Clone, Kind> Clone for Handler<S, Kind> {
    fn clone(&self) -> Self {
        Self {
            service: self.service.clone(),
            subsegment: self.subsegment.clone(),
            recorder: self.recorder.clone(),
            is_warm: Arc::clone(&self.is_warm),
            kind: PhantomData,
        }
    }
}

impl<S, Kind> fmt::Debug for Handler<S, Kind> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = formatter.debug_struct("Handler");
        output.field("subsegment", &self.subsegment).field("recorder", &self.recorder).finish_non_exhaustive()
    }
}

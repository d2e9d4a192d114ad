//! Which requests are traced: the sampler, its question and its answer, and the local rules.

mod adaptive;
mod central;
mod decision;
mod file;
mod local;
mod manifest;
mod pattern;
mod request;
mod reservoir;
mod rule;
mod wildcard;

use std::fmt;
use std::sync::Arc;

use crate::clock::Clock;
use crate::emitter::DaemonAddress;

pub use adaptive::AdaptiveConfigError;
pub(crate) use adaptive::{AdaptiveConfig, RULE_KEY, RuleWatch, Watch};
pub use central::{CentralSampler, CentralSamplerBuilder};
pub use decision::SamplingDecision;
pub use local::LocalSampler;
pub use manifest::SamplingRulesError;
pub use request::SamplingRequest;
pub use wildcard::matches_wildcard;

/// Decides whether a request is traced.
///
/// It is asked once for each segment that begins without a decision from upstream: an incoming trace header with
/// `Sampled=0` or `Sampled=1` is obeyed and the sampler is not consulted. Subsegments follow their segment.
///
/// What is known of the request is in the [`SamplingRequest`]; a segment that was begun by hand may have no more than
/// its service name. The call runs on the thread that begins the segment, before the request is served, and from many
/// threads at once: it must not block, do input or output, or begin a segment itself.
///
/// There is no error to return. A sampler that cannot decide (because its rules have not arrived yet, say) falls back
/// to rules that it has, as the AWS SDKs fall back to one request a second and 5 %.
///
/// ```
/// use xray_core::sampling::{Sampler, SamplingDecision, SamplingRequest};
///
/// /// Traces everything but health checks.
/// #[derive(Debug)]
/// struct NoHealthChecks;
///
/// impl Sampler for NoHealthChecks {
///     fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision {
///         match request.path {
///             Some("/health") => SamplingDecision::not_sampled(),
///             _ => SamplingDecision::sampled(),
///         }
///     }
/// }
///
/// assert!(!NoHealthChecks.should_sample(&SamplingRequest::new().path("/health")).is_sampled());
/// assert!(NoHealthChecks.should_sample(&SamplingRequest::new()).is_sampled());
/// ```
pub trait Sampler: Send + Sync + fmt::Debug {
    /// Decides about one request.
    fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision;

    /// Hears of a trace whose header names the rule that has decided upstream, by the key `xrsr`, as services do that
    /// sample adaptively. By default the decision stays as it is.
    ///
    /// Called after the decision, be it the header's or that of [`should_sample`](Self::should_sample), and returns it.
    fn follow(&self, decision: SamplingDecision, rule_key: &str) -> SamplingDecision {
        let _ = rule_key;
        decision
    }

    /// Hears what there is to know of the recorder that it decides for; by default this does nothing.
    ///
    /// Called when a recorder is built with this sampler, before the first decision. A sampler that wraps another one
    /// passes it on.
    fn configure(&self, setting: &SamplerSetting<'_>) {
        let _ = setting;
    }
}

/// What a recorder tells its sampler.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SamplerSetting<'a> {
    /// Where the daemon listens.
    pub daemon_address: &'a DaemonAddress,
    /// What tells the time in the recorder's documents.
    pub clock: &'a Clock,
    pub(crate) adaptive: Option<&'a Arc<AdaptiveConfig>>,
}

/// Takes the same decision about every request.
///
/// ```
/// use xray_core::sampling::{FixedSampler, Sampler, SamplingRequest};
///
/// assert!(FixedSampler::ALL.should_sample(&SamplingRequest::new()).is_sampled());
/// assert!(!FixedSampler::NONE.should_sample(&SamplingRequest::new()).is_sampled());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedSampler {
    sampled: bool,
}

impl FixedSampler {
    /// Traces every request.
    pub const ALL: Self = Self { sampled: true };

    /// Traces no request, unless the caller upstream decided to trace it.
    pub const NONE: Self = Self { sampled: false };
}

impl Sampler for FixedSampler {
    fn should_sample(&self, _request: &SamplingRequest<'_>) -> SamplingDecision {
        if self.sampled { SamplingDecision::sampled() } else { SamplingDecision::not_sampled() }
    }
}

//! Rules and targets of the X-Ray service.

mod account;
mod api;
mod keeper;
mod poller;
mod rules;
mod shared;

use std::sync::Arc;

use self::keeper::Keeper;
use self::shared::{Setting, Shared};
use super::{LocalSampler, Sampler, SamplerSetting, SamplingDecision, SamplingRequest};

/// Decides by the sampling rules of the X-Ray service, which are set in the console; the sampler of every recorder that
/// was not given another one, but for Lambda.
///
/// A thread of its own fetches the rules from the daemon, every five minutes and as soon as the service says that they
/// have changed. About every ten seconds it reports how many requests each rule has matched, and learns how many of
/// them it may sample. The thread starts with the first decision and ends with the sampler. A decision never waits for
/// it.
///
/// The rule with the smallest priority number that matches decides, and its name is recorded in the segment as
/// `aws.xray.sampling_rule_name`. In patterns `*` stands for any characters and `?` for one, and case does not matter. A
/// field that the [`SamplingRequest`] does not have is not compared, as in the other SDKs: a request without a host
/// matches a rule for any host. A rule for certain attributes, or for one resource, only matches a request that has them;
/// the other SDKs leave such rules out.
///
/// A local sampler decides, by default one request a second and 5 % of the others: until the first rules arrive, when no
/// rule matches, and when the rules are older than an hour. That the daemon does not answer is said once in the log.
///
/// The traces of a rule with a sampling rate boost are watched: one that goes wrong (a status of 5xx, or a fault without a
/// status) is sent although it was not sampled, one a second, with all that still ends in the trace; and all are counted for
/// the service, each trace once, which may raise the rule's rate for a while. `AWS_XRAY_ADAPTIVE_SAMPLING_CONFIG` says
/// otherwise what is wrong, and how many are sent. Up to 100,000 traces are remembered for that, each for ten minutes.
///
/// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html>, and for the boost
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-adaptive-sampling.html>.
///
/// ```
/// use xray_core::Recorder;
/// use xray_core::sampling::{CentralSampler, LocalSampler};
///
/// let while_there_are_no_rules = r#"{"version": 2, "default": {"fixed_target": 10, "rate": 0}}"#;
/// let fallback = LocalSampler::from_json(while_there_are_no_rules)?;
/// let recorder = Recorder::builder().sampler(CentralSampler::builder().fallback(fallback).build()).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CentralSampler {
    // Dropped first, it ends the thread.
    keeper: Keeper,
    shared: Arc<Shared>,
    fallback: Box<dyn Sampler>,
}

impl CentralSampler {
    /// Begins the set-up.
    pub fn builder() -> CentralSamplerBuilder {
        CentralSamplerBuilder { fallback: Box::new(LocalSampler::default()) }
    }
}

impl Default for CentralSampler {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl Sampler for CentralSampler {
    fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision {
        let now = self.shared.setting().clock.unix_seconds();
        self.keeper.keep(&self.shared, now);
        self.shared.decide(request, now).unwrap_or_else(|| self.fallback.should_sample(request))
    }

    fn follow(&self, decision: SamplingDecision, rule_key: &str) -> SamplingDecision {
        self.keeper.keep(&self.shared, self.shared.setting().clock.unix_seconds());
        self.shared.follow(decision, rule_key)
    }

    fn configure(&self, setting: &SamplerSetting<'_>) {
        let SamplerSetting { daemon_address, clock, adaptive } = *setting;
        self.shared.set(Setting::new(daemon_address.clone(), clock.clone(), adaptive.cloned()));
        self.fallback.configure(setting);
    }
}

/// Builds a [`CentralSampler`]. The daemon's address is that of the recorder.
#[must_use = "a sampler is made by build()"]
#[derive(Debug)]
pub struct CentralSamplerBuilder {
    fallback: Box<dyn Sampler>,
}

impl CentralSamplerBuilder {
    /// Sets who decides while the service's rules cannot; the default is [`LocalSampler::default`].
    pub fn fallback(mut self, sampler: impl Sampler + 'static) -> Self {
        self.fallback = Box::new(sampler);
        self
    }

    /// Makes the sampler.
    #[must_use]
    pub fn build(self) -> CentralSampler {
        CentralSampler { keeper: Keeper::default(), shared: Arc::default(), fallback: self.fallback }
    }
}

#[cfg(test)]
mod tests;

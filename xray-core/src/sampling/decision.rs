use std::sync::Arc;

use super::RuleWatch;

/// The answer of a sampler: whether to trace, and which rule said so.
#[derive(Clone, Debug)]
#[must_use]
pub struct SamplingDecision {
    sampled: bool,
    rule_name: Option<Arc<str>>,
    watch: Option<Arc<RuleWatch>>,
}

impl PartialEq for SamplingDecision {
    fn eq(&self, other: &Self) -> bool {
        (self.sampled, &self.rule_name) == (other.sampled, &other.rule_name)
    }
}

impl Eq for SamplingDecision {}

impl SamplingDecision {
    /// The decision to trace the request.
    pub fn sampled() -> Self {
        Self { sampled: true, rule_name: None, watch: None }
    }

    /// The decision not to trace the request.
    pub fn not_sampled() -> Self {
        Self { sampled: false, rule_name: None, watch: None }
    }

    /// Adds the name of the rule that decided. The segment reports it as `aws.xray.sampling_rule_name`.
    ///
    /// Keep the name in an [`Arc`] and pass a clone: decisions are frequent and should not allocate.
    pub fn with_rule_name(mut self, rule_name: impl Into<Arc<str>>) -> Self {
        self.rule_name = Some(rule_name.into());
        self
    }

    /// Says what is to be watched in the trace.
    pub(crate) fn with_watch(mut self, watch: Option<Arc<RuleWatch>>) -> Self {
        self.watch = watch;
        self
    }

    pub(crate) fn watch(&self) -> Option<&Arc<RuleWatch>> {
        self.watch.as_ref()
    }

    pub(crate) fn shared_rule_name(&self) -> Option<Arc<str>> {
        self.rule_name.clone()
    }

    /// Tells whether the request is to be traced.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.sampled
    }

    /// The name of the rule that decided; none when a local rule did, which has no name.
    #[must_use]
    pub fn rule_name(&self) -> Option<&Arc<str>> {
        self.rule_name.as_ref()
    }
}

//! The sampler against a service of ours, over a real socket and on a clock that the test moves.

mod adaptive;
mod algorithm;
mod lifecycle;
mod arithmetic;
mod answers;
mod outages;
mod reports;
mod rules;
mod threads;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::account::Statistics;
use super::poller::Poller;
use super::shared::{Setting, Shared};
use crate::clock::Clock;
use crate::sampling::adaptive::BoostStatistics;
use crate::sampling::{SamplingDecision, SamplingRequest};
use crate::testing::{SamplingCall, SamplingService};

/// When the tests begin, in epoch seconds.
const BEGIN: u64 = 1_500_000_000;

/// A sampler without its thread: the test makes the steps.
struct Client {
    service: SamplingService,
    clock: Clock,
    shared: Arc<Shared>,
    poller: Poller,
}

impl Client {
    fn start(rules: impl IntoIterator<Item = Value>) -> Self {
        let service = SamplingService::start().unwrap();
        service.set_rules(rules);
        let clock = Clock::manual(Duration::from_secs(BEGIN));
        let shared = Arc::new(Shared::default());
        shared.set(Setting::new(service.address().into(), clock.clone(), None));
        let mut poller = Poller::new(&shared);
        poller.step(&shared);
        Self { service, clock, shared, poller }
    }

    fn decide(&self, request: &SamplingRequest<'_>) -> Option<SamplingDecision> {
        self.shared.decide(request, self.clock.unix_seconds())
    }

    /// Whether a request for a path is sampled, and by which rule.
    fn path(&self, path: &str) -> Option<(String, bool)> {
        let decision = self.decide(&SamplingRequest::new().path(path))?;
        Some((decision.rule_name().unwrap().to_string(), decision.is_sampled()))
    }

    /// The name of the rule that decides.
    fn rule(&self, request: &SamplingRequest<'_>) -> Option<String> {
        Some(self.decide(request)?.rule_name()?.to_string())
    }

    /// Lets time pass, and does what was due by then.
    fn pass(&mut self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.poller.step(&self.shared);
    }

    /// Lets time pass to just after the next look at what is to be reported.
    fn pass_to_report(&mut self) {
        self.clock.advance(Duration::from_millis(10_200));
        self.poller.step(&self.shared);
    }

    fn calls(&self, path: &str) -> Vec<SamplingCall> {
        self.service.calls().into_iter().filter(|call| call.path == path).collect()
    }

    fn rule_calls(&self) -> usize {
        self.calls("/GetSamplingRules").len()
    }

    fn reports(&self) -> usize {
        self.calls("/SamplingTargets").len()
    }

    /// The sum of all statistics that the service took.
    fn reported(&self) -> Statistics {
        let sum =
            |field: &str| self.service.statistics().iter().map(|document| document[field].as_u64().unwrap()).sum();
        counts(sum("RequestCount"), sum("SampledCount"), sum("BorrowCount"))
    }
}

/// A rule that matches everything and samples nothing, but for what the test says of it.
fn rule(name: &str, but: Value) -> Value {
    let mut rule = json!({
        "RuleName": name, "RuleARN": "arn:aws:xray:us-east-1:123456789012:sampling-rule/x", "ResourceARN": "*",
        "Priority": 1_000, "FixedRate": 0.0, "ReservoirSize": 0, "ServiceName": "*", "ServiceType": "*", "Host": "*",
        "HTTPMethod": "*", "URLPath": "*", "Version": 1, "Attributes": {},
    });
    for (key, value) in but.as_object().unwrap() {
        rule[key] = value.clone();
    }
    rule
}

fn without(mut rule: Value, field: &str) -> Value {
    rule.as_object_mut().unwrap().remove(field).unwrap();
    rule
}

/// A target for each rule of a report.
fn target_for_each(target: Value) -> impl Fn(&Value) -> Value + Send {
    move |report| {
        let documents = report["SamplingStatisticsDocuments"].as_array().unwrap();
        let targets: Vec<_> = documents
            .iter()
            .map(|document| {
                let mut target = target.clone();
                target["RuleName"] = document["RuleName"].clone();
                target
            })
            .collect();
        json!({ "SamplingTargetDocuments": targets, "LastRuleModification": 0.0 })
    }
}

const fn counts(requests: u64, sampled: u64, borrowed: u64) -> Statistics {
    let boost = BoostStatistics { total: 0, anomalies: 0, sampled_anomalies: 0 };
    Statistics { requests, sampled, borrowed, boost }
}

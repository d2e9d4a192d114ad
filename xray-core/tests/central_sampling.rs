//! Sampling by the service's rules, as a program sees it: what arrives at the daemon, and who is asked.

#![allow(clippy::unwrap_used)] // as in tests

use std::time::Duration;

use serde_json::{Value, json};
use test_support::Fixture;
use xray_core::plugins::{Platform, Plugin, Surroundings};
use xray_core::sampling::{CentralSampler, FixedSampler, LocalSampler, SamplingRequest};
use xray_core::testing::{SamplingCall, SamplingService};
use xray_core::{Clock, Environment, Recorder, RecorderBuilder};

const PATIENT: Duration = Duration::from_secs(20);

/// A recorder that has the default sampler, and differs in what a closure changes.
fn recorder(
    fixture: &Fixture,
    service: &SamplingService,
    change: impl FnOnce(RecorderBuilder) -> RecorderBuilder,
) -> Recorder {
    let address = format!("udp:{} tcp:{}", fixture.address(), service.address()).parse().unwrap();
    let builder = fixture.reached_by(Recorder::builder().environment(Environment::empty())).daemon_address(address);
    fixture.another(|_| change(builder).build().unwrap())
}

fn rule(name: &str, priority: u64, path: &str, rate: f64) -> Value {
    json!({
        "RuleName": name, "ResourceARN": "*", "Priority": priority, "FixedRate": rate, "ReservoirSize": 0, "Host": "*",
        "ServiceName": "shop", "ServiceType": "*", "HTTPMethod": "*", "URLPath": path, "Version": 1,
    })
}

fn has_fetched(calls: &[SamplingCall]) -> bool {
    calls.iter().any(|call| call.path == "/GetSamplingRules")
}

/// Samples everything until the rules arrive: that shows that they have.
fn all_until_rules_arrive() -> CentralSampler {
    CentralSampler::builder().fallback(FixedSampler::ALL).build()
}

/// Begins segments for a request that the rules do not sample until they have arrived, and looks away from what is sent until then.
fn wait_for_rules(fixture: &Fixture, recorder: &Recorder, request: SamplingRequest<'_>) {
    let begin = std::time::Instant::now();
    while recorder.segment("shop").sampling_request(request).begin().is_recording() {
        assert!(begin.elapsed() < PATIENT, "the rules have not arrived");
        std::thread::yield_now();
    }
    drop(fixture.documents());
}

#[test]
fn the_name_of_the_rule_arrives_in_the_document() {
    let (fixture, service) = (Fixture::start(), SamplingService::start().unwrap());
    service.set_rules([
        rule("cart", 1, "/cart/*", 1.0),
        rule("health", 2, "/health", 0.0),
        rule("Default", 1, "*", 1.0),
    ]);
    let recorder = recorder(&fixture, &service, |builder| builder.sampler(all_until_rules_arrive()));
    let health = SamplingRequest::new().path("/health");
    wait_for_rules(&fixture, &recorder, health);

    for (name, path, rule) in
        [("shop", "/cart/17", "cart"), ("shop", "/about", "Default"), ("blog", "/cart/17", "Default")]
    {
        let segment = recorder.segment(name).sampling_request(SamplingRequest::new().path(path)).begin();
        let trace_id = segment.trace_id().unwrap().to_string();
        segment.end();
        let trace = fixture.documents().trace(&trace_id);
        assert_eq!(trace.root().json()["aws"]["xray"]["sampling_rule_name"], rule, "{name} {path}");
    }
    assert!(!recorder.segment("shop").sampling_request(health).begin().is_recording());
}

#[test]
fn a_decision_from_upstream_is_not_counted() {
    let (fixture, service) = (Fixture::start(), SamplingService::start().unwrap());
    let recorder = recorder(&fixture, &service, |builder| builder);
    for header in ["Sampled=1", "Sampled=0"] {
        recorder.segment("shop").trace_header(xray_core::TraceHeader::parse(header)).begin().end();
    }
    fixture.wait_for(1);
    assert_eq!(service.calls(), [], "nobody was asked, so nobody fetches");
}

#[test]
fn what_was_decided_is_reported_after_ten_seconds() {
    let (fixture, service) = (Fixture::start(), SamplingService::start().unwrap());
    service.set_rules([rule("Default", 1, "*", 0.0)]);
    let clock = Clock::manual(Duration::from_secs(1_500_000_000));
    let timed = |builder: RecorderBuilder| builder.sampler(all_until_rules_arrive()).clock(clock.clone());
    let recorder = recorder(&fixture, &service, timed);
    wait_for_rules(&fixture, &recorder, SamplingRequest::new());
    let until_then = fixture.documents().len();
    (0..9).for_each(|_| recorder.begin_segment("shop").end());
    clock.advance(Duration::from_millis(10_200));
    service.wait_until(|calls| calls.iter().any(|call| call.path == "/SamplingTargets"), PATIENT);
    let statistics = service.statistics();
    assert_eq!((&statistics[0]["RuleName"], statistics[0]["RequestCount"].as_u64()), (&json!("Default"), Some(10)));
    fixture.wait_for(until_then);
}

#[test]
fn nobody_is_asked_in_lambda_without_the_sdk_or_with_a_sampler_of_one_s_own() {
    let (fixture, service) = (Fixture::start(), SamplingService::start().unwrap());
    let set = |name: &str, value: &str| Environment::from_iter([(name, value)]);
    let recorders = [
        recorder(&fixture, &service, |builder| builder.environment(set("LAMBDA_TASK_ROOT", "/var/task"))),
        recorder(&fixture, &service, |builder| builder.environment(set("AWS_XRAY_SDK_ENABLED", "false"))),
        recorder(&fixture, &service, |builder| builder.enabled(false)),
        recorder(&fixture, &service, |builder| builder.sampler(LocalSampler::default())),
        recorder(&fixture, &service, |builder| builder.sampler(FixedSampler::ALL)),
    ];
    for recorder in recorders {
        recorder.begin_segment("shop").end();
    }
    // Those of the two samplers.
    fixture.wait_for(2);
    // One that asks comes last: what the others had asked would have come before.
    let recorder = recorder(&fixture, &service, |builder| builder);
    recorder.begin_segment("shop").end();
    fixture.wait_for(3);
    service.wait_until(has_fetched, PATIENT);
    assert_eq!(service.calls().len(), 1);
}

/// What the plugins find is what a rule's service type is compared with.
#[test]
fn rules_for_a_service_type_decide_where_a_plugin_has_found_it() {
    #[derive(Debug)]
    struct On(&'static str);

    impl Plugin for On {
        fn look(&self, _: &Surroundings) -> Option<Platform> {
            Some(Platform::new(self.0))
        }
    }

    let (fixture, service) = (Fixture::start(), SamplingService::start().unwrap());
    let mut fargate = rule("fargate", 1, "/cart", 1.0);
    fargate["ServiceType"] = json!("aws::ecs::*");
    service.set_rules([fargate, rule("Default", 1, "*", 0.0)]);
    for (origin, expected) in
        [("AWS::ECS::Fargate", Some("fargate")), ("AWS::ECS::Container", Some("fargate")), ("AWS::EC2::Instance", None)]
    {
        let plugins = [Box::new(On(origin)) as Box<dyn Plugin>];
        let found = |builder: RecorderBuilder| builder.sampler(all_until_rules_arrive()).plugins(plugins);
        let recorder = recorder(&fixture, &service, found);
        assert_eq!(recorder.origin(), Some(origin));
        wait_for_rules(&fixture, &recorder, SamplingRequest::new().path("/health"));
        let segment = recorder.segment("shop").sampling_request(SamplingRequest::new().path("/cart")).begin();
        assert_eq!(segment.is_recording(), expected.is_some(), "{origin}");
        let Some(expected) = expected else { continue };
        let trace_id = segment.trace_id().unwrap().to_string();
        segment.end();
        let root = fixture.documents().trace(&trace_id).root().json().clone();
        assert_eq!((&root["origin"], &root["aws"]["xray"]["sampling_rule_name"]), (&json!(origin), &json!(expected)));
    }
}

//! Sampling decisions: by the program, by local rules and by those of the service.

use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_xray_sdk as xray;
use serde_json::{Value, json};
use xray::sampling::{CentralSampler, LocalSampler, Sampler, SamplerSetting, SamplingDecision, SamplingRequest};
use xray::{Clock, HttpResponse, Recorder};

use crate::client_http::{get, patch};
use crate::scenario::{
    Scenario, block_on, in_segment, in_subsegment, in_unsampled_segment, print_sampled, scenarios, url, variable,
};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    unsampled_segment,
    unsampled_segment_and_its_ids,
    unsampled_segment_with_a_failure,
    local_rules_with_rate_zero,
    local_rules_with_rate_one,
    local_rules_with_a_fixed_target,
    local_rules_of_version_1,
    local_rules_for_requests,
    local_rules_without_a_request,
    rules_of_the_service,
    rule_of_the_service_with_attributes,
];

/// A clock that stands still, so that no reservoir is filled up between two decisions.
fn standing_clock() -> Clock {
    Clock::manual(SystemTime::now().duration_since(UNIX_EPOCH).unwrap())
}

fn install_rules(rules: &Value) -> Recorder {
    let sampler = LocalSampler::from_json(&rules.to_string()).unwrap();
    Recorder::builder().sampler(sampler).clock(standing_clock()).install().unwrap()
}

fn trace_with(rules: &Value) {
    install_rules(rules);
    in_segment("shop", |_| {
        print_sampled();
        in_subsegment("order", |_| print_sampled());
    });
}

fn unsampled_segment() {
    in_unsampled_segment("shop", |segment| {
        segment.put_annotation("customer", "c-17");
        segment.put_metadata("cart", [1]);
        segment.set_user("customer-17");
        print_sampled();
        in_subsegment("order", |subsegment| {
            subsegment.set_http_response(HttpResponse::new(500));
            print_sampled();
        });
    });
}

/// Prints what a program would write to its log, and makes a call.
fn unsampled_segment_and_its_ids() {
    patch();
    in_unsampled_segment("shop", |segment| {
        println!("{}", segment.trace_id().map_or_else(|| "none".to_owned(), |id| id.to_string()));
        println!("{}", segment.id().map_or_else(|| "none".to_owned(), |id| id.to_string()));
        in_subsegment("order", |subsegment| {
            println!("{}", subsegment.id().map_or_else(|| "none".to_owned(), |id| id.to_string()));
            get(&url("/status/200")).unwrap();
        });
    });
}

fn unsampled_segment_with_a_failure() {
    let failed: Result<(), Box<dyn Error>> =
        in_unsampled_segment("shop", |_| xray::capture("order", |_| Err("no price".into())));
    if let Err(error) = failed {
        println!("{error}");
    }
}

fn local_rules_with_rate_zero() {
    trace_with(&json!({"version": 2, "default": {"fixed_target": 0, "rate": 0}, "rules": []}));
}

fn local_rules_with_rate_one() {
    trace_with(&json!({"version": 2, "default": {"fixed_target": 0, "rate": 1}, "rules": []}));
}

fn local_rules_with_a_fixed_target() {
    install_rules(&json!({"version": 2, "default": {"fixed_target": 2, "rate": 0}, "rules": []}));
    for number in 1..6 {
        in_segment(&format!("request {number}"), |_| print_sampled());
    }
}

fn local_rules_of_version_1() {
    trace_with(&json!({
        "version": 1,
        "default": {"fixed_target": 0, "rate": 0},
        "rules": [{"service_name": "*", "http_method": "*", "url_path": "*", "fixed_target": 0, "rate": 1}],
    }));
}

fn local_rules_for_requests() {
    let recorder = install_rules(&json!({
        "version": 2,
        "default": {"fixed_target": 0, "rate": 1},
        "rules": [
            {
                "description": "health",
                "host": "*", "http_method": "GET", "url_path": "/health*", "fixed_target": 0, "rate": 0,
            },
            {"host": "*.internal", "http_method": "*", "url_path": "*", "fixed_target": 0, "rate": 0},
            {"host": "shop.example.???", "http_method": "P*T", "url_path": "/o*s/?", "fixed_target": 0, "rate": 0},
        ],
    }));
    for (host, method, path) in [
        ("shop.example.com", "GET", "/orders/1"),
        ("shop.example.com", "GET", "/health"),
        ("shop.example.com", "get", "/HEALTH/live"),
        ("shop.example.com", "POST", "/health"),
        ("prices.internal", "GET", "/prices"),
        ("internal", "GET", "/prices"),
        ("shop.example.com", "POST", "/orders/1"),
        ("shop.example.com", "PUT", "/orders/12"),
        ("shop.example.info", "PUT", "/orders/1"),
    ] {
        let request = SamplingRequest::new().host(host).method(method).path(path).service_name("shop");
        let _segment = recorder.segment("shop").sampling_request(request).begin().entered();
        println!("{host} {method} {path}");
        print_sampled();
    }
}

/// A segment begun by hand has no path or method: what is not known matches any rule.
fn local_rules_without_a_request() {
    trace_with(&json!({
        "version": 2,
        "default": {"fixed_target": 0, "rate": 1},
        "rules": [{"host": "*", "http_method": "GET", "url_path": "/health", "fixed_target": 0, "rate": 0}],
    }));
}

type Request = SamplingRequest<'static>;

fn requests() -> Vec<Request> {
    let path = |path| SamplingRequest::new().path(path);
    let full = |host, method, service| SamplingRequest::new().host(host).method(method).service_name(service);
    let mut requests = Vec::new();
    for (request, count) in [(path("/both"), 2), (path("/borrow/1"), 3), (path("/quota"), 4), (path("/raised"), 2)] {
        requests.extend(std::iter::repeat_n(request, count));
    }
    requests.extend([
        full("shop.EXAMPLE.com", "post", "shop").path("/about"),
        full("shop.example.org", "POST", "shop").path("/about"),
        full("shop.example.com", "GET", "Orders").path("/about"),
        full("shop.example.com", "GET", "shop").path("/about"),
        full("shop.example.com", "GET", "orders").path("/BORROW/2"),
    ]);
    requests
}

/// A sampler that the scenario asks itself.
#[derive(Clone, Debug, Default)]
struct Shared(Arc<CentralSampler>);

impl Sampler for Shared {
    fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision {
        self.0.should_sample(request)
    }

    fn configure(&self, setting: &SamplerSetting<'_>) {
        self.0.configure(setting);
    }
}

fn decide_all(sampler: &Shared) {
    requests().iter().for_each(|request| decide(sampler, request));
}

fn decide(sampler: &Shared, request: &SamplingRequest<'_>) {
    let decision = sampler.should_sample(request);
    let name = decision.rule_name().filter(|_| decision.is_sampled());
    println!("{}", name.map_or("not sampled", |name| name));
}

/// Whether the service's rules are there, and its targets are not.
fn is_ready(sampler: &Shared) -> bool {
    let request = SamplingRequest::new().host("ready.example").method("GET").path("/ready").service_name("ready");
    let decision = sampler.should_sample(&request);
    decision.is_sampled() && decision.rule_name().is_some_and(|name| **name == *"ready")
}

/// Waits for what takes milliseconds.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited 20 s, and it is not so: {what}");
        thread::yield_now();
    }
}

/// A central sampler that has the service's rules.
fn install_rules_of_the_service() -> (Shared, Clock) {
    let sampler = Shared::default();
    let clock = standing_clock();
    Recorder::builder().sampler(sampler.clone()).clock(clock.clone()).install().unwrap();
    wait_until("the service's rules are there", || is_ready(&sampler));
    (sampler, clock)
}

/// The second of two requests that differ in their attributes alone, which Python's SDK does not have.
fn rule_of_the_service_with_attributes() {
    let (sampler, _) = install_rules_of_the_service();
    let request = || SamplingRequest::new().path("/gold");
    decide(&sampler, &request());
    decide(&sampler, &request().attributes(&[("tier", "gold")]));
}

fn rules_of_the_service() {
    let (sampler, clock) = install_rules_of_the_service();
    let mut reports = Vec::new();
    for count in [1, 2] {
        decide_all(&sampler);
        // Ten seconds and what the interval between reports may vary by.
        clock.advance(Duration::from_millis(10_200));
        let url = format!("{}/reports/{count}", variable("XRAY_PARITY_SAMPLING_URL"));
        let answer = block_on(async { reqwest::get(url).await.unwrap().bytes().await.unwrap() });
        reports = serde_json::from_slice::<Vec<Value>>(&answer).unwrap();
        wait_until("the service's targets are there", || !is_ready(&sampler));
    }
    decide_all(&sampler);
    for report in reports {
        println!("{report}");
    }
}

//! Adaptive sampling: a trace that goes wrong is sent although it was not sampled, and the service hears of it.

#![allow(clippy::unwrap_used)] // as in tests

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use test_support::Fixture;
use xray_core::sampling::{CentralSampler, FixedSampler, SamplingRequest};
use xray_core::testing::{Documents, SamplingCall, SamplingService};
use xray_core::{
    Clock, Environment, HttpRequest, HttpResponse, Recorder, RecorderBuilder, Sampled, Segment, TraceHeader,
    current_log_reference, is_sampled,
};

const PATIENT: Duration = Duration::from_secs(20);
/// The first 8 bytes of the SHA-256 of `boosted`, in hex.
const KEY: &str = "8f88f4f1059c4320";

struct Shop {
    fixture: Fixture,
    service: SamplingService,
    clock: Clock,
}

impl Shop {
    fn open() -> Self {
        let service = SamplingService::start().unwrap();
        service.set_rules([
            rule("boosted", 1, "/", 0.0, json!({"MaxRate": 0.5, "CooldownWindowMinutes": 10})),
            rule("sampled", 2, "/sampled", 1.0, json!({"MaxRate": 0.5})),
            rule("quiet", 3, "/quiet", 0.0, json!({"DisableDefaultAnomalyDetection": true})),
            rule("plain", 4, "/plain", 0.0, json!(null)),
        ]);
        Self { fixture: Fixture::start(), service, clock: Clock::manual(Duration::from_secs(1_500_000_000)) }
    }

    /// A recorder for which the rules have arrived.
    fn recorder(&self) -> Recorder {
        self.recorder_with(|builder| builder)
    }

    fn recorder_with(&self, change: impl FnOnce(RecorderBuilder) -> RecorderBuilder) -> Recorder {
        let address = format!("udp:{} tcp:{}", self.fixture.address(), self.service.address());
        let sampler = CentralSampler::builder().fallback(FixedSampler::ALL).build();
        let recorder = self.fixture.another(|builder| {
            let builder = builder.daemon_address(address.parse().unwrap()).clock(self.clock.clone());
            change(builder.sampler(sampler)).build().unwrap()
        });
        let begin = Instant::now();
        while begin_at(&recorder, "/plain").trace_header().unwrap().sampled() == Sampled::Yes {
            assert!(begin.elapsed() < PATIENT, "the rules have not arrived");
            std::thread::yield_now();
        }
        // What was begun meanwhile.
        self.fixture.documents();
        recorder
    }

    /// The rules of all segments that were sent since the rules have arrived, in the order of their arrival.
    fn of_rules(&self) -> Vec<Value> {
        let documents = self.fixture.documents();
        let rules = documents.iter().map(|document| document["aws"]["xray"]["sampling_rule_name"].clone());
        rules.filter(|rule| !rule.is_null()).collect()
    }

    /// The names in the trace of a segment, once that has ended; none if it was not sent.
    fn sent(&self, segment: Segment) -> Vec<String> {
        let trace_id = segment.trace_id().unwrap().to_string();
        segment.end();
        let documents = self.fixture.documents();
        match documents.iter().any(|document| document["trace_id"] == *trace_id) {
            true => documents.trace(&trace_id).nodes().iter().map(|node| node.name().to_owned()).collect(),
            false => Vec::new(),
        }
    }
}

fn rule(name: &str, priority: u64, path: &str, rate: f64, boost: Value) -> Value {
    json!({
        "RuleName": name, "ResourceARN": "*", "Priority": priority, "FixedRate": rate, "ReservoirSize": 0, "Host": "*",
        "ServiceName": "*", "ServiceType": "*", "HTTPMethod": "*", "URLPath": path, "Version": 1,
        "SamplingRateBoost": boost,
    })
}

/// Traces, anomalies, and how many of these were sampled, as reported for the boost of a rule.
fn boosts(calls: &[SamplingCall], rule: &str) -> [u64; 3] {
    let documents = calls.iter().flat_map(|call| call.body["SamplingBoostStatisticsDocuments"].as_array());
    let of_rule = documents.flatten().filter(|document| document["RuleName"] == rule);
    of_rule.fold([0; 3], |sum, document| {
        assert_eq!(document["ServiceName"], "checkout", "the service, not its segments");
        let count = |field: &str| document[field].as_u64().unwrap();
        [sum[0] + count("TotalCount"), sum[1] + count("AnomalyCount"), sum[2] + count("SampledAnomalyCount")]
    })
}

fn begin_at(recorder: &Recorder, path: &str) -> Segment {
    recorder.segment("shop").sampling_request(SamplingRequest::new().path(path)).begin()
}

#[test]
fn a_trace_that_goes_wrong_is_sent_whole_although_it_was_not_sampled() {
    let shop = Shop::open();
    let recorder = shop.recorder();
    type Work = fn(&Segment);
    let cases: [(&str, Work, &[&str]); 8] = [
        ("nothing wrong", |segment| segment.begin_subsegment("query").end(), &[]),
        ("a client's error", |segment| segment.set_http_response(HttpResponse::new(404)), &[]),
        ("500", |segment| segment.set_http_response(HttpResponse::new(500)), &["shop"]),
        ("a fault", |segment| segment.record_error("lost"), &["shop"]),
        (
            "a fault that was answered with 200",
            |segment| {
                segment.set_fault();
                segment.set_http_response(HttpResponse::new(200));
            },
            &[],
        ),
        (
            "a fault below",
            |segment| {
                segment.begin_subsegment("before").end();
                segment.begin_subsegment("query").record_error("lost");
                segment.begin_subsegment("after").end();
            },
            &["shop", "before", "query", "after"],
        ),
        (
            "a panic",
            |segment| {
                let _ = std::panic::catch_unwind(|| {
                    let _query = segment.begin_subsegment("query");
                    panic!("lost");
                });
            },
            &["shop", "query"],
        ),
        (
            "500 below",
            |segment| segment.begin_subsegment("call").set_http_response(HttpResponse::new(503)),
            &["shop", "call"],
        ),
    ];
    for (name, work, expected) in cases {
        // A new second, with a new limit.
        shop.clock.advance(Duration::from_secs(1));
        let segment = begin_at(&recorder, "/");
        work(&segment);
        assert_eq!(shop.sent(segment), expected, "{name}");
    }
    let document =
        shop.fixture.documents().iter().filter(|document| document["name"] == "shop").last().cloned().unwrap();
    assert_eq!(document["aws"]["xray"]["sampling_rule_name"], "boosted");
}

/// To all else it is a trace that is not sampled.
#[test]
fn a_trace_that_may_yet_be_sent_says_that_it_is_not_sampled() {
    let shop = Shop::open();
    let recorder = shop.recorder();
    let segment = begin_at(&recorder, "/").entered();
    assert!(!is_sampled());
    let header = segment.trace_header().unwrap();
    assert_eq!(header.sampled(), Sampled::No);
    assert_eq!(header.to_string().split(';').next_back(), Some(format!("xrsr={KEY}").as_str()));
    let reference = current_log_reference().unwrap().to_string();
    assert!(reference.ends_with(&segment.trace_id().unwrap().to_string()), "{reference}");
}

#[test]
fn a_rule_without_a_boost_records_nothing() {
    let shop = Shop::open();
    let recorder = shop.recorder();
    let segment = begin_at(&recorder, "/plain");
    segment.set_fault();
    assert!(!segment.is_recording());
    assert!(!segment.trace_header().unwrap().to_string().contains("xrsr"));
    assert_eq!(shop.sent(segment), Vec::<String>::new());
    let quiet = begin_at(&recorder, "/quiet");
    quiet.set_fault();
    assert_eq!(shop.sent(quiet), Vec::<String>::new(), "the rule turns the default detection off");
}

#[test]
fn so_many_traces_a_second_are_sent_as_the_limit_says() {
    for (limit, expected) in [
        ("", 1),
        (r#","anomalyCaptureLimit":{"anomalyTracesPerSecond":3}"#, 3),
        (r#","anomalyCaptureLimit":{"anomalyTracesPerSecond":0}"#, 0),
    ] {
        let shop = Shop::open();
        let config = format!(r#"{{"version":1.0{limit}}}"#);
        let environment = Environment::from_iter([("AWS_XRAY_ADAPTIVE_SAMPLING_CONFIG", config)]);
        let recorder = shop.recorder_with(|builder| builder.environment(environment));
        for second in 1..3 {
            shop.clock.advance(Duration::from_secs(1));
            let sent = (0..5).filter(|_| {
                let segment = begin_at(&recorder, "/");
                segment.set_fault();
                !shop.sent(segment).is_empty()
            });
            assert_eq!(sent.count(), expected, "{limit}, second {second}");
        }
    }
}

#[test]
fn what_is_an_anomaly_may_be_set() {
    let shop = Shop::open();
    let file = std::env::temp_dir().join(format!("xray-adaptive-{}.json", std::process::id()));
    std::fs::write(
        &file,
        r#"{"version": 1.0, "anomalyConditions": [{"highLatencyMs": 300, "operations": ["GET /cart"]}]}"#,
    )
    .unwrap();
    let environment = Environment::from_iter([("AWS_XRAY_ADAPTIVE_SAMPLING_CONFIG", file.to_str().unwrap())]);
    let recorder = shop.recorder_with(|builder| builder.environment(environment));
    std::fs::remove_file(&file).unwrap();
    for (method, milliseconds, expected) in [("GET", 299, false), ("POST", 300, false), ("GET", 300, true)] {
        // Also a rule without a boost: the user has asked for it.
        let segment = begin_at(&recorder, "/plain");
        segment.set_http_request(HttpRequest::new(method, "http://shop.example/cart?id=1"));
        segment.set_fault();
        shop.clock.advance(Duration::from_millis(milliseconds));
        assert_eq!(!shop.sent(segment).is_empty(), expected, "{method} {milliseconds}");
    }
}

#[test]
fn a_setting_that_cannot_be_read_is_said() {
    let environment = Environment::from_iter([("AWS_XRAY_ADAPTIVE_SAMPLING_CONFIG", "{}")]);
    let error = Recorder::builder().environment(environment).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"AWS_XRAY_ADAPTIVE_SAMPLING_CONFIG is "{}": expected JSON as of version 1.0, or the name of a file that has it"#
    );
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "`version` is missing or wrong");
}

#[test]
fn the_service_hears_how_many_traces_went_wrong() {
    let shop = Shop::open();
    let recorder = shop.recorder_with(|builder| builder.service("checkout"));
    for (path, count) in [("/", 3), ("/sampled", 2)] {
        for number in 0..count {
            let segment = begin_at(&recorder, path);
            // Twice wrong is one anomaly.
            if number > 0 {
                segment.begin_subsegment("query").set_fault();
                segment.set_fault();
            }
        }
    }
    shop.clock.advance(Duration::from_millis(10_200));
    shop.service.wait_until(|calls| calls.iter().any(|call| call.path == "/SamplingTargets"), PATIENT);
    assert_eq!(boosts(&shop.service.calls(), "boosted"), [3, 2, 0]);
    assert_eq!(boosts(&shop.service.calls(), "sampled"), [2, 1, 1]);
    // The first that went wrong, of this second, and those that were sampled.
    let rules: Vec<_> = shop.of_rules();
    assert_eq!(rules, ["boosted", "sampled", "sampled"]);
}

#[test]
fn a_service_downstream_watches_by_the_rule_that_decided_upstream() {
    let shop = Shop::open();
    let recorder = shop.recorder();
    let root = "1-5759e988-bd862e3fe1be46a994272793";
    let header = |rest: &str| TraceHeader::parse(&format!("Root={root};Parent=53995c3f42cd8ad8;{rest}"));
    for (rest, expected) in [
        (format!("Sampled=0;Lineage=a:1;xrsr={KEY}"), true),
        ("Sampled=0;xrsr=0123456789abcdef".to_owned(), false),
        ("Sampled=0".to_owned(), false),
    ] {
        shop.clock.advance(Duration::from_secs(1));
        let segment = recorder.segment("shop").trace_header(header(&rest)).begin();
        let onward = segment.trace_header().unwrap().to_string();
        let extras = rest.trim_start_matches("Sampled=0");
        assert!(onward.ends_with(&format!("Sampled=0{extras}")), "{onward}");
        segment.set_fault();
        segment.end();
        if expected {
            let trace = shop.fixture.documents().trace(root);
            assert_eq!(trace.root().json()["parent_id"], "53995c3f42cd8ad8");
        }
    }
    let sent = shop.fixture.documents().iter().filter(|document| document["trace_id"] == root).count();
    assert_eq!(sent, 1);
}

/// A service that calls itself, or takes one request of a trace after the other.
#[test]
fn a_trace_counts_once_however_many_segments_it_has_here() {
    let shop = Shop::open();
    let recorder = shop.recorder_with(|builder| builder.service("checkout"));
    let trace = |path| {
        let first = begin_at(&recorder, path);
        let header = first.trace_header().unwrap();
        for is_wrong in [true, false, true] {
            let next = recorder.segment("shop").trace_header(header.clone()).begin();
            assert_eq!(next.trace_id(), first.trace_id());
            if is_wrong {
                next.set_fault();
            }
        }
        first.set_fault();
        header
    };
    let header = trace("/");
    trace("/");
    trace("/sampled");
    recorder.segment("shop").trace_header(header).begin().set_fault();
    shop.clock.advance(Duration::from_millis(10_200));
    shop.service.wait_until(|calls| boosts(calls, "boosted") != [0; 3], PATIENT);
    assert_eq!(boosts(&shop.service.calls(), "boosted"), [2, 2, 0]);
    assert_eq!(boosts(&shop.service.calls(), "sampled"), [1, 1, 1]);
    shop.fixture.documents();
}

#[test]
fn what_is_left_of_a_trace_that_went_wrong_is_sent_in_all_its_segments() {
    let shop = Shop::open();
    let recorder = shop.recorder();
    let outer = begin_at(&recorder, "/");
    let header = outer.trace_header().unwrap();
    let trace_id = outer.trace_id().unwrap().to_string();
    let inner = |name| recorder.segment(name).trace_header(header.clone()).begin();
    inner("before").end();
    let beside = inner("beside");
    inner("wrong").set_fault();
    // Another trace is over the limit; this one goes on, however often it goes wrong.
    let other = begin_at(&recorder, "/");
    other.set_fault();
    assert_eq!(shop.sent(other), Vec::<String>::new());
    beside.end();
    let after = inner("after");
    after.set_fault();
    after.end();
    outer.end();
    assert_eq!(of(&shop.fixture.documents(), &trace_id), ["wrong", "beside", "after", "shop"]);
}

/// The names of the documents of a trace, in the order of their arrival.
fn of<'a>(documents: &'a Documents, trace_id: &str) -> Vec<&'a str> {
    let of_trace = documents.iter().filter(|document| document["trace_id"] == *trace_id);
    of_trace.map(|document| document["name"].as_str().unwrap()).collect()
}

/// A batch job that was not sampled must not fill the memory because it may yet go wrong.
#[test]
fn of_a_long_trace_the_latest_part_is_kept() {
    let shop = Shop::open();
    let recorder = shop.recorder();
    let segment = begin_at(&recorder, "/");
    (0..1_000).for_each(|number| segment.begin_subsegment(&number.to_string()).end());
    segment.begin_subsegment("late").set_fault();
    // A hundred, and the one that went wrong.
    let latest = (900..1_000).map(|number| number.to_string());
    let expected: Vec<_> = ["shop".to_owned()].into_iter().chain(latest).chain(["late".to_owned()]).collect();
    assert_eq!(shop.sent(segment), expected);
}

/// Work that a request left behind.
#[test]
fn what_goes_wrong_after_the_segment_is_sent_by_itself() {
    let shop = Shop::open();
    let recorder = shop.recorder();
    let segment = begin_at(&recorder, "/");
    let trace_id = segment.trace_id().unwrap().to_string();
    let work = segment.begin_subsegment("work");
    assert_eq!(shop.sent(segment), Vec::<String>::new());
    work.set_fault();
    work.end();
    assert_eq!(of(&shop.fixture.documents(), &trace_id), ["work"]);
}

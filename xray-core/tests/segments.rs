//! Segments and their subsegments as they arrive: what is required, what is nested, who decides.
//!
//! `P` and a number is a row of the Python SDK's tests, `X` one that was measured on it, `S` one of the other SDKs'.

use std::time::Duration;

use serde_json::json;
use test_support::Fixture;
use xray_core::sampling::{Sampler, SamplingDecision, SamplingRequest};
use xray_core::{Clock, Environment, HttpResponse, RecorderBuilder, TraceHeader};

/// P40, P41, P51, P53, P68: all that there is, and nothing else.
#[test]
fn an_empty_segment_has_only_what_is_required() {
    let clock = Clock::manual(Duration::from_micros(1_500_000_000_123_456));
    let traced = Fixture::with(|builder| builder.clock(clock.clone()).version("1.2"));
    let segment = traced.recorder.begin_segment("test");
    clock.advance(Duration::from_millis(1_500));
    segment.end();
    let documents = traced.documents();
    let mut document = documents[0].clone();
    let runtime_version = document["service"]["runtime_version"].take();
    assert!(runtime_version.as_str().unwrap().starts_with("1."), "{runtime_version}");
    let (trace_id, id) = (document["trace_id"].take(), document["id"].take());
    assert!(trace_id.as_str().unwrap().starts_with("1-59682f00-"), "the second at which it began: {trace_id}");
    assert_ne!(id, json!("0000000000000000"), "P10");
    assert_eq!(
        document,
        json!({
            "trace_id": null, "id": null, "name": "test", "start_time": 1_500_000_000.123_456, "end_time": 1_500_000_001.623_456,
            "service": {"version": "1.2", "runtime": "rustc", "runtime_version": null},
            "aws": {"xray": {"sdk": "X-Ray for Rust", "sdk_version": env!("CARGO_PKG_VERSION")}},
        })
    );
    let text = documents.texts().next().unwrap();
    assert!(text.contains(r#""start_time":1500000000.123456,"end_time":1500000001.623456"#), "{text}");
}

/// P34, P69, P72, P80.
#[test]
fn children_stand_in_their_parents_and_annotations_on_the_active_entity() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    xray_core::put_annotation("on", "segment");
    let one = xray_core::begin_subsegment("one").entered();
    xray_core::put_annotation("on", "one");
    xray_core::put_metadata("key", 1);
    let two = xray_core::begin_subsegment("two").entered();
    two.end();
    one.end();
    let three = xray_core::begin_subsegment("three");
    xray_core::put_annotation("late", true);
    three.end();
    segment.end();
    let trace = traced.only_trace();
    assert_eq!(trace.render(), "shop {late=true, on=\"segment\"}\n├─ one {on=\"one\"}\n│  └─ two\n└─ three\n");
    assert_eq!(*trace.find("one").get("/metadata/default/key"), json!(1));
    assert_eq!(trace.roots().len(), 1);
    assert_eq!(traced.documents().len(), 1);
}

/// P38: nothing is an error; what comes too late is counted.
#[test]
fn an_entity_that_ended_is_left_as_it_was() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = traced.recorder.begin_segment("shop").entered();
    let late = xray_core::current_segment();
    segment.end();
    late.put_annotation("a", 1);
    late.put_metadata("b", 2);
    late.put_aws("c", 3);
    late.set_http_response(HttpResponse::new(500));
    late.record_error("too late");
    late.set_name("other");
    late.set_user("other");
    late.end();
    assert_eq!(traced.only_trace().render(), "shop\n");
    assert_eq!(traced.recorder.stats().rejected_values, 8, "record_error sets a flag as well");
}

/// P36: what was begun on a handle ends on its own, in whatever order.
#[test]
fn handles_end_in_any_order() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let one = segment.begin_subsegment("one");
    let detached = segment.begin_subsegment("detached");
    let below = detached.begin_subsegment("below");
    one.end();
    detached.end();
    segment.end();
    below.end();
    let trace = traced.only_trace();
    assert_eq!(trace.render(), "shop\n├─ one\n└─ detached\n   └─ below\n");
    assert!(trace.find("below").is_document(), "its parent had been sent");
    assert_eq!(trace.find("below").json()["parent_id"], trace.find("detached").id());
}

/// X20: Python loses the first.
#[test]
fn a_segment_that_begins_while_another_is_open_replaces_it_only_for_a_while() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let first = xray_core::begin_segment("first").entered();
    let second = xray_core::begin_segment("second").entered();
    drop(xray_core::begin_subsegment("of the second"));
    second.end();
    drop(xray_core::begin_subsegment("of the first"));
    first.end();
    let rendered: Vec<_> = traced.documents().traces().iter().map(|trace| trace.render()).collect();
    assert_eq!(rendered, ["second\n└─ of the second\n", "first\n└─ of the first\n"]);
}

/// P39.
#[test]
fn each_segment_names_its_own_rule() {
    #[derive(Debug)]
    struct ByName;
    impl Sampler for ByName {
        fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision {
            SamplingDecision::sampled().with_rule_name(request.service_name.unwrap_or_default())
        }
    }
    let traced = Fixture::with(|builder| builder.sampler(ByName));
    let (one, two) = (traced.recorder.begin_segment("rule1"), traced.recorder.begin_segment("rule2"));
    drop((one, two));
    for document in traced.documents().iter() {
        assert_eq!(document["aws"]["xray"]["sampling_rule_name"], document["name"]);
    }
}

/// P42, S80: the variable wins, then the name in the code, then the service's name.
#[test]
fn a_segment_without_a_name_has_that_of_the_service() {
    type Case = (fn(RecorderBuilder) -> RecorderBuilder, &'static str, &'static str);
    let cases: [Case; 4] = [
        (|builder| builder, "", "unnamed"),
        (|builder| builder.service("from the code"), "", "from the code"),
        (|builder| builder.service("from the code"), "own", "own"),
        (
            |builder| {
                let variables = Environment::from_iter([("AWS_XRAY_TRACING_NAME", "from the variable")]);
                builder.service("from the code").environment(variables)
            },
            "",
            "from the variable",
        ),
    ];
    for (configure, name, expected) in cases {
        let traced = Fixture::with(configure);
        traced.recorder.begin_segment(name).end();
        assert_eq!(traced.only_trace().root().name(), expected);
    }
}

/// Rows 74 and 76 of the other SDKs: what the caller decided, and who decides otherwise.
#[test]
fn the_header_decides_before_the_sampler() {
    #[derive(Debug)]
    struct Never;
    impl Sampler for Never {
        fn should_sample(&self, _: &SamplingRequest<'_>) -> SamplingDecision {
            SamplingDecision::not_sampled()
        }
    }
    let traced = Fixture::with(|builder| builder.sampler(Never));
    let root = "1-57ff426a-80c11c39b0c928905eb0828d";
    for (sampled, expected) in [(";Sampled=1", true), (";Sampled=0", false), (";Sampled=?", false), ("", false)] {
        let header = TraceHeader::parse(&format!("Root={root};Parent=53995c3f42cd8ad8{sampled}"));
        let segment = traced.recorder.segment("shop").trace_header(header).begin();
        assert_eq!(segment.is_recording(), expected, "{sampled}");
        assert_eq!(segment.trace_id().unwrap().to_string(), root);
    }
    assert!(traced.recorder.segment("shop").sampled(true).begin().is_recording());
    let documents = traced.documents();
    assert_eq!(
        (documents[0]["trace_id"].as_str(), documents[0]["parent_id"].as_str()),
        (Some(root), Some("53995c3f42cd8ad8"))
    );
    assert_eq!(documents.len(), 2);
    assert!(documents[1]["parent_id"].is_null());
}

#[test]
fn a_call_that_was_under_way_before_it_is_recorded_begins_then() {
    let clock = Clock::manual(Duration::from_secs(1_500_000_000));
    let traced = Fixture::with(|builder| builder.clock(clock.clone()));
    let segment = traced.recorder.begin_segment("test");
    clock.advance(Duration::from_secs(5));
    for (name, age) in [("young", 2), ("old", 60)] {
        segment.begin_subsegment(name).set_age(Duration::from_secs(age));
    }
    segment.end();
    let trace = traced.only_trace();
    for (name, start) in [("young", 1_500_000_003.0), ("old", 1_500_000_000.0)] {
        assert_eq!(trace.find(name).get("/start_time"), start, "{name}: not before its segment");
        assert_eq!(trace.find(name).get("/end_time"), 1_500_000_005.0, "{name}");
    }
}

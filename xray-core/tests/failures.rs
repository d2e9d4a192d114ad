//! Errors: what is recorded of them, where, and how often.

use std::error::Error;
use std::fmt;

use smol::block_on;
use test_support::{Fixture, messages};
use xray_core::{Exception, capture, capture_async};

#[derive(Debug)]
struct LoadError(std::num::ParseIntError);

impl fmt::Display for LoadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("cannot load the cart")
    }
}

impl Error for LoadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn parse() -> Result<u8, std::num::ParseIntError> {
    "x".parse::<u8>()
}

const MESSAGE: &str = "invalid digit found in string";

#[test]
fn an_error_on_its_way_up_is_recorded_once_and_referred_to() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    let outcome = capture("one", |_| capture("two", |_| capture("three", |_| parse())));
    segment.record_error(&outcome.unwrap_err());
    segment.end();
    let trace = traced.only_trace();
    assert_eq!(messages(&trace.find("three")), [MESSAGE]);
    let id = trace.find("three").get("/cause/exceptions/0/id").clone();
    for name in ["two", "one", "shop"] {
        assert_eq!(trace.find(name).get("/cause"), &id, "{name}");
        assert_eq!(trace.find(name).get("/fault"), true);
    }
}

/// X10: Python then has the id of an exception that no document has.
#[test]
fn an_error_recorded_twice_on_one_entity_is_recorded_once() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let error = parse().unwrap_err();
    segment.record_error(&error);
    segment.record_error("another");
    segment.record_error(&error);
    segment.end();
    assert_eq!(messages(&traced.only_trace().root()), [MESSAGE, "another"]);
}

#[test]
fn an_error_that_wraps_a_recorded_one_points_to_it() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    let load = || capture("load", |_| capture("parse", |_| parse()).map_err(LoadError));
    let error: Box<dyn Error + Send + Sync> = load().unwrap_err().into();
    segment.record_error(&error);
    segment.end();
    let trace = traced.only_trace();
    let (parse, load) = (trace.find("parse"), trace.find("load"));
    assert_eq!((messages(&parse), messages(&load)), (vec![MESSAGE], vec!["cannot load the cart"]));
    assert_eq!(load.get("/cause/exceptions/0/cause"), parse.get("/cause/exceptions/0/id"));
    assert_eq!(load.get("/cause/exceptions/0/type"), "failures::LoadError");
    assert_eq!(trace.root().get("/cause"), load.get("/cause/exceptions/0/id"), "boxed on the way, but the same");
}

/// What a service has answered has not the name that its client gives to it.
#[test]
fn an_error_that_ends_with_the_words_of_one_that_is_known_by_them_points_to_it() {
    let long = "x".repeat(5_000);
    for (recorded, known, passed_on, is_known) in [
        ("no such topic", true, "NotFoundException: no such topic", true),
        ("no such topic", true, "NotFoundException [NotFound]: no such topic", true),
        ("no such topic: orders", true, "NotFoundException: no such topic: orders", true),
        (&long, true, &format!("NotFoundException: {long}"), true),
        ("no such topic", true, "no such topic", true),
        ("no such topic", true, "NotFoundException: no such topic!", false),
        ("topic", true, "NotFoundException: no such topic", false),
        ("no such topic", false, "NotFoundException: no such topic", false),
        ("", true, "NotFoundException: ", false),
    ] {
        let traced = Fixture::start();
        let segment = traced.recorder.begin_segment("shop");
        let call = segment.begin_subsegment("call");
        let exception = Exception::new("NotFound", recorded).remote(true);
        call.record_exception(if known { exception.known_by_ending() } else { exception });
        call.end();
        segment.record_fault(Exception::new("sdk::Error", "service error").caused_by(Exception::new("E", passed_on)));
        segment.end();
        let trace = traced.only_trace();
        let (call, above) = (trace.find("call"), trace.root());
        let expected = if is_known { vec!["service error"] } else { vec!["service error", passed_on] };
        assert_eq!(messages(&above), expected.iter().map(|text| &text[..text.len().min(2_000)]).collect::<Vec<_>>());
        let refers = above.get("/cause/exceptions/0/cause") == call.get("/cause/exceptions/0/id");
        assert_eq!(refers, is_known, "{recorded:.50} {passed_on:.50}");
    }
}

/// Many errors say nothing but what their source says.
#[test]
fn an_error_with_the_words_of_its_source_is_referred_to_as_a_whole() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let part = segment.begin_subsegment("part");
    let exception = || Exception::new("Outer", "gone").caused_by(Exception::new("Inner", "gone"));
    part.record_exception(exception());
    part.record_exception(exception());
    part.end();
    segment.record_exception(exception());
    segment.end();
    let trace = traced.only_trace();
    let part = trace.find("part");
    assert_eq!(messages(&part), ["gone", "gone"]);
    assert_eq!(part.get("/cause/exceptions/0/cause"), part.get("/cause/exceptions/1/id"));
    assert_eq!(trace.root().get("/cause"), part.get("/cause/exceptions/0/id"));
}

/// Python replaces the subsegment's own exception by a reference.
#[test]
fn what_was_recorded_stays_when_a_childs_error_comes_on_top() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    segment.record_error("own, before");
    let error = capture("child", |_| parse()).unwrap_err();
    segment.record_error(&error);
    segment.record_error("own, after");
    segment.end();
    let trace = traced.only_trace();
    assert_eq!(messages(&trace.root()), ["own, before", MESSAGE, "own, after"]);
    let [reference, original] = ["shop", "child"].map(|name| trace.find(name));
    assert_eq!(reference.get("/cause/exceptions/1/cause"), original.get("/cause/exceptions/0/id"));
}

/// A reference alone becomes an exception that points, as soon as it is not alone.
#[test]
fn an_error_after_a_childs_error_keeps_both() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    let error = capture("child", |_| parse()).unwrap_err();
    segment.record_error(&error);
    segment.record_error("own");
    segment.end();
    assert_eq!(messages(&traced.only_trace().root()), [MESSAGE, "own"]);
}

#[test]
fn the_same_words_in_a_sibling_are_another_error() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    let _ = capture("one", |_| parse());
    let _ = capture("two", |_| parse());
    segment.end();
    let trace = traced.only_trace();
    let [one, two] = ["one", "two"].map(|name| trace.find(name));
    assert_eq!((messages(&one), messages(&two)), (vec![MESSAGE], vec![MESSAGE]));
    assert_ne!(one.get("/cause/exceptions/0/id"), two.get("/cause/exceptions/0/id"));
}

/// It left with the one that recorded it, before the one that refers to it knew of it.
#[test]
fn an_error_of_a_subsegment_that_has_left_is_referred_to_as_well() {
    for threshold in [0, 1, 30] {
        let traced = Fixture::with(|builder| builder.streaming_threshold(threshold));
        let segment = traced.recorder.begin_segment("shop");
        let outer = segment.begin_subsegment("outer");
        let middle = outer.begin_subsegment("does not record");
        let inner = middle.begin_subsegment("inner");
        let error = parse().unwrap_err();
        inner.record_error(&error);
        inner.end();
        middle.end();
        outer.record_error(&error);
        outer.record_error(&error);
        outer.end();
        segment.record_error(&error);
        segment.end();
        let trace = traced.only_trace();
        let id = trace.find("inner").get("/cause/exceptions/0/id").clone();
        assert!(id.is_string());
        for name in ["outer", "shop"] {
            assert_eq!(*trace.find(name).get("/cause"), id, "{name} with threshold {threshold}");
        }
        assert!(trace.find("does not record").get("/cause").is_null());
    }
}

#[test]
fn exceptions_beyond_the_most_that_are_kept_are_counted_and_never_referred_to() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let part = segment.begin_subsegment("part");
    for number in 0..100 {
        part.record_exception(Exception::new("error", &number.to_string()));
    }
    segment.record_error("99");
    part.end();
    segment.end();
    let trace = traced.only_trace();
    assert_eq!(messages(&trace.find("part")).len(), 64);
    assert_eq!(messages(&trace.root()), ["99"]);
    assert_eq!(traced.recorder.stats().rejected_values, 36);
}

#[test]
fn a_chain_that_does_not_fit_ends_where_the_exceptions_end() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    for chain in 0..4 {
        let links = (0..20).map(|link| Exception::new("error", &format!("{chain}-{link}")));
        segment.record_exception(links.reduce(Exception::caused_by).unwrap());
    }
    segment.end();
    // The fixture checks the references.
    // Three chains of twenty, each outermost first, and the four outermost links of another.
    let expected: Vec<_> = (0..4).flat_map(|chain| (0..20).map(move |link| format!("{chain}-{link}"))).collect();
    assert_eq!(messages(&traced.only_trace().root()), expected[..64]);
}

#[test]
fn an_error_of_a_future_is_recorded_and_returned() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    let outcome = block_on(capture_async("load", async { Err::<(), _>("gone") }));
    assert_eq!(outcome, Err("gone"));
    assert_eq!(block_on(capture_async("work", async { Ok::<_, &str>(17) })), Ok(17));
    segment.end();
    let trace = traced.only_trace();
    assert_eq!(trace.render(), "shop\n├─ load [fault]\n└─ work\n");
    assert_eq!(messages(&trace.find("load")), ["gone"]);
}

/// P75, P76.
#[test]
fn capture_hands_on_what_it_gets_without_a_segment_too() {
    Fixture::start().without_segment_blocking(|| {
        assert_eq!(capture("alone", |_| Err::<u8, _>("gone")), Err("gone"));
        assert_eq!(capture("alone", |_| Ok::<_, &str>(17)), Ok(17));
        assert_eq!(block_on(capture_async("alone", async { Ok::<_, &str>(17) })), Ok(17));
    });
}

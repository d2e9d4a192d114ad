//! Stacks are asked for, and an error has one, however many levels record it.

#![allow(clippy::unwrap_used)] // as in tests

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;

use allocation_counter::measure;
use serde_json::Value;
use smol::block_on;
use test_support::Fixture;
use xray_core::testing::Node;
use xray_core::{Environment, Exception, RecorderBuilder, capture, capture_async};

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

/// The labels of the stack of an exception, the innermost frame first.
fn labels(node: &Node, exception: usize) -> Vec<String> {
    let stack = node.get(&format!("/cause/exceptions/{exception}/stack")).as_array().cloned().unwrap_or_default();
    stack.iter().map(|frame| frame["label"].as_str().unwrap().to_owned()).collect()
}

fn variables(builder: RecorderBuilder, frames: &str) -> RecorderBuilder {
    builder.environment(Environment::from_iter([("AWS_XRAY_STACK_FRAMES", frames)]))
}

#[test]
fn an_error_keeps_as_many_frames_as_are_asked_for() {
    let without = "an_error_keeps_as_many_frames_as_are_asked_for";
    for (variable, setter, expected) in [("", 0, 0), ("", 3, 3), ("5", 3, 5), ("5", 0, 5), ("0", 3, 0)] {
        let traced = Fixture::with(|builder| variables(builder.stack_frames(setter), variable));
        let segment = traced.recorder.begin_segment("shop");
        segment.record_error("gone");
        segment.record_error(&parse().unwrap_err());
        segment.record_exception(Exception::from_error(&LoadError(parse().unwrap_err())));
        segment.end();
        let root = traced.only_trace().root();
        for exception in 0..2 {
            let labels = labels(&root, exception);
            assert_eq!(labels.len(), expected, "{variable:?}, {setter}: {labels:?}");
            assert!(labels.first().is_none_or(|label| label.contains(without)), "its own code comes first: {labels:?}");
            let left_out = root.get(&format!("/cause/exceptions/{exception}/truncated")).as_u64();
            assert_eq!(left_out.is_some(), expected > 0, "{variable:?}, {setter}");
        }
        assert_eq!(labels(&root, 2).len(), 0, "an exception that was made by hand, or by an instrument, has none");
    }
}

#[test]
fn a_number_that_cannot_be_read_is_an_error() {
    for value in ["many", "-1", "1.5", "99999999999999999999999"] {
        let error = variables(test_support::builder(), value).build().unwrap_err();
        assert!(error.to_string().contains("AWS_XRAY_STACK_FRAMES"), "{error}");
    }
}

/// Each level of nested captures resolved a stack of its own, for an exception that only points to the first.
#[test]
fn an_error_is_given_a_stack_once_on_its_way_up() {
    let traced = Fixture::with(|builder| builder.stack_frames(20));
    let scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    let outcome = capture("outer", |_| {
        capture("middle", |_| capture("inner", |_| parse()).map_err(LoadError)).inspect_err(|_| ())
    });
    assert!(outcome.is_err());
    let awaited = async { capture_async("awaited", async { Err::<(), _>("late") }).await };
    let outcome = block_on(capture_async("async", awaited));
    segment.record_error(&outcome.unwrap_err());
    segment.end();
    drop(scope);
    let trace = traced.only_trace();
    for name in ["inner", "awaited"] {
        assert!(!labels(&trace.find(name), 0).is_empty(), "{name}");
    }
    let stacks: usize = traced.documents().texts().map(|text| text.matches("\"stack\"").count()).sum();
    assert_eq!(stacks, 2);
}

/// `RUST_BACKTRACE=1`, which many images set, made each error that was recorded find symbols, in instruments as well.
#[test]
fn the_variables_of_rust_are_for_panics() {
    for (variable, value) in [("RUST_BACKTRACE", "1"), ("RUST_LIB_BACKTRACE", "1"), ("RUST_BACKTRACE", "full")] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "--ignored", "--nocapture", "child_records_an_error_and_a_panic"]);
        command.env_remove("RUST_BACKTRACE").env_remove("RUST_LIB_BACKTRACE").env(variable, value);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{variable}: {text}{}", String::from_utf8_lossy(&output.stderr));
        let document = text.lines().find(|line| line.starts_with('{')).expect("a document");
        let document: Value = serde_json::from_str(document).unwrap();
        let part = |name: &str| {
            let parts = document["subsegments"].as_array().unwrap();
            parts.iter().find(|part| part["name"] == name).unwrap()["cause"]["exceptions"][0].clone()
        };
        assert!(part("error")["stack"].is_null(), "{variable}: {document}");
        let stack = part("panic")["stack"].as_array().cloned().unwrap_or_default();
        assert!(stack.len() > 3, "{variable}: {document}");
    }
}

#[test]
#[ignore = "run by the_variables_of_rust_are_for_panics, in a process of its own"]
fn child_records_an_error_and_a_panic() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let error = LoadError(parse().unwrap_err());
    let part = segment.begin_subsegment("error");
    let allocations = measure(|| part.record_error(&error)).count_total;
    assert!(allocations < 100, "no stack is taken only to be thrown away: {allocations} allocations");
    drop(part);
    let part = segment.begin_subsegment("panic");
    let caught = catch_unwind(AssertUnwindSafe(move || {
        let _part = part;
        panic!("lost");
    }));
    assert!(caught.is_err());
    segment.end();
    println!("{}", traced.documents().texts().next().unwrap());
}

/// However deep the stack, and whatever else there is to say.
#[test]
fn a_stack_leaves_room_for_what_tells_more() {
    fn deep(levels: u32, work: &mut dyn FnMut()) {
        if levels == 0 {
            work()
        } else {
            deep(std::hint::black_box(levels - 1), work)
        }
        std::hint::black_box(());
    }
    let traced = Fixture::with(|builder| builder.stack_frames(1_000_000));
    let segment = traced.recorder.begin_segment("shop");
    deep(1_000, &mut || {
        segment.record_error(&LoadError(parse().unwrap_err()));
        segment.record_error("another");
    });
    segment.end();
    let root = traced.only_trace().root();
    let stack = labels(&root, 0).len() as u64;
    assert!(stack > 100 && root.get("/cause/exceptions/0/truncated").as_u64().unwrap() + stack > 1_000, "{stack}");
    assert_eq!(*root.get("/cause/exceptions/1/message"), "invalid digit found in string");
}

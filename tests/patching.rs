//! The switch: which libraries are patched, what a wrong name gets, and what is said of an instrument that is attached
//! for nothing.
//!
//! Patching is for good in a process, so each test runs in a process of its own: the test binary starts itself.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::process::Command;
use std::sync::{Arc, Mutex};

use aws_xray_sdk as xray;
use test_support::Fixture;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Runs the test again in a process of its own, which does the work, with a variable set.
fn alone(test: &str, variable: Option<(&str, &str)>, work: fn()) {
    if std::env::var_os(CHILD).is_some() {
        return work();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).env(CHILD, "1").envs(variable);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{test} did not run: {text}");
}

const CHILD: &str = "XRAY_TEST_PATCHING_CHILD";

#[test]
fn every_library_that_is_compiled_in_is_patched_and_listed() {
    alone("every_library_that_is_compiled_in_is_patched_and_listed", None, || {
        let patched = xray::patch_all();
        // The test has all features.
        assert_eq!(patched, xray::Library::ALL);
        assert_eq!(xray::patch_all(), patched, "the second time");
        let fixture = Fixture::of_process();
        let trace = fixture.trace_blocking(|| {
            for library in xray::Library::ALL {
                xray::begin_client_subsegment(library, || library.name()).end();
            }
        });
        let recorded: Vec<_> = trace.root().children().iter().map(|call| call.name().to_owned()).collect();
        assert_eq!(recorded, xray::Library::ALL.map(xray::Library::name));
    });
}

#[test]
fn wrong_names_patch_nothing_and_say_what_is_right() {
    alone("wrong_names_patch_nothing_and_say_what_is_right", None, || {
        let log = Log::capture();
        let error = xray::patch(["reqwest", "sqlite3"]).unwrap_err().to_string();
        assert!(error.starts_with("unknown library \"sqlite3\": expected one of aws-sdk, reqwest, "), "{error}");
        call_through_reqwest();
        assert_eq!(log.lines("not patched"), 1, "the right name beside the wrong one was not patched either");
    });
}

#[test]
fn a_library_without_its_feature_is_an_error_that_names_the_feature() {
    let compiled = [xray_core::Compiled { library: xray::Library::Reqwest, install: || Ok(()) }];
    let error = xray_core::patch(&compiled, [xray::Library::Mongodb]).unwrap_err().to_string();
    assert_eq!(error, "mongodb is not compiled in: enable the feature \"mongodb\"; compiled in: reqwest");
}

#[test]
fn an_instrument_of_a_library_that_is_not_patched_is_mentioned_once() {
    alone("an_instrument_of_a_library_that_is_not_patched_is_mentioned_once", None, || {
        let log = Log::capture();
        (0..3).for_each(|_| call_through_reqwest());
        assert_eq!(log.lines("not patched"), 1);
        assert_eq!(xray::patch([xray::Library::Reqwest]).unwrap(), [xray::Library::Reqwest]);
        let _segment = xray::Recorder::builder().build().unwrap().segment("test").sampled(true).begin().entered();
        assert!(xray::begin_client_subsegment(xray::Library::Reqwest, || "host").is_recording());
    });
}

#[test]
fn disabled_nothing_is_patched() {
    alone("disabled_nothing_is_patched", Some(("AWS_XRAY_SDK_ENABLED", "false")), || {
        let fixture = Fixture::start();
        fixture.another(|builder| builder.environment(xray::Environment::process()).install().unwrap());
        assert_eq!(xray::patch_all(), []);
        assert_eq!(xray::patch([xray::Library::Reqwest]).unwrap(), []);
        let segment = xray::begin_segment("test").entered();
        assert_eq!(segment.trace_id(), None);
        assert_eq!(xray::current_trace_header(), None);
        xray::begin_client_subsegment(xray::Library::Reqwest, || "host").end();
        segment.end();
        fixture.assert_nothing_sent();
    });
}

fn call_through_reqwest() {
    let segment = xray::Recorder::builder().build().unwrap().segment("test").sampled(true).begin().entered();
    let call = xray::begin_client_subsegment(xray::Library::Reqwest, || "host");
    assert!(!call.is_recording() && segment.is_recording());
}

/// The log of the process, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn capture() -> Self {
        let log = Self::default();
        tracing::subscriber::set_global_default(log.clone()).unwrap();
        log
    }

    fn lines(&self, part: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|line| line.contains(part)).count()
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Message(String);
        impl Visit for Message {
            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().unwrap().push(message.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

//! The SDK, switched off and on while the program runs.
//!
//! One test for what is the whole process's.

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

use test_support::{Fixture, builder};
use xray_core::{
    ClientCall, Compiled, ContextMissing, Environment, Library, Recorder, TraceHeader, begin_segment, begin_subsegment,
    begin_subsegment_in_trace, current_segment, patch, put_annotation,
};

const HEADER: &str = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";

#[test]
fn what_begins_while_it_is_off_is_not_recorded_and_what_is_open_is_recorded_to_its_end() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let open = begin_segment("open").entered();
    let part = begin_subsegment("part").entered();
    traced.recorder.set_enabled(false);
    assert!(!traced.recorder.is_enabled());
    put_annotation("put", "while it is off");
    begin_subsegment("below").end();
    begin_subsegment_in_trace(TraceHeader::parse(HEADER), "message").end();
    {
        // It hides what is current: the work is no part of the segment that is open.
        let hidden = begin_segment("hidden").entered();
        assert_eq!((hidden.trace_id(), hidden.trace_header(), current_segment().trace_id()), (None, None, None));
        begin_subsegment("hidden, too").end();
    }
    assert_eq!(traced.recorder.facade_segment(TraceHeader::parse(HEADER)).trace_id(), None);
    part.end();
    open.end();
    begin_segment("off").end();
    begin_subsegment_in_trace(TraceHeader::parse(HEADER), "off").end();
    traced.recorder.set_enabled(true);
    begin_segment("on").end();
    let documents = traced.documents();
    let names: Vec<_> = documents.iter().filter_map(|document| document["name"].as_str()).collect();
    assert_eq!(names, ["message", "open", "on"]);
    assert_eq!(documents.traces()[1].render(), "open\n└─ part {put=\"while it is off\"}\n   └─ below\n");
}

#[test]
fn while_it_is_off_no_segment_is_missing() {
    let recorder = builder().context_missing(ContextMissing::RuntimeError).build().unwrap();
    let _scope = recorder.scope();
    let misses = || catch_unwind(|| drop(begin_subsegment("part"))).is_err();
    assert!(misses());
    for _ in 0..2 {
        recorder.set_enabled(false);
        assert!(!misses());
        assert_eq!(ClientCall::begin(Library::Reqwest), ClientCall::Untraced);
        recorder.set_enabled(true);
        assert!(misses());
    }
}

#[test]
fn the_variable_wins_over_the_switch() {
    for value in ["false", "true"] {
        let environment = Environment::from_iter([("AWS_XRAY_SDK_ENABLED", value)]);
        let recorder = builder().environment(environment).build().unwrap();
        for enabled in [true, false, true] {
            recorder.set_enabled(enabled);
            assert_eq!(recorder.is_enabled().to_string(), value);
            assert_eq!(recorder.begin_segment("shop").trace_id().is_some(), recorder.is_enabled());
        }
    }
}

#[test]
fn what_the_process_is_to_patch_while_it_is_off_is_patched_when_it_is_turned_on() {
    static INSTALLED: AtomicUsize = AtomicUsize::new(0);
    let install = || {
        INSTALLED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    };
    let compiled = [Compiled { library: Library::Mongodb, install }];
    let builder = Recorder::builder().environment(Environment::empty()).context_missing(ContextMissing::RuntimeError);
    let recorder = builder.enabled(false).install().unwrap();
    for _ in 0..2 {
        assert_eq!(patch(&compiled, [Library::Mongodb]).unwrap(), []);
    }
    assert_eq!((INSTALLED.load(Ordering::Relaxed), ClientCall::of(Library::Mongodb)), (0, ClientCall::Untraced));
    recorder.set_enabled(true);
    assert_eq!((INSTALLED.load(Ordering::Relaxed), ClientCall::of(Library::Mongodb)), (1, ClientCall::Missing));
    let misses = || catch_unwind(|| drop(begin_subsegment("part"))).is_err();
    assert!(misses());
    recorder.set_enabled(false);
    assert!(!misses());
    recorder.set_enabled(true);
    assert_eq!(INSTALLED.load(Ordering::Relaxed), 1);
}

//! With the SDK disabled nothing is recorded, and headers are left as they are.

use std::sync::atomic::{AtomicBool, Ordering};

use smol::block_on;
use test_support::{Fixture, logged};
use xray_core::{
    ClientCall, ContextMissing, Environment, Library, RecorderBuilder, TraceHeader, XRayFutureExt as _,
    begin_client_subsegment, begin_segment, begin_subsegment, capture, capture_async, current_segment,
    current_subsegment, current_trace_header, is_sampled, patch, put_annotation, put_metadata,
};

/// P82, P83, P89, S91: the variable wins over the code, in any case of its letters.
#[test]
fn the_variable_wins_over_the_code() {
    for (variable, code, expected) in [
        (None, true, true),
        (None, false, false),
        (Some("TRUE"), false, true),
        (Some("true"), false, true),
        (Some("1"), false, true),
        (Some("False"), true, false),
        (Some("false"), true, false),
        (Some("off"), true, false),
    ] {
        let variables: Environment = variable.map(|value| ("AWS_XRAY_SDK_ENABLED", value)).into_iter().collect();
        let traced = Fixture::with(|builder| builder.environment(variables).enabled(code));
        traced.recorder.begin_segment("shop").end();
        assert_eq!(traced.recorder.is_enabled(), expected, "{variable:?} {code}");
        assert_eq!(traced.documents().len(), usize::from(expected), "{variable:?} {code}");
    }
}

/// S91, X8: every call works, in any order, and there is no header to send.
#[test]
fn every_call_does_nothing_and_says_nothing() {
    let traced = Fixture::with(|builder| builder.enabled(false));
    let _scope = traced.recorder.scope();
    drop(begin_subsegment("before anything"));
    let header = TraceHeader::parse("Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1");
    let segment = traced.recorder.segment("shop").trace_header(header).sampled(true).begin().entered();
    let part = begin_subsegment("part").entered();
    part.put_annotation("a", 1);
    part.record_error("lost");
    put_annotation("a", 1);
    put_metadata("a", 1);
    assert_eq!(capture("captured", |_| Err::<(), _>("lost")), Err("lost"));
    assert_eq!(block_on(capture_async("captured", async { Ok::<_, &str>(1) }).in_current()), Ok(1));
    block_on(async {}.in_segment(begin_segment("other")));
    let call = begin_client_subsegment(Library::Reqwest, || -> &str { panic!("nobody needs the name") });
    for header in [segment.trace_header(), part.trace_header(), call.trace_header(), current_trace_header()] {
        assert_eq!(header, None, "an outgoing header that is there already is not replaced");
    }
    segment.end();
    assert!(!is_sampled() && !current_segment().is_recording() && !current_subsegment().is_recording());
    drop((call, part));
    traced.assert_nothing_sent();
    assert_eq!(traced.recorder.stats(), Default::default());
}

/// A program that had called `patch_all()` was told to call it, because that does nothing while the SDK is off.
#[test]
fn nobody_is_told_to_patch_what_is_switched_off() {
    let call = |traced: &Fixture| {
        logged(|| {
            let _scope = traced.recorder.scope();
            assert_eq!(ClientCall::begin(Library::Tower), ClientCall::Untraced);
            begin_client_subsegment(Library::Tower, || "host").end();
            let _segment = traced.recorder.begin_segment("shop").entered();
            begin_client_subsegment(Library::Tower, || "host").end();
        })
    };
    let variable = Environment::from_iter([("AWS_XRAY_SDK_ENABLED", "false")]);
    assert_eq!(call(&Fixture::with(|builder| builder.environment(variable))), "");
    let ignores = |builder: RecorderBuilder| builder.context_missing(ContextMissing::IgnoreError);
    let switched = Fixture::with(|builder| ignores(builder).libraries([]).enabled(false));
    assert_eq!(call(&switched), "");
    switched.recorder.set_enabled(true);
    let lines = call(&switched);
    assert_eq!(lines.matches("its library is not patched: call patch_all()").count(), 1, "{lines}");
    assert_eq!(switched.only_trace().render(), "shop\n");
}

#[test]
fn nothing_is_patched() {
    // Another test of this process may turn the SDK on, which makes up for what was not patched: that is after this.
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    let install = || {
        INSTALLED.store(true, Ordering::Relaxed);
        Ok(())
    };
    let compiled = [xray_core::Compiled { library: Library::Mongodb, install }];
    let traced = Fixture::with(|builder| builder.enabled(false));
    let _scope = traced.recorder.scope();
    assert_eq!(patch(&compiled, [Library::Mongodb]).unwrap(), []);
    assert!(!INSTALLED.load(Ordering::Relaxed), "the hook was installed");
    assert_eq!(xray_core::patch_all(&compiled), []);
}

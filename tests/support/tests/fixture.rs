//! What the fixture does not let pass, each shown with an outcome that was invented.

#![allow(clippy::expect_used, clippy::unwrap_used)] // as in tests

use std::net::UdpSocket;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::executor::block_on;
use test_support::{Elsewhere, Fixture, builder, wait_until};
use xray_core::emitter::UdpEmitter;
use xray_core::{Recorder, begin_segment};

/// The message of the panic that an outcome causes at the latest when the fixture is dropped.
fn panic_of(outcome: impl FnOnce(&Fixture)) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| outcome(&Fixture::start()))).expect_err("nothing was noticed");
    payload.downcast_ref::<String>().expect("a formatted message").clone()
}

#[track_caller]
fn assert_noticed(expected: &str, outcome: impl FnOnce(&Fixture)) {
    let message = panic_of(outcome);
    assert!(message.contains(expected), "{message}");
}

/// Somebody who sends without the fixture's knowledge.
fn stranger(fixture: &Fixture) -> Recorder {
    builder().emitter(UdpEmitter::new(&fixture.address())).build().unwrap()
}

#[test]
fn a_document_that_the_test_has_not_looked_at() {
    let expected = "the test has not looked at all documents";
    assert_noticed(expected, |fixture| fixture.recorder.begin_segment("shop").end());
    assert_noticed(expected, |fixture| {
        fixture.recorder.begin_segment("shop").end();
        fixture.only_trace();
        fixture.recorder.begin_segment("another").end();
    });
    assert_noticed(expected, |fixture| {
        fixture.trace_blocking(|| {});
        fixture.another(|builder| builder.build().unwrap()).begin_segment("of another recorder").end();
    });
}

#[test]
fn a_document_beside_the_trace_that_was_asked_for() {
    let beside = |fixture: &Fixture| fixture.recorder.begin_segment("beside").end();
    assert_noticed("not only the trace", |fixture| drop(fixture.trace_blocking(|| beside(fixture))));
    assert_noticed("not only the trace", |fixture| drop(block_on(fixture.trace(async { beside(fixture) }))));
    assert_noticed("left == right", |fixture| {
        beside(fixture);
        beside(fixture);
        fixture.wait_for(1);
    });
}

#[test]
fn a_document_that_no_recorder_has_sent() {
    assert_noticed("1 documents came, but only 0 were sent", |fixture| {
        stranger(fixture).begin_segment("shop").end();
        wait_until("it has come", || !fixture.documents().is_empty());
    });
}

#[test]
fn a_document_that_is_not_valid() {
    assert_noticed("violates the format", |fixture| {
        let nonsense = b"{\"format\":\"json\",\"version\":1}\n{}";
        UdpSocket::bind("127.0.0.1:0").unwrap().send_to(nonsense, fixture.address().to_string()).unwrap();
        wait_until("it has come", || fixture.documents().len() > 1);
    });
}

#[test]
fn a_document_that_was_lost() {
    assert_noticed("dropped_too_large: 1", |fixture| {
        fixture.trace_blocking(|| {});
        fixture.limit_to(10);
        fixture.recorder.begin_segment("shop").end();
    });
}

#[test]
fn a_cause_that_refers_to_nothing() {
    assert_noticed("is in none of the documents", |fixture| {
        let segment = fixture.recorder.begin_segment("shop");
        let part = segment.begin_subsegment("never sent");
        part.record_error("lost");
        std::mem::forget(part);
        segment.record_error("lost");
        segment.end();
        fixture.only_trace();
    });
}

#[test]
fn something_where_nothing_was_to_be_sent() {
    let expected = "1 more were sent";
    assert_noticed(expected, |fixture| {
        fixture.recorder.begin_segment("shop").end();
        fixture.assert_nothing_sent();
    });
    assert_noticed(expected, |fixture| fixture.without_segment_blocking(|| begin_segment("shop").end()));
    assert_noticed(expected, |fixture| block_on(fixture.without_segment(async { begin_segment("shop").end() })));
}

/// It ends some time later, when the test is over.
#[test]
fn a_segment_that_was_begun_where_nothing_was_to_be_sent() {
    let expected = "segments were begun where nothing was to be sent";
    assert_noticed(expected, |fixture| std::mem::forget(fixture.without_segment_blocking(|| begin_segment("late"))));
    assert_noticed(expected, |fixture| {
        std::mem::forget(block_on(fixture.without_segment(async { begin_segment("late") })));
    });
}

#[test]
fn of_other_processes_a_document_that_the_test_has_not_looked_at() {
    let outcome = |outcome: fn(&Elsewhere, &Recorder)| {
        let message = catch_unwind(|| {
            let elsewhere = Elsewhere::start();
            let recorder = builder().emitter(UdpEmitter::new(&elsewhere.address().into())).build().unwrap();
            outcome(&elsewhere, &recorder);
        });
        message.err().map(|payload| payload.downcast_ref::<String>().expect("a formatted message").clone())
    };
    let unseen = outcome(|_, recorder| recorder.begin_segment("shop").end());
    assert!(unseen.is_some_and(|message| message.contains("the test has not looked at all documents")));
    let late = outcome(|elsewhere, recorder| {
        recorder.begin_segment("shop").end();
        assert_eq!(elsewhere.sent_by_now().len(), 1);
        recorder.begin_segment("another").end();
    });
    assert!(late.is_some_and(|message| message.contains("the test has not looked at all documents")));
    let dangling = outcome(|elsewhere, recorder| {
        let segment = recorder.begin_segment("shop");
        let part = segment.begin_subsegment("never sent");
        part.record_error("lost");
        std::mem::forget(part);
        segment.record_error("lost");
        segment.end();
        elsewhere.wait_until(|documents| documents.len() == 1);
    });
    assert!(dangling.is_some_and(|message| message.contains("is in none of the documents")));
    assert_eq!(
        outcome(|elsewhere, recorder| {
            recorder.begin_segment("shop").end();
            assert_eq!(elsewhere.wait_until(|documents| !documents.is_empty()).len(), 1);
        }),
        None
    );
}

#[test]
fn a_test_that_fails_is_told_its_own_reason() {
    let outcome = catch_unwind(|| {
        let fixture = Fixture::start();
        fixture.recorder.begin_segment("shop").end();
        panic!("its own");
    });
    assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&"its own"));
}

#[test]
fn what_was_looked_at_passes() {
    let fixture = Fixture::start();
    assert_eq!(fixture.trace_blocking(|| {}).render(), "shop\n");
    fixture.assert_nothing_sent();
    assert_eq!(fixture.without_segment_blocking(|| 17), 17);
    fixture.another(|builder| builder.build().unwrap()).begin_segment("another").end();
    assert_eq!(fixture.wait_for(2).traces().len(), 2);
    fixture.trace_blocking(|| {});
}

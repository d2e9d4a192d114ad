//! Panics: what is recorded of them, where, and what they do not touch.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};

use smol::block_on;
use test_support::{Fixture, messages};
use xray_core::{XRayFutureExt as _, capture};

#[test]
fn a_panic_is_recorded_where_it_happened_and_referred_to_above() {
    type Case = (&'static str, fn());
    let cases: [Case; 3] = [
        ("handles", || {
            let _outer = xray_core::begin_subsegment("outer").entered();
            let _inner = xray_core::begin_subsegment("inner").entered();
            panic!("out of {}", "stock");
        }),
        ("closures", || {
            let _ = capture("outer", |_| -> Result<(), &str> {
                capture("inner", |_| -> Result<(), &str> { panic!("out of stock") })
            });
        }),
        ("futures", || {
            let inner = async { panic!("out of stock") };
            block_on(async { inner.in_subsegment("inner").await }.in_subsegment("outer"));
        }),
    ];
    for (what, work) in cases {
        let traced = Fixture::start();
        let _scope = traced.recorder.scope();
        let segment = xray_core::begin_segment("shop").entered();
        segment.begin_subsegment("ended before").end();
        assert!(catch_unwind(work).is_err());
        segment.begin_subsegment("begun after").end();
        segment.end();
        let trace = traced.only_trace();
        assert_eq!(
            trace.render(),
            "shop\n├─ ended before\n├─ outer [fault]\n│  └─ inner [fault]\n└─ begun after\n",
            "{what}"
        );
        let inner = trace.find("inner");
        assert_eq!(messages(&inner), ["out of stock"], "{what}");
        assert_eq!(inner.get("/cause/exceptions/0/type"), "panic");
        let place = inner.get("/cause/exceptions/0/stack/0");
        assert!(place["path"].as_str().unwrap().ends_with("panics.rs") && place["line"].as_u64() > Some(10), "{place}");
        assert_eq!(trace.find("outer").get("/cause"), inner.get("/cause/exceptions/0/id"), "{what}");
    }
}

#[test]
fn a_panic_passes_through_segments_too() {
    let traced = Fixture::start();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        block_on(async { panic!("in a segment") }.in_segment(traced.recorder.begin_segment("shop")))
    }));
    assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&"in a segment"), "the program sees its own panic");
    assert_eq!(messages(&traced.only_trace().root()), ["in a segment"]);
}

/// The future was cancelled by somebody else's panic.
#[test]
fn a_future_that_is_dropped_by_a_panic_elsewhere_is_not_at_fault() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    let outcome = catch_unwind(|| {
        block_on(async {
            let waiting = std::future::pending::<()>().in_subsegment("waits");
            let panics = async { panic!("elsewhere") }.in_subsegment("panics");
            futures::join!(waiting, panics)
        })
    });
    assert!(outcome.is_err());
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n├─ waits {cancelled=true}\n└─ panics [fault]\n");
}

#[test]
fn a_subsegment_of_a_destructor_is_not_to_blame_for_the_panic_around_it() {
    struct CleansUp;
    impl Drop for CleansUp {
        fn drop(&mut self) {
            drop(xray_core::begin_subsegment("clean up"));
            block_on(async {}.in_subsegment("clean up async"));
        }
    }
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    let outcome = catch_unwind(|| {
        let _work = xray_core::begin_subsegment("work").entered();
        let _cleans_up = CleansUp;
        panic!("in the work");
    });
    assert!(outcome.is_err());
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n└─ work [fault]\n   ├─ clean up\n   └─ clean up async\n");
}

/// A panic that is passed on from another thread has no message here, and must not get that of an earlier one.
#[test]
fn a_panic_that_is_resumed_does_not_get_the_words_of_an_earlier_one() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    assert!(catch_unwind(|| panic!("earlier")).is_err());
    let outcome = catch_unwind(|| {
        let _work = xray_core::begin_subsegment("work").entered();
        resume_unwind(Box::new("from a thread"));
    });
    assert!(outcome.is_err());
    segment.end();
    assert_eq!(messages(&traced.only_trace().find("work")), ["the thread panicked"]);
}

/// The words are those of the panic that unwinds, not of one that was caught meanwhile.
#[test]
fn a_panic_that_is_caught_while_another_unwinds_does_not_take_its_place() {
    struct Panics;
    impl serde::Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("in Serialize")
        }
    }
    struct Notes<'a>(&'a xray_core::Segment);
    impl Drop for Notes<'_> {
        fn drop(&mut self) {
            self.0.put_metadata("note", Panics);
        }
    }
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let _work = segment.begin_subsegment("work");
        let _notes = Notes(&segment);
        panic!("in the work");
    }));
    assert!(outcome.is_err());
    segment.end();
    assert_eq!(messages(&traced.only_trace().find("work")), ["in the work"]);
}

/// A value is given away: what its `Drop` does is as if the program had dropped it there.
#[test]
fn a_value_that_panics_as_it_is_dropped_is_recorded_and_the_panic_goes_on() {
    struct Value(u32);
    impl serde::Serialize for Value {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_u32(self.0)
        }
    }
    impl Drop for Value {
        fn drop(&mut self) {
            // Nothing is locked.
            xray_core::put_annotation("dropped", self.0);
            assert!(self.0 < 2, "in Drop");
        }
    }
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let segment = xray_core::begin_segment("shop").entered();
    xray_core::put_metadata("calm", Value(1));
    assert_eq!(
        catch_unwind(|| xray_core::put_metadata("hostile", Value(2))).unwrap_err().downcast_ref(),
        Some(&"in Drop")
    );
    let part = segment.begin_subsegment("part");
    assert!(catch_unwind(|| part.put_aws("hostile", Value(3))).is_err());
    part.end();
    segment.put_annotation("after", true);
    segment.end();
    let trace = traced.only_trace();
    assert_eq!(trace.render(), "shop {after=true, dropped=3}\n└─ part\n");
    assert_eq!(trace.root().get("/metadata/default"), &serde_json::json!({"calm": 1, "hostile": 2}));
    assert_eq!(trace.root().children()[0].get("/aws/hostile"), 3);
}

/// The words of a panic are copied by the panic hook, which is no place to copy ten megabytes.
#[test]
fn the_beginning_of_a_panic_s_words_is_recorded() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let long = "é".repeat(5_000_000);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let _segment = xray_core::begin_segment("shop").entered();
        panic_any(long);
    }));
    assert!(outcome.is_err());
    let root = traced.only_trace().root();
    assert_eq!(messages(&root).iter().map(|message| message.chars().count()).collect::<Vec<_>>(), [2_000]);
}

//! When subsegments leave their segment before it ends, and what becomes of those that end after it.

use std::time::Duration;

use test_support::Fixture;
use xray_core::{Clock, Segment};

/// What is done to a segment, and how many subsegments the documents hold that this gives, in their order.
type Case = (&'static str, usize, fn(&Segment), &'static [usize]);

#[test]
fn finished_subsegments_leave_as_soon_as_more_than_the_threshold_are_held() {
    let cases: &[Case] = &[
        ("none", 30, |_| {}, &[0]),
        ("as many as the threshold", 30, |segment| siblings(segment, 30), &[30]),
        ("one more", 30, |segment| siblings(segment, 31), &[1, 30]),
        // The Go SDK waits until the segment's end and then sends as many as are over: the same documents.
        ("row 86 of the other SDKs: 22 children, threshold 20", 20, |segment| siblings(segment, 22), &[1, 1, 20]),
        // The Go SDK sends each of a chain alone. Here a subsegment takes along what is finished below it, which makes
        // fewer documents; the third one stays, because no more are held than may be.
        ("row 88 of the other SDKs: a chain of 3, threshold 1", 1, |segment| chain(segment, 3), &[2, 1]),
        ("P71: threshold 0, one subsegment", 0, |segment| siblings(segment, 1), &[1, 0]),
        ("threshold 0, a chain", 0, |segment| chain(segment, 3), &[1, 1, 1, 0]),
        (
            "the threshold counts all that are held, wherever",
            4,
            |segment| (0..3).for_each(|_| chain(segment, 2)),
            &[2, 4],
        ),
        ("no threshold", usize::MAX, |segment| siblings(segment, 400), &[400]),
    ];
    for (what, threshold, act, expected) in cases {
        let traced = Fixture::with(|builder| builder.streaming_threshold(*threshold));
        let segment = traced.recorder.begin_segment("shop");
        act(&segment);
        segment.end();
        let documents = traced.documents();
        let held: Vec<_> = documents
            .iter()
            .map(|document| {
                // A subsegment that is a document of its own counts as one of those that it holds.
                document.to_string().matches("\"start_time\"").count() - usize::from(document["type"].is_null())
            })
            .collect();
        assert_eq!(held, *expected, "{what}");
        assert!(documents[documents.len() - 1]["type"].is_null(), "the segment comes last: {what}");
    }
}

#[test]
fn the_one_that_has_been_finished_longest_leaves_first() {
    let traced = Fixture::with(|builder| builder.streaming_threshold(2));
    let segment = traced.recorder.begin_segment("shop");
    let slow = segment.begin_subsegment("slow");
    for name in ["one", "two", "three", "four"] {
        segment.begin_subsegment(name).end();
    }
    let names = || -> Vec<_> {
        traced.documents().iter().map(|document| document["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(), ["one", "two"]);
    slow.end();
    assert_eq!(names(), ["one", "two", "three"]);
    segment.end();
    assert_eq!(names(), ["one", "two", "three", "shop"]);
}

/// Row 102 of the other SDKs, and the third weakness of the Python SDK: nothing waits for one that never ends.
#[test]
fn a_forgotten_handle_delays_nobody() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let forgotten = segment.begin_subsegment("forgotten");
    forgotten.begin_subsegment("below").end();
    std::mem::forget(forgotten);
    segment.begin_subsegment("part").end();
    segment.end();
    let trace = traced.only_trace();
    assert_eq!(trace.find("shop").children().len(), 1);
    assert!(trace.find("below").is_document(), "its parent is not there to hold it");
    assert_eq!(trace.roots().len(), 2);
}

#[test]
fn what_is_open_when_the_segment_ends_is_sent_when_it_ends() {
    let clock = Clock::manual(Duration::from_secs(1_500_000_000));
    let traced = Fixture::with(|builder| builder.clock(clock.clone()));
    let segment = traced.recorder.begin_segment("shop");
    let outer = segment.begin_subsegment("outer");
    let inner = outer.begin_subsegment("inner");
    clock.advance(Duration::from_secs(1));
    outer.begin_subsegment("finished").end();
    clock.advance(Duration::from_secs(1));
    segment.end();
    let names = || -> Vec<_> {
        traced.documents().iter().map(|document| document["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(), ["finished", "shop"]);
    outer.put_annotation("after", "the segment");
    drop(inner.begin_subsegment("begun late"));
    inner.end();
    outer.begin_subsegment("begun later").end();
    outer.end();
    assert_eq!(names(), ["finished", "shop", "begun late", "inner", "begun later", "outer"]);
    assert_eq!(
        traced.only_trace().render(),
        "shop\n└─ outer {after=\"the segment\"}\n   ├─ inner\n   │  └─ begun late\n   ├─ finished\n   └─ begun later\n"
    );
}

#[test]
fn a_subsegment_can_be_begun_below_one_that_has_left() {
    let traced = Fixture::with(|builder| builder.streaming_threshold(0));
    let _scope = traced.recorder.scope();
    let segment = traced.recorder.begin_segment("shop").entered();
    let part = xray_core::begin_subsegment("part").entered();
    let look = xray_core::current_subsegment();
    part.end();
    // Its place is taken by another one: ids tell them apart.
    let other = segment.begin_subsegment("other");
    look.put_annotation("too", "late");
    look.begin_subsegment("late").end();
    other.put_annotation("its", "own");
    other.end();
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n├─ part\n│  └─ late\n└─ other {its=\"own\"}\n");
    assert_eq!(traced.recorder.stats().rejected_values, 1);
}

fn siblings(segment: &Segment, count: usize) {
    (0..count).for_each(|_| segment.begin_subsegment("sibling").end());
}

fn chain(segment: &Segment, length: usize) {
    let mut chain = vec![segment.begin_subsegment("link")];
    while chain.len() < length {
        chain.push(chain[chain.len() - 1].begin_subsegment("link"));
    }
    while chain.pop().is_some() {}
}

//! The handle on what is current, and what is put on that without a handle.

use std::sync::mpsc;
use std::thread;

use serde_json::json;
use test_support::{Fixture, messages};
use xray_core::{
    Entity, XRayFutureExt as _, begin_segment, begin_subsegment, current_entity, current_subsegment, current_trace_id,
    put_annotation, put_metadata_in, record_error,
};

#[test]
fn it_is_the_segment_or_the_subsegment_whichever_is_current() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    current_entity().put_annotation("on", "segment");
    current_entity().put_metadata("cart", [3, 4]);
    put_metadata_in("shop", "cart", json!({ "items": 2 }));
    record_error("the segment failed");
    let part = begin_subsegment("part").entered();
    assert_eq!(current_entity().id(), part.id());
    current_entity().put_annotation("on", "part");
    put_metadata_in("shop", "part", 1);
    record_error(&std::io::Error::other("the part failed"));
    current_entity().begin_subsegment("below").end();
    // It looks: nothing ends by it.
    drop(current_entity());
    drop(current_entity().entered());
    drop(current_entity().clone());
    put_annotation("still", "open");
    part.end();
    segment.end();
    let trace = traced.only_trace();
    assert_eq!(
        trace.render(),
        "shop [fault] {on=\"segment\"}\n└─ part [fault] {on=\"part\", still=\"open\"}\n   └─ below\n"
    );
    let (root, part) = (trace.root(), trace.find("part"));
    assert_eq!(*root.get("/metadata"), json!({ "default": { "cart": [3, 4] }, "shop": { "cart": { "items": 2 } } }));
    assert_eq!(*part.get("/metadata"), json!({ "shop": { "part": 1 } }));
    assert_eq!((messages(&root), messages(&part)), (vec!["the segment failed"], vec!["the part failed"]));
}

#[test]
fn in_an_unsampled_trace_and_in_none_it_has_the_header_and_no_more() {
    let traced = Fixture::start();
    assert_eq!((current_entity().trace_id(), current_entity().trace_header()), (None, None));
    let segment = traced.recorder.segment("shop").sampled(false).begin().entered();
    let current = current_entity();
    current.put_annotation("on", "nothing");
    assert_eq!((current.trace_id(), current.is_recording()), (segment.trace_id(), false));
    assert_eq!(current.trace_header(), segment.trace_header());
}

/// As rayon's threads, and callbacks of a pool of threads, work: closures by reference, by value, and kept.
#[test]
fn closures_on_other_threads_enter_it() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let parent = begin_subsegment("parallel").entered();
    let current = current_entity();
    thread::scope(|scope| {
        for number in 0..4 {
            let current = &current;
            scope.spawn(move || {
                let _guard = current.enter();
                assert_eq!(current_trace_id(), current.trace_id());
                begin_subsegment("by reference").put_annotation("number", number);
            });
        }
    });
    let owned = current.clone();
    thread::spawn(move || {
        let current = owned.entered();
        current.put_annotation("by", "value");
        begin_subsegment("by value").end();
    })
    .join()
    .unwrap();
    // A callback that is called more than once.
    let (jobs, queue) = mpsc::channel::<Box<dyn Fn() + Send>>();
    let callback = move || {
        let _guard = current.enter();
        begin_subsegment("called back").end();
    };
    jobs.send(Box::new(callback)).unwrap();
    thread::spawn(move || {
        let callback = queue.recv().unwrap();
        (0..2).for_each(|_| callback());
        assert_eq!(current_trace_id(), None);
    })
    .join()
    .unwrap();
    parent.end();
    segment.end();
    let trace = traced.only_trace();
    let mut names: Vec<_> = trace.find("parallel").children().iter().map(|child| child.name().to_owned()).collect();
    names.sort();
    let by_reference = ["by reference"; 4];
    assert_eq!(names, [&by_reference[..], &["by value", "called back", "called back"]].concat());
    assert_eq!(*trace.find("parallel").get("/annotations"), json!({ "by": "value" }));
}

#[test]
fn it_may_outlive_what_it_looks_at() {
    let traced = Fixture::start();
    let segment = begin_kept(&traced);
    let below = segment.begin_subsegment("late").entered();
    assert_eq!(current_subsegment().id(), below.id());
    below.end();
    let _guard = segment.enter();
    smol::block_on(async { begin_subsegment("later").end() }.in_current());
    segment.put_annotation("too", "late");
    assert_eq!(traced.recorder.stats().rejected_values, 1);
    drop(_guard);
    let names: Vec<_> = traced.documents().iter().map(|document| document["name"].clone()).collect();
    assert_eq!(names, [json!("shop"), json!("late"), json!("later")]);
}

fn begin_kept(traced: &Fixture) -> Entity {
    let _scope = traced.recorder.scope();
    let _segment = begin_segment("shop").entered();
    current_entity()
}

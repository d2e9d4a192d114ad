//! What is current, where, and until when.

use std::cell::RefCell;
use std::panic::catch_unwind;
use std::sync::Barrier;

use test_support::Fixture;
use xray_core::{
    ClientCall, ContextMissing, EnteredSegment, EntityScope, Library, Recorder, Sampled, Subsegment, TraceHeader,
    XRayFutureExt as _, begin_client_subsegment, begin_segment, begin_subsegment, capture, current_segment,
    current_subsegment, current_trace_header, current_trace_id, is_sampled, put_annotation,
};

#[test]
fn a_guard_restores_what_was_current_before() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    assert!(!is_sampled());
    {
        let _segment = segment.enter();
        let one = begin_subsegment("one");
        {
            let _one = one.enter();
            drop(begin_subsegment("below one"));
            {
                let _again = segment.enter();
                drop(begin_subsegment("two"));
            }
            drop(begin_subsegment("below one again"));
        }
        drop(begin_subsegment("three"));
    }
    assert!(current_trace_id().is_none());
    drop(segment);
    assert_eq!(
        traced.only_trace().render(),
        "shop\n├─ one\n│  ├─ below one\n│  └─ below one again\n├─ two\n└─ three\n"
    );
}

#[test]
fn guards_that_are_dropped_out_of_order_leave_the_youngest_current() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let one = begin_subsegment("one").entered();
    let two = begin_subsegment("two").entered();
    let three = begin_subsegment("three").entered();
    drop(two);
    drop(begin_subsegment("below three"));
    drop(one);
    drop(begin_subsegment("below three still"));
    drop(three);
    drop(begin_subsegment("below the segment"));
    let last = begin_subsegment("last").entered();
    drop(segment);
    drop(begin_subsegment("below last"));
    drop(last);
    assert!(!is_sampled());
    assert_eq!(
        traced.only_trace().render(),
        "shop\n├─ one\n│  └─ two\n│     └─ three\n│        ├─ below three\n│        └─ below three still\n\
         ├─ below the segment\n└─ last\n   └─ below last\n"
    );
}

#[test]
fn an_unwinding_thread_restores_what_was_current_before() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let id = current_segment().id();
    assert!(
        catch_unwind(|| {
            let _one = begin_subsegment("one").entered();
            let two = begin_subsegment("two");
            let _two = two.enter();
            panic!("out");
        })
        .is_err()
    );
    assert_eq!((current_segment().id(), current_subsegment().is_recording()), (id, false));
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n└─ one [fault]\n   └─ two [fault]\n");
}

#[test]
fn another_thread_has_nothing_current_until_something_is_entered_there() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let part = begin_subsegment("part");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert!(!is_sampled() && current_trace_header().is_none());
            let _part = part.enter();
            drop(begin_subsegment("on another thread"));
        });
    });
    part.end();
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n└─ part\n   └─ on another thread\n");
}

/// P121: what one thread puts on its own segment never shows on another's.
#[test]
fn contexts_do_not_bleed_between_threads() {
    const THREADS: usize = 8;
    let traced = Fixture::start();
    let all_are_open = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for number in 0..THREADS {
            let (recorder, all_are_open) = (&traced.recorder, &all_are_open);
            scope.spawn(move || {
                let segment = recorder.begin_segment(&format!("segment {number}")).entered();
                for step in 0..20 {
                    all_are_open.wait();
                    let _part = begin_subsegment(&format!("part {number} {step}")).entered();
                    all_are_open.wait();
                    put_annotation("number", number);
                }
                segment.put_annotation("number", number);
            });
        }
    });
    let traces = traced.documents().traces();
    assert_eq!(traces.len(), THREADS);
    for trace in traces {
        let root = trace.root();
        let number = root.get("/annotations/number").as_u64().unwrap();
        assert_eq!(root.name(), format!("segment {number}"));
        assert_eq!(root.children().len(), 20);
        for (step, part) in root.children().iter().enumerate() {
            assert_eq!(part.name(), format!("part {number} {step}"));
            assert_eq!(*part.get("/annotations/number"), number);
        }
    }
}

#[test]
fn a_segment_that_a_thread_keeps_to_its_very_end_is_sent() {
    thread_local! {
        // Registered before anything of the recorder's, so that it outlives all of that, and then after it.
        static EARLY: RefCell<Option<EnteredSegment>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<EnteredSegment>> = const { RefCell::new(None) };
    }
    let traced = Fixture::start();
    let recorder = traced.recorder.clone();
    let thread = std::thread::spawn(move || {
        EARLY.with_borrow_mut(|kept| *kept = None);
        let early = recorder.begin_segment("early").entered();
        early.put_annotation("a", 1);
        drop(begin_subsegment("below early"));
        LATE.with_borrow_mut(|kept| *kept = Some(recorder.begin_segment("late").entered()));
        EARLY.with_borrow_mut(|kept| *kept = Some(early));
    });
    thread.join().unwrap();
    let mut rendered: Vec<_> = traced.documents().traces().iter().map(|trace| trace.render()).collect();
    rendered.sort();
    assert_eq!(rendered, ["early {a=1}\n└─ below early\n", "late\n"]);
}

#[test]
fn handles_on_what_is_current_end_nothing() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    drop(current_segment());
    current_segment().end();
    assert!(!current_subsegment().is_recording(), "the segment is no subsegment");
    let part = begin_subsegment("part").entered();
    current_subsegment().put_annotation("put", "through the handle");
    current_subsegment().end();
    drop(current_segment().enter());
    drop(current_subsegment().entered());
    current_segment().put_annotation("on", "segment");
    assert_eq!(current_subsegment().id(), part.id());
    traced.assert_nothing_sent();
    part.put_annotation("still", "open");
    part.end();
    segment.end();
    assert_eq!(
        traced.only_trace().render(),
        "shop {on=\"segment\"}\n└─ part {put=\"through the handle\", still=\"open\"}\n"
    );
}

#[test]
fn scopes_of_recorders_nest_and_end_in_any_order() {
    let [one, two, three] = [0; 3].map(|_| Fixture::start());
    let mark = |name: &str| begin_segment(name).end();
    let scope_one = one.recorder.scope();
    mark("in one");
    let scope_two = two.recorder.scope();
    mark("in two");
    let scope_three = three.recorder.scope();
    mark("in three");
    drop(scope_two);
    mark("in three still");
    drop(scope_three);
    mark("in one again");
    drop(scope_one);
    let names = |traced: &Fixture| -> Vec<_> {
        traced.documents().iter().map(|document| document["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&one), ["in one", "in one again"]);
    assert_eq!(names(&two), ["in two"]);
    assert_eq!(names(&three), ["in three", "in three still"]);
}

#[test]
fn a_segment_keeps_the_recorder_it_was_begun_with() {
    let [one, two] = [0; 2].map(|_| Fixture::start());
    let segment = one.recorder.begin_segment("of one").entered();
    let _scope = two.recorder.scope();
    drop(begin_subsegment("part"));
    segment.end();
    assert_eq!((one.only_trace().render().as_str(), two.documents().len()), ("of one\n└─ part\n", 0));
}

#[test]
fn the_header_of_what_is_current_has_its_id() {
    let traced = Fixture::start();
    let incoming = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:1;k=v=w";
    let segment = traced.recorder.segment("shop").trace_header(TraceHeader::parse(incoming)).begin().entered();
    let header = |id| format!("Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent={id};Sampled=1;Lineage=a:1;k=v=w");
    assert_eq!(current_trace_header().unwrap().to_string(), header(segment.id().unwrap()));
    let part = begin_subsegment("part").entered();
    assert_eq!(current_trace_header().unwrap().to_string(), header(part.id().unwrap()));
    assert_eq!(current_trace_header().unwrap().sampled(), Sampled::Yes);
    drop((part, segment));
    assert_eq!(traced.only_trace().render(), "shop (parent not captured)\n└─ part\n");
}

/// X6, and rows 9, 63 and 79 of the Python SDK, which has ids of zeros there.
#[test]
fn an_unsampled_trace_keeps_its_root_and_records_nothing() {
    let traced = Fixture::start();
    let root = "1-57ff426a-80c11c39b0c928905eb0828d";
    for (incoming, outgoing) in [
        (
            format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:b"),
            format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=0;Lineage=a:b"),
        ),
        (format!("Root={root};Sampled=0"), format!("Root={root};Sampled=0")),
    ] {
        let segment = traced.recorder.segment("shop").trace_header(TraceHeader::parse(&incoming)).begin().entered();
        let part = begin_subsegment("part").entered();
        part.put_annotation("a", 1);
        part.record_error("lost");
        let below = part.begin_subsegment("below");
        for header in [segment.trace_header(), part.trace_header(), below.trace_header(), current_trace_header()] {
            assert_eq!(header.unwrap().to_string(), outgoing);
        }
        assert_eq!((segment.id(), part.id(), is_sampled()), (None, None, false));
        assert_eq!(current_trace_id().unwrap().to_string(), root);
        assert!(!current_segment().is_recording() && !current_subsegment().is_recording());
    }
    let fresh = traced.recorder.segment("shop").sampled(false).begin();
    let header = fresh.trace_header().unwrap();
    assert_eq!((header.root(), header.parent()), (fresh.trace_id(), None));
    assert!(!header.root().unwrap().to_string().starts_with("1-00000000"));
    drop(fresh);
    traced.assert_nothing_sent();
}

/// Tests and programs share one process-wide recorder; here it has nobody to send to.
#[test]
fn the_default_recorder_needs_no_set_up() {
    assert!(Recorder::current().begin_segment("shop").trace_id().is_some());
}

#[test]
fn the_name_of_a_call_may_be_found_out_by_traced_code() {
    // It was asked for while the thread's contexts were borrowed, and what entered there panicked.
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let named = || capture("find the name", |_| Ok::<_, String>("host")).unwrap();
    begin_client_subsegment(Library::Reqwest, named).end();
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n├─ find the name\n└─ host\n");
}

#[test]
fn what_comes_of_a_call_is_known_before_it_begins() {
    let traced = Fixture::with(|builder| builder.context_missing(ContextMissing::IgnoreError));
    let unpatched = Fixture::with(|builder| builder.libraries([Library::Tower]));
    let of = || ClientCall::of(Library::Reqwest);
    let scope = traced.recorder.scope();
    assert_eq!(of(), ClientCall::Untraced, "no segment, and nobody wants to know; nor is it patched");
    assert!(!ClientCall::begin(Library::Reqwest).is_traced());
    drop(scope);
    for (fixture, sampled, expected) in [
        (&traced, true, ClientCall::Recorded),
        (&traced, false, ClientCall::Unsampled),
        (&unpatched, true, ClientCall::Untraced),
        (&unpatched, false, ClientCall::Untraced),
    ] {
        let recorder = &fixture.recorder;
        let segment = recorder.segment("shop").sampled(sampled).begin().entered();
        assert_eq!(of(), expected, "{sampled}");
        assert_eq!(ClientCall::begin(Library::Reqwest).is_traced(), expected != ClientCall::Untraced, "{sampled}");
        let call = begin_client_subsegment(Library::Reqwest, || "host");
        assert_eq!(call.is_recording(), expected == ClientCall::Recorded);
        assert_eq!(call.trace_header().is_some(), expected != ClientCall::Untraced);
        // A header that is passed on with more than X-Ray's own makes it another kind of context.
        drop(segment);
        let header = TraceHeader::parse("Root=1-57ff426a-80c11c39b0c928905eb0828d;Lineage=a:1");
        let segment = recorder.segment("shop").trace_header(header).sampled(sampled).begin().entered();
        assert_eq!(of(), expected, "{sampled}, with lineage");
        segment.end();
    }
    let rendered =
        |fixture: &Fixture| fixture.documents().traces().iter().map(|trace| trace.render()).collect::<Vec<_>>();
    assert_eq!(rendered(&traced), ["shop\n└─ host\n", "shop\n"]);
    assert_eq!(rendered(&unpatched), ["shop\n", "shop\n"]);
}

/// What was done inside a call through a library that is not patched vanished: the handle hid the segment.
#[test]
fn a_handle_that_stands_for_nothing_hides_nothing() {
    let quiet = |builder: xray_core::RecorderBuilder| builder.context_missing(ContextMissing::IgnoreError);
    let traced = Fixture::with(|builder| quiet(builder).libraries([Library::Tower]));
    let _scope = traced.recorder.scope();
    type Making = (&'static str, fn() -> Subsegment);
    let makings: [Making; 4] = [
        ("of nothing", || begin_subsegment("of nothing")),
        ("not patched", || begin_client_subsegment(Library::Reqwest, || "not patched")),
        ("not sampled, of nothing", || xray_core::begin_subsegment_without_sampling("of nothing")),
        ("current, of nothing", current_subsegment),
    ];
    type Way = (&'static str, fn(Subsegment, &dyn Fn()));
    let ways: [Way; 5] = [
        ("enter", |handle, work| {
            let _guard = handle.enter();
            work();
        }),
        ("entered", |handle, work| {
            let _guard = handle.entered();
            work();
        }),
        ("scope", |handle, work| EntityScope::from(handle).run(work)),
        ("below", |handle, work| {
            let _guard = handle.begin_subsegment("below").entered();
            work();
        }),
        ("out of order", |handle, work| {
            let (one, two) = (handle.enter(), begin_subsegment("beside").entered());
            drop(one);
            drop(two);
            work();
        }),
    ];
    for (making, make) in makings {
        for (way, go) in ways {
            let handle = make();
            assert_eq!(handle.trace_id(), None, "{making}");
            let segment = traced.recorder.begin_segment("shop").entered();
            go(handle, &|| put_annotation("way", way));
            segment.end();
            let trace = traced.documents().traces().pop().unwrap();
            assert_eq!(trace.root().get("/annotations/way"), way, "{making}, {way}:\n{trace}");
        }
    }
}

/// The same of futures that were made where nothing was current.
#[test]
fn a_future_that_was_made_of_nothing_is_where_it_is_polled() {
    let traced = Fixture::with(|builder| builder.context_missing(ContextMissing::IgnoreError));
    let _scope = traced.recorder.scope();
    let work = || async { put_annotation("done", true) };
    let (carried, named) = (work().in_current(), work().in_subsegment("part"));
    let in_nothing = work().in_segment(current_segment());
    smol::block_on(carried.in_segment(begin_segment("carried")));
    smol::block_on(named.in_segment(begin_segment("named")));
    smol::block_on(in_nothing.in_segment(begin_segment("in nothing")));
    let rendered: Vec<_> = traced.documents().traces().iter().map(|trace| trace.render()).collect();
    assert_eq!(rendered, ["carried {done=true}\n", "named\n└─ part {done=true}\n", "in nothing {done=true}\n"]);
}

/// What is switched off hides what is current: the work is not that of the segment around it.
#[test]
fn the_segment_of_a_disabled_recorder_hides_what_is_current() {
    let traced = Fixture::with(|builder| builder.context_missing(ContextMissing::RuntimeError));
    let disabled = Fixture::with(|builder| builder.enabled(false));
    let _scope = traced.recorder.scope();
    let segment = traced.recorder.begin_segment("shop").entered();
    type Begin = (&'static str, fn(&Recorder) -> xray_core::Segment);
    let segments: [Begin; 2] = [
        ("segment", |recorder| recorder.begin_segment("off")),
        ("facade", |recorder| recorder.facade_segment(TraceHeader::default())),
    ];
    for (name, begin) in segments {
        let off = begin(&disabled.recorder).entered();
        let part = begin_subsegment("part").entered();
        put_annotation("hidden", name);
        assert!(current_trace_id().is_none() && !is_sampled() && !part.is_recording());
        assert_eq!(ClientCall::begin(Library::Reqwest), ClientCall::Untraced, "nothing is missing");
        let carried = async { put_annotation("hidden", name) }.in_current();
        drop((part, off));
        smol::block_on(carried);
    }
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n");
    disabled.assert_nothing_sent();
}

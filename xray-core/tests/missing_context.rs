//! What happens where no segment is current.

use std::future::Future;
use std::panic::catch_unwind;
use std::pin::pin;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Waker};
use std::time::{Duration, SystemTime};

use test_support::{Fixture, builder, logged};
use xray_core::{
    ContextMissing, Exception, HttpRequest, HttpResponse, Library, Namespace, SegmentId, Subsegment, TraceHeader,
    XRayFutureExt as _, begin_client_subsegment, begin_subsegment, begin_subsegment_at,
    begin_subsegment_without_sampling, capture, current_entity, current_segment, current_subsegment,
    current_trace_header, is_sampled, put_annotation, put_metadata, put_metadata_in, record_error, run_in_subsegment,
};

/// P73: no error, and nothing is sampled.
#[test]
fn without_a_segment_every_call_does_nothing() {
    let traced = Fixture::with(|builder| builder.context_missing(ContextMissing::IgnoreError));
    let _scope = traced.recorder.scope();
    put_annotation("a", 1);
    put_metadata("b", 2);
    let part = begin_subsegment("part").entered();
    part.put_annotation("a", 1);
    part.record_error("lost");
    part.set_name("other");
    let below = part.begin_subsegment("below");
    assert_eq!((part.id(), below.id(), part.trace_id(), part.trace_header()), (None, None, None, None));
    assert!(!is_sampled() && current_trace_header().is_none() && !current_segment().is_recording());
    assert_eq!(capture("alone", |part| Ok::<_, &str>(part.is_recording())), Ok(false));
    drop((part, below));
    traced.assert_nothing_sent();
}

/// P74.
#[test]
fn without_a_segment_the_strategy_runtime_error_panics() {
    type Case = (&'static str, fn());
    let cases: [Case; 4] = [
        ("subsegment \"part\"", || drop(begin_subsegment("part"))),
        ("annotation \"key\"", || put_annotation("key", 1)),
        ("metadata \"key\"", || put_metadata("key", 1)),
        ("subsegment \"captured\"", || capture("captured", |_| Ok::<_, &str>(())).unwrap()),
    ];
    for (what, call) in cases {
        let recorder = builder().context_missing(ContextMissing::RuntimeError).build().unwrap();
        let scope = recorder.scope();
        let payload = catch_unwind(call).unwrap_err();
        let message = payload.downcast_ref::<String>().unwrap();
        assert_eq!(message, &format!("{what} has no segment and the strategy is RUNTIME_ERROR"));
        // With a segment it is fine.
        let _segment = recorder.begin_segment("shop").entered();
        call();
        drop(scope);
    }
}

#[test]
fn the_strategy_goes_with_its_scope() {
    let recorder = |strategy| builder().context_missing(strategy).build().unwrap();
    let panics = || catch_unwind(|| drop(begin_subsegment("part"))).is_err();
    let (ignores, raises) = (recorder(ContextMissing::IgnoreError), recorder(ContextMissing::RuntimeError));
    let outer = raises.scope();
    assert!(panics());
    let inner = ignores.scope();
    assert!(!panics());
    drop(inner);
    assert!(panics());
    // Out of order.
    let inner = ignores.scope();
    drop(outer);
    assert!(!panics());
    drop(inner);
    // While some thread has a scope, threads look for one of their own.
    let (begun, done) = (Barrier::new(2), Barrier::new(2));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _elsewhere = ignores.scope();
            begun.wait();
            done.wait();
        });
        begun.wait();
        let panicked = panics();
        done.wait();
        assert!(!panicked, "the process's strategy is to log");
    });
}

/// A panic while a panic unwinds would abort the process.
#[test]
fn the_strategy_runtime_error_does_not_panic_twice() {
    struct CleansUp;
    impl Drop for CleansUp {
        fn drop(&mut self) {
            drop(begin_subsegment("clean up"));
        }
    }
    let recorder = builder().context_missing(ContextMissing::RuntimeError).build().unwrap();
    let _scope = recorder.scope();
    let outcome = catch_unwind(|| {
        let _cleans_up = CleansUp;
        panic!("first");
    });
    assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&"first"));
}

/// What is said of it, and how it is put.
type Put = (&'static str, fn(&Subsegment));

/// Everything that can be put on a handle.
const PUTS: [Put; 19] = [
    ("annotation \"key\"", |handle| handle.put_annotation("key", 1)),
    ("metadata \"key\"", |handle| handle.put_metadata("key", 1)),
    ("metadata \"key\"", |handle| handle.put_metadata_in("space", "key", 1)),
    ("value \"operation\"", |handle| handle.put_aws("operation", "GetItem")),
    ("value \"links\"", |handle| handle.put_link(&TraceHeader::default())),
    ("error \"str\"", |handle| handle.record_error("lost")),
    ("exception \"Lost\"", |handle| handle.record_fault(Exception::new("Lost", "lost"))),
    ("exception \"Lost\"", |handle| handle.record_exception(Exception::new("Lost", "lost"))),
    ("value \"error\"", |handle| handle.set_error()),
    ("value \"fault\"", |handle| handle.set_fault()),
    ("value \"throttle\"", |handle| handle.set_throttle()),
    ("value \"http.request\"", |handle| handle.set_http_request(HttpRequest::new("GET", "http://host/"))),
    ("value \"http.response\"", |handle| handle.set_http_response(HttpResponse::new(500))),
    ("value \"name\"", |handle| handle.set_name("other")),
    ("value \"namespace\"", |handle| handle.set_namespace(Namespace::Aws)),
    ("value \"start_time\"", |handle| handle.set_age(Duration::from_secs(1))),
    ("value \"precursor_ids\"", |handle| handle.put_precursor(SegmentId::generate())),
    ("subsegment \"below\"", |handle| handle.begin_subsegment("below").end()),
    ("subsegment \"below\"", |handle| handle.begin_subsegment_at("below", SystemTime::now()).end()),
];

/// What was put on `current_subsegment()` directly in a segment vanished without a word.
#[test]
fn what_is_put_on_a_handle_of_nothing_in_a_segment_is_counted_and_reported() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    // Also on a handle that is older than the segment.
    let before = begin_subsegment("before");
    let segment = traced.recorder.begin_segment("shop").entered();
    let of_nothing = current_subsegment();
    for (handle, what) in [(&of_nothing, "current"), (&before, "older"), (&before.begin_subsegment("x"), "below")] {
        for (name, put) in PUTS {
            let misplaced = traced.recorder.stats().misplaced_values;
            xray_core::__private::forget_notices();
            let lines = logged(|| put(handle));
            assert_eq!(traced.recorder.stats().misplaced_values, misplaced + 1, "{name}, {what}");
            let fields = name.replacen(' ', "\" name=", 1);
            assert!(lines.contains("stands for nothing") && lines.contains(&format!("what=\"{fields}")), "{lines}");
            // Once a minute.
            assert_eq!(logged(|| put(handle)), "", "{name}, {what}");
        }
    }
    current_segment().put_annotation("on", "the segment");
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop {on=\"the segment\"}\n");
}

#[test]
fn the_strategy_counts_for_handles_of_nothing_too() {
    for strategy in [ContextMissing::RuntimeError, ContextMissing::IgnoreError] {
        let traced = Fixture::with(|builder| builder.context_missing(strategy));
        let _scope = traced.recorder.scope();
        let segment = traced.recorder.begin_segment("shop").entered();
        for (name, put) in PUTS {
            let outcome = catch_unwind(|| put(&current_subsegment()));
            let message = outcome.err().and_then(|payload| payload.downcast::<String>().ok()).map(|message| *message);
            let expected =
                format!("{name} is put on a handle that stands for nothing and the strategy is RUNTIME_ERROR");
            assert_eq!(message, (strategy == ContextMissing::RuntimeError).then_some(expected));
        }
        assert_eq!(traced.recorder.stats().misplaced_values, PUTS.len() as u64, "{strategy}");
        segment.end();
        assert_eq!(traced.only_trace().render(), "shop\n", "{strategy}");
    }
}

/// An instrument puts what it has on its handle, whether its library is patched or not.
#[test]
fn nobody_misses_what_was_not_to_be_recorded() {
    let traced = Fixture::with(|builder| builder.context_missing(ContextMissing::RuntimeError).libraries([]));
    let off = Fixture::with(|builder| builder.enabled(false));
    let _scope = traced.recorder.scope();
    let put_all = |handle: &Subsegment| PUTS.iter().for_each(|(_, put)| put(handle));
    let segment = traced.recorder.begin_segment("shop").entered();
    put_all(&begin_client_subsegment(Library::Reqwest, || "not patched"));
    put_all(&begin_client_subsegment(Library::Reqwest, || "not patched").begin_subsegment("below"));
    put_all(&begin_subsegment_without_sampling("not sampled"));
    put_all(&off.recorder.begin_segment("switched off").begin_subsegment("below"));
    let unsampled = traced.recorder.segment("not sampled").sampled(false).begin().entered();
    put_all(&current_subsegment());
    drop(unsampled);
    {
        let _off = off.recorder.begin_segment("switched off").entered();
        put_all(&current_subsegment());
        put_all(&begin_subsegment("part"));
    }
    segment.end();
    assert_eq!(traced.recorder.stats().misplaced_values, 0);
    assert_eq!(traced.only_trace().render(), "shop\n");
}

/// A missing segment was in the log, once, and in no number.
#[test]
fn missing_segments_are_counted_whatever_the_strategy_says() {
    type Missed = fn();
    const MISSED: [Missed; 12] = [
        || drop(begin_subsegment("part")),
        || drop(begin_subsegment_at("part", SystemTime::now())),
        || drop(begin_subsegment_without_sampling("part")),
        || capture("part", |_| Ok::<_, &str>(())).unwrap(),
        || run_in_subsegment("part", |_| ()),
        || poll(async {}.in_subsegment("part")),
        || put_annotation("key", 1),
        || put_metadata("key", 1),
        || put_metadata_in("space", "key", 1),
        || record_error("lost"),
        || current_entity().put_annotation("key", 1),
        || current_segment().begin_subsegment("below").end(),
    ];
    for strategy in [ContextMissing::LogError, ContextMissing::IgnoreError, ContextMissing::RuntimeError] {
        let recorder = builder().context_missing(strategy).build().unwrap();
        let _scope = recorder.scope();
        for (before, missed) in MISSED.into_iter().enumerate() {
            assert_eq!(catch_unwind(missed).is_err(), strategy == ContextMissing::RuntimeError);
            assert_eq!(recorder.stats().missing_segments, before as u64 + 1, "{strategy}");
        }
        // Nobody misses these.
        drop(begin_client_subsegment(Library::Mongodb, || "not patched"));
        let segment = recorder.begin_segment("shop").entered();
        MISSED.iter().for_each(|recorded| recorded());
        current_subsegment().end();
        drop(segment);
        recorder.set_enabled(false);
        MISSED.iter().for_each(|missed| missed());
        assert_eq!(recorder.stats().missing_segments, MISSED.len() as u64, "{strategy}");
    }
}

fn poll(work: impl Future<Output = ()>) {
    let _ = pin!(work).as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

/// Nothing is current: a handle on it is as good as none.
#[test]
fn what_is_put_on_the_segment_that_is_missing_is_reported() {
    let recorder = builder().context_missing(ContextMissing::RuntimeError).build().unwrap();
    let _scope = recorder.scope();
    type Case = (&'static str, fn());
    let cases: [Case; 5] = [
        ("annotation \"key\"", || current_segment().put_annotation("key", 1)),
        ("annotation \"key\"", || current_entity().put_annotation("key", 1)),
        ("metadata \"key\"", || put_metadata_in("space", "key", 1)),
        ("error \"str\"", || record_error("lost")),
        ("subsegment \"below\"", || current_segment().begin_subsegment("below").end()),
    ];
    for (what, put) in cases {
        let payload = catch_unwind(put).unwrap_err();
        let message = payload.downcast_ref::<String>().unwrap();
        assert_eq!(message, &format!("{what} has no segment and the strategy is RUNTIME_ERROR"));
    }
}

/// In Lambda the advice is another one: nothing can be put on the function's own segment.
#[test]
fn directly_in_a_function_of_lambda_the_advice_is_to_begin_a_subsegment() {
    let traced = Fixture::with(|builder| builder.context_missing(ContextMissing::RuntimeError));
    let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
    let _function = traced.recorder.facade_segment(TraceHeader::parse(header)).entered();
    current_subsegment().put_annotation("key", 1);
    let stats = traced.recorder.stats();
    assert_eq!((stats.rejected_values, stats.misplaced_values), (1, 0));
}

/// The default: once in a process, so this one has a process of its own.
#[test]
fn without_a_segment_one_line_is_logged_for_the_process() {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--ignored", "--nocapture", "child_begins_many_subsegments_without_a_segment"]);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("[1 line]"), "{text}");
}

#[test]
#[ignore = "run by without_a_segment_one_line_is_logged_for_the_process, in a process of its own"]
fn child_begins_many_subsegments_without_a_segment() {
    let lines = Arc::new(AtomicUsize::new(0));
    let recorder = builder().build().unwrap();
    tracing::subscriber::with_default(CountsErrors(Arc::clone(&lines)), || {
        let _scope = recorder.scope();
        for _ in 0..10 {
            drop(begin_subsegment("part"));
            put_annotation("a", 1);
        }
    });
    println!("[{} line]", lines.load(Ordering::Relaxed));
}

struct CountsErrors(Arc<AtomicUsize>);

impl tracing::Subscriber for CountsErrors {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::ERROR
    }
    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

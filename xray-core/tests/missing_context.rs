//! What happens where no segment is current.

mod support;

use std::panic::catch_unwind;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use support::{Traced, builder};
use xray_core::{
    ContextMissing, begin_subsegment, capture, current_segment, current_trace_header, is_sampled, put_annotation,
    put_metadata,
};

/// P73: no error, and nothing is sampled.
#[test]
fn without_a_segment_every_call_does_nothing() {
    let traced = Traced::with(|builder| builder.context_missing(ContextMissing::IgnoreError));
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
    assert!(traced.documents().is_empty());
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

//! A thousand tasks at once on three runtimes: every parent is right, every entity ends, nothing is lost.

#![allow(clippy::unwrap_used)] // as in tests

use std::collections::BTreeMap;
use std::future::{Future, pending, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Barrier};
use std::task::Poll;

use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::future::join_all;
use futures::{FutureExt as _, StreamExt as _, stream};
use serde_json::Value;
use test_support::Fixture;
use xray_core::testing::Trace;
use xray_core::{Recorder, XRayFutureExt as _, begin_subsegment, capture_async, put_annotation};

const TASKS: usize = 1_000;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;
/// Spawns a task on a runtime, and gives a future that is done when the task is.
type Spawn = Arc<dyn Fn(Task) -> Task + Send + Sync>;

#[test]
fn on_tokio_with_one_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    check(|recorder| runtime.block_on(all_tasks(recorder, on_tokio())));
}

#[test]
fn on_tokio_with_many_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    check(|recorder| runtime.block_on(all_tasks(recorder, on_tokio())));
}

#[test]
fn on_smol() {
    let executor = Arc::new(smol::Executor::new());
    let spawner = Arc::clone(&executor);
    let spawn: Spawn = Arc::new(move |task| Box::pin(spawner.spawn(task)));
    let (stop, stopped) = futures::channel::oneshot::channel::<()>();
    let stopped = stopped.shared();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| smol::block_on(executor.run(stopped.clone())));
        }
        check(|recorder| smol::block_on(executor.run(all_tasks(recorder, spawn))));
        drop(stop);
    });
}

#[test]
fn on_one_segment_that_many_threads_share() {
    const THREADS: usize = 8;
    const EACH: usize = 300;
    let traced = Fixture::with(|builder| builder.streaming_threshold(5));
    let segment = traced.recorder.begin_segment("shop");
    let all_are_ready = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (segment, all_are_ready) = (&segment, &all_are_ready);
            scope.spawn(move || {
                all_are_ready.wait();
                for number in 0..EACH {
                    let outer = segment.begin_subsegment(&format!("{thread} {number}")).entered();
                    let _inner = begin_subsegment(&format!("below {thread} {number}"));
                    outer.put_annotation("thread", thread);
                    if number.is_multiple_of(3) {
                        // Its child ends later than it does.
                        outer.end();
                    }
                }
            });
        }
    });
    segment.end();
    let root = traced.only_trace().root();
    let mut names: Vec<_> = root.children().iter().map(|outer| outer.name().to_owned()).collect();
    names.sort();
    let mut expected: Vec<_> =
        (0..THREADS).flat_map(|thread| (0..EACH).map(move |number| format!("{thread} {number}"))).collect();
    expected.sort();
    assert_eq!(names, expected);
    for outer in root.children() {
        assert_eq!(*outer.get("/annotations/thread"), outer.name().split(' ').next().unwrap().parse::<u64>().unwrap());
        let inner: Vec<_> = outer.children().iter().map(|inner| inner.name().to_owned()).collect();
        assert_eq!(inner, [format!("below {}", outer.name())]);
    }
}

fn on_tokio() -> Spawn {
    Arc::new(|task| Box::pin(tokio::spawn(task).map(|outcome| outcome.unwrap())))
}

async fn all_tasks(recorder: Recorder, spawn: Spawn) {
    let (late, rest) = unbounded();
    let segments = (0..TASKS).map(|number| {
        let segment = recorder.begin_segment(&format!("task {number}"));
        segment.put_annotation("task", number);
        spawn(Box::pin(one_task(number, Arc::clone(&spawn), late.clone()).in_segment(segment)))
    });
    join_all(segments.collect::<Vec<_>>()).await;
    drop(late);
    join_all(rest.collect::<Vec<_>>().await).await;
}

/// Nested, joined, selected, cancelled, panicking and spawned work.
async fn one_task(number: usize, spawn: Spawn, late: UnboundedSender<Task>) {
    put_annotation("begun", true);
    let nested = async {
        put_annotation("of", number);
        yield_now(number % 3).await;
        {
            let _guarded = begin_subsegment("guarded").entered();
            put_annotation("of", number);
            drop(begin_subsegment("in guard"));
        }
        yield_now(number % 2).await;
        let _: Result<(), _> = capture_async("failed", async {
            yield_now(1).await;
            put_annotation("of", number);
            Err("meant to")
        })
        .await;
    };
    nested.in_subsegment("nested").await;

    let step = |name: &'static str, polls| {
        async move {
            yield_now(polls).await;
            put_annotation("of", number);
        }
        .in_subsegment(name)
    };
    futures::join!(step("joined", 3), step("joined", 1), step("joined", 2));
    futures::select_biased! {
        () = step("lost", 9).fuse() => panic!("it is slower"),
        () = step("won", 2).fuse() => {}
    }
    let mut cancelled = Box::pin(
        async {
            put_annotation("of", number);
            let _held = begin_subsegment("held");
            pending::<()>().await;
        }
        .in_subsegment("cancelled"),
    );
    assert!(futures::poll!(&mut cancelled).is_pending());
    drop(cancelled);

    let panics = async {
        yield_now(1).await;
        put_annotation("of", number);
        if number.is_multiple_of(10) {
            panic!("meant to");
        }
    };
    let outcome = AssertUnwindSafe(panics.in_subsegment("may panic")).catch_unwind().await;
    assert_eq!(outcome.is_err(), number.is_multiple_of(10));

    let items = stream::iter(0..2).then(|_| yield_now(1)).in_subsegment("stream");
    items.for_each(|()| async {}).await;

    let spawned = [(); 2].map(|()| {
        let work = async move {
            yield_now(2).await;
            put_annotation("of", number);
            drop(begin_subsegment("below"));
        };
        spawn(Box::pin(work.in_subsegment("spawned")))
    });
    let current = spawn(Box::pin(async { drop(begin_subsegment("in current")) }.in_current()));
    if number.is_multiple_of(2) {
        join_all(spawned).await;
        current.await;
    } else {
        // Left to run on, most of them beyond the end of their segment.
        spawned.into_iter().chain([current]).for_each(|task| late.unbounded_send(task).unwrap());
    }
}

fn check(run: impl FnOnce(Recorder)) {
    let traced = Fixture::start();
    run(traced.recorder.clone());
    let documents = traced.documents();
    let traces = documents.traces();
    assert_eq!(traces.len(), TASKS);
    for trace in traces {
        check_trace(&trace);
    }
}

fn check_trace(trace: &Trace) {
    let root = trace.root();
    let number = root.get("/annotations/task").as_u64().unwrap();
    assert_eq!(root.name(), format!("task {number}"));
    assert_eq!(*root.get("/annotations/begun"), true);
    let mut paths = BTreeMap::new();
    let mut pending = vec![(root.clone(), String::new())];
    while let Some((node, path)) = pending.pop() {
        assert!(!node.get("/end_time").is_null(), "{path} has ended: {trace}");
        let of = node.get("/annotations/of");
        let expected = if ANNOTATED.contains(&path.as_str()) { Value::from(number) } else { Value::Null };
        assert_eq!(*of, expected, "{path} has what its own task put on it: {trace}");
        for child in node.children() {
            let path = format!("{path}/{}{}", child.name(), if child.get("/fault").is_null() { "" } else { "!" });
            *paths.entry(path.clone()).or_insert(0) += 1;
            pending.push((child, path));
        }
    }
    let panicked = if number.is_multiple_of(10) { "/may panic!" } else { "/may panic" };
    let expected = [
        ("/nested", 1),
        ("/nested/guarded", 1),
        ("/nested/guarded/in guard", 1),
        ("/nested/failed!", 1),
        ("/joined", 3),
        ("/lost", 1),
        ("/won", 1),
        ("/cancelled", 1),
        ("/cancelled/held", 1),
        (panicked, 1),
        ("/stream", 1),
        ("/spawned", 2),
        ("/spawned/below", 2),
        ("/in current", 1),
    ];
    assert_eq!(paths, expected.map(|(path, count)| (path.to_owned(), count)).into(), "{trace}");
}

/// What puts its task's number on itself.
const ANNOTATED: [&str; 9] = [
    "/nested",
    "/nested/guarded",
    "/nested/failed!",
    "/joined",
    "/won",
    "/cancelled",
    "/may panic",
    "/may panic!",
    "/spawned",
];

/// Lets others have their turn, some times.
async fn yield_now(times: usize) {
    for _ in 0..times {
        let mut yielded = false;
        poll_fn(|context| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

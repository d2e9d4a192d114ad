//! Futures and streams in a context: when it is current, and when the entity ends.

mod support;

use std::future::{Future, pending, poll_fn, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures::{FutureExt as _, Stream as _, StreamExt as _, stream};
use smol::block_on;
use support::Traced;
use xray_core::{
    InSubsegment, Segment, XRayFutureExt as _, begin_subsegment, capture_async, current_segment, current_subsegment,
    current_trace_id, is_sampled, put_annotation,
};

#[test]
fn a_future_carries_its_context_from_poll_to_poll() {
    let traced = Traced::new();
    let mut future = pin!(
        async {
            drop(begin_subsegment("one"));
            yield_once().await;
            drop(begin_subsegment("two"));
            yield_once().await;
            put_annotation("done", true);
        }
        .in_segment(traced.recorder.begin_segment("shop"))
    );
    let other = traced.recorder.begin_segment("other").entered();
    for (polls, expected) in [(1, Poll::Pending), (2, Poll::Pending), (3, Poll::Ready(()))] {
        assert_eq!(poll(future.as_mut()), expected, "{polls}");
        assert_eq!(current_segment().id(), other.id(), "between polls it is as it was");
    }
    assert_eq!(traced.documents().len(), 1, "it ends with its future, not when that is dropped");
    other.end();
    let rendered: Vec<_> = traced.documents().traces().iter().map(|trace| trace.render()).collect();
    assert_eq!(rendered, ["shop {done=true}\n├─ one\n└─ two\n", "other\n"]);
}

#[test]
fn a_subsegment_begins_at_the_first_poll_and_below_what_was_current_when_it_was_made() {
    let traced = Traced::new();
    let segment = traced.recorder.begin_segment("shop").entered();
    let made_early = ready(()).in_subsegment("made early");
    let never_polled = ready(()).in_subsegment("never polled");
    let part = begin_subsegment("part").entered();
    block_on(made_early);
    drop(never_polled);
    block_on(async { drop(begin_subsegment("below")) }.in_subsegment("made inside"));
    part.end();
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n├─ part\n│  └─ made inside\n│     └─ below\n└─ made early\n");
}

#[test]
fn joined_and_selected_futures_keep_their_parent() {
    let traced = Traced::new();
    let work = async {
        let step = |name: &'static str, polls: usize| {
            async move {
                for _ in 0..polls {
                    yield_once().await;
                }
                drop(begin_subsegment("below"));
            }
            .in_subsegment(name)
        };
        futures::join!(step("a", 3), step("b", 1), async { drop(begin_subsegment("c")) });
        futures::select_biased! {
            () = step("slow", 5).fuse() => panic!("the other one is faster"),
            () = step("fast", 2).fuse() => {}
        }
        put_annotation("done", true);
    };
    block_on(work.in_segment(traced.recorder.begin_segment("shop")));
    assert_eq!(
        traced.only_trace().render(),
        "shop {done=true}\n├─ a\n│  └─ below\n├─ b\n│  └─ below\n├─ c\n├─ slow\n└─ fast\n   └─ below\n"
    );
}

#[test]
fn a_future_that_is_dropped_ends_its_entity_without_a_fault() {
    let traced = Traced::new();
    let mut work = Box::pin(
        async {
            let _held = begin_subsegment("held");
            async {
                put_annotation("waits", true);
                pending::<()>().await;
            }
            .in_subsegment("inner")
            .await;
        }
        .in_segment(traced.recorder.begin_segment("shop")),
    );
    assert_eq!(poll(work.as_mut()), Poll::Pending);
    assert!(traced.documents().is_empty());
    drop(work);
    assert_eq!(traced.only_trace().render(), "shop\n├─ held\n└─ inner {waits=true}\n");
}

/// Dropping the work is work: what it does there belongs to its subsegment, which is still open.
#[test]
fn a_future_is_dropped_in_its_context_and_before_its_entity_ends() {
    struct Finishes;
    impl Drop for Finishes {
        fn drop(&mut self) {
            put_annotation("finished", true);
            drop(begin_subsegment("clean up"));
        }
    }
    let traced = Traced::new();
    let segment = traced.recorder.begin_segment("shop").entered();
    let with_guard = |finishes: Finishes, last: bool| async move {
        let _finishes = finishes;
        if !last {
            pending::<()>().await;
        }
    };
    block_on(with_guard(Finishes, true).in_subsegment("done"));
    let mut dropped = Box::pin(with_guard(Finishes, false).in_subsegment("dropped"));
    assert_eq!(poll(dropped.as_mut()), Poll::Pending);
    drop(dropped);
    drop(with_guard(Finishes, false).in_subsegment("never polled"));
    drop(with_guard(Finishes, false).in_current());
    segment.end();
    assert_eq!(
        traced.only_trace().render(),
        "shop {finished=true}\n├─ done {finished=true}\n│  └─ clean up\n├─ dropped {finished=true}\n│  └─ clean up\n\
         ├─ clean up\n└─ clean up\n"
    );
}

#[test]
fn spawned_work_that_outlives_its_segment_is_sent_on_its_own() {
    let traced = Traced::new();
    let executor = smol::LocalExecutor::new();
    let (begun, wait_for_begun) = futures::channel::oneshot::channel();
    let (go_on, wait_to_go_on) = futures::channel::oneshot::channel::<()>();
    let request = async {
        let work = async {
            begun.send(()).unwrap();
            wait_to_go_on.await.unwrap();
            drop(begin_subsegment("late"));
        };
        let task = executor.spawn(work.in_subsegment("spawned"));
        wait_for_begun.await.unwrap();
        (task,)
    };
    let (task,) = block_on(executor.run(request.in_segment(traced.recorder.begin_segment("shop"))));
    assert_eq!(traced.only_trace().render(), "shop\n", "it does not wait");
    go_on.send(()).unwrap();
    block_on(executor.run(task));
    assert_eq!(traced.only_trace().render(), "shop\n└─ spawned\n   └─ late\n");
    assert_eq!(traced.documents().len(), 3);
}

#[test]
fn work_that_is_spawned_in_current_has_the_parent_of_the_spawner() {
    let traced = Traced::new();
    let segment = traced.recorder.begin_segment("shop").entered();
    let part = begin_subsegment("part").entered();
    let work = async { drop(begin_subsegment("on another thread")) };
    let (with, without) = (work.in_current(), async { is_sampled() });
    std::thread::spawn(|| {
        block_on(with);
        assert!(!block_on(without));
    })
    .join()
    .unwrap();
    part.end();
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n└─ part\n   └─ on another thread\n");
}

#[test]
fn a_stream_runs_in_its_context_until_its_end() {
    let traced = Traced::new();
    let segment = traced.recorder.begin_segment("shop").entered();
    let items = |count: u8| {
        stream::iter(0..count).map(|item| {
            drop(begin_subsegment("item"));
            item
        })
    };
    let mut whole = items(2).in_subsegment("whole");
    assert_eq!(whole.size_hint(), (2, Some(2)));
    assert_eq!(block_on(whole.by_ref().collect::<Vec<_>>()), [0, 1]);
    assert_eq!((block_on(whole.next()), whole.size_hint()), (None, (0, Some(0))), "it may be asked again");
    let mut dropped = items(9).in_subsegment("dropped");
    block_on(dropped.next());
    drop(dropped);
    let mut open = items(9).in_subsegment("open");
    block_on(open.next());
    segment.end();
    assert_eq!(
        traced.only_trace().render(),
        "shop\n├─ whole\n│  ├─ item\n│  └─ item\n└─ dropped\n   └─ item\nitem (parent not captured)\n",
        "the open one is not sent with the segment"
    );
    drop(open);
    assert!(traced.only_trace().render().ends_with("└─ open\n   └─ item\n"));
}

/// P119, P120.
#[test]
fn concurrent_captures_have_the_segment_for_a_parent() {
    let traced = Traced::new();
    let calls = async {
        let call = |_| {
            capture_async("test_1", async {
                yield_once().await;
                capture_async("test_2", async {
                    yield_once().await;
                    Ok::<_, &str>(())
                })
                .await
            })
        };
        futures::future::join_all((0..10).map(call)).await;
    };
    block_on(calls.in_segment(traced.recorder.begin_segment("shop")));
    let root = traced.only_trace().root();
    assert_eq!(root.children().len(), 10);
    for call in root.children() {
        assert_eq!((call.name(), call.child("test_2").children().len()), ("test_1", 0));
    }
}

#[test]
fn a_future_in_an_unsampled_trace_or_in_none_runs_all_the_same() {
    let traced = Traced::new();
    let seen = || async { (current_trace_id(), current_subsegment().is_recording()) };
    let unsampled = traced.recorder.segment("shop").sampled(false).begin();
    let id = unsampled.trace_id();
    assert_eq!(block_on(async { seen().in_subsegment("part").await }.in_segment(unsampled)), (id, false));
    let scope = traced.recorder.scope();
    assert_eq!(block_on(seen().in_subsegment("part").in_current()), (None, false));
    drop(scope);
    assert!(traced.documents().is_empty());
}

#[test]
fn what_is_traced_is_as_send_and_unpin_as_what_it_wraps() {
    fn is_send<T: Send + Sync>(_: &T) {}
    fn is_unpin<T: Unpin>(_: &T) {}
    let traced = Traced::new();
    let segment: Segment = traced.recorder.begin_segment("shop");
    is_send(&segment);
    let future: InSubsegment<_> = ready(()).in_subsegment("part");
    is_send(&future);
    is_unpin(&future);
    is_send(&async {}.in_segment(segment));
}

#[test]
fn a_future_that_is_done_stays_pending_when_it_is_polled_again() {
    let mut done = pin!(ready(()).in_current());
    assert_eq!(poll(done.as_mut()), Poll::Ready(()));
    assert_eq!(poll(done.as_mut()), Poll::Pending);
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Lets the other futures of the task have a turn.
async fn yield_once() {
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

//! Futures and streams in a context: when it is current, and when the entity ends.

#![allow(clippy::type_complexity)] // as in tests

use std::future::{Future, IntoFuture, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures::{FutureExt as _, Stream as _, StreamExt as _, stream};
use smol::block_on;
use test_support::Fixture;
use xray_core::{
    InSubsegment, Segment, TraceHeader, XRayFutureExt as _, begin_subsegment, begin_subsegment_in_trace,
    begin_subsegment_without_sampling, capture_async, carry, current_segment, current_subsegment, current_trace_header,
    current_trace_id, is_sampled, put_annotation, run_in_subsegment,
};

#[test]
fn a_future_carries_its_context_from_poll_to_poll() {
    let traced = Fixture::start();
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
    let traced = Fixture::start();
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
    let traced = Fixture::start();
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
        "shop {done=true}\n├─ a\n│  └─ below\n├─ b\n│  └─ below\n├─ c\n├─ slow {cancelled=true}\n└─ fast\n   └─ below\n"
    );
}

#[test]
fn a_future_that_is_dropped_ends_its_entity_without_a_fault() {
    let traced = Fixture::start();
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
    traced.assert_nothing_sent();
    drop(work);
    assert_eq!(traced.only_trace().render(), "shop {cancelled=true}\n├─ held\n└─ inner {cancelled=true, waits=true}\n");
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
    let traced = Fixture::start();
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
        "shop {finished=true}\n├─ done {finished=true}\n│  └─ clean up\n├─ dropped {cancelled=true, finished=true}\n│  └─ clean up\n\
         ├─ clean up\n└─ clean up\n"
    );
}

#[test]
fn spawned_work_that_outlives_its_segment_is_sent_on_its_own() {
    let traced = Fixture::start();
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
    let traced = Fixture::start();
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
    let traced = Fixture::start();
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
        "shop\n├─ whole\n│  ├─ item\n│  └─ item\n└─ dropped {cancelled=true}\n   └─ item\nitem (parent not captured)\n",
        "the open one is not sent with the segment"
    );
    drop(open);
    assert!(traced.only_trace().render().ends_with("└─ open {cancelled=true}\n   └─ item\n"));
}

/// P119, P120.
#[test]
fn concurrent_captures_have_the_segment_for_a_parent() {
    let traced = Fixture::start();
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
    let traced = Fixture::start();
    let seen = || async { (current_trace_id(), current_subsegment().is_recording()) };
    let unsampled = traced.recorder.segment("shop").sampled(false).begin();
    let id = unsampled.trace_id();
    assert_eq!(block_on(async { seen().in_subsegment("part").await }.in_segment(unsampled)), (id, false));
    let scope = traced.recorder.scope();
    assert_eq!(block_on(seen().in_subsegment("part").in_current()), (None, false));
    drop(scope);
    traced.assert_nothing_sent();
}

#[test]
fn what_is_traced_is_as_send_and_unpin_as_what_it_wraps() {
    fn is_send<T: Send + Sync>(_: &T) {}
    fn is_unpin<T: Unpin>(_: &T) {}
    let traced = Fixture::start();
    let segment: Segment = traced.recorder.begin_segment("shop");
    is_send(&segment);
    let future: InSubsegment<_> = ready(()).in_subsegment("part");
    is_send(&future);
    is_unpin(&future);
    is_send(&async {}.in_segment(segment));
    assert_eq!(traced.only_trace().render(), "shop {cancelled=true}\n");
}

/// It stayed pending for ever, and hung whoever waited for it.
#[test]
fn a_future_that_is_done_is_polled_again_as_the_plain_one() {
    /// Counts its polls, and is done at each.
    struct Counts(u8);
    impl Future for Counts {
        type Output = u8;
        fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u8> {
            self.0 += 1;
            Poll::Ready(self.0)
        }
    }
    fn twice<T: std::fmt::Debug>(work: impl Future<Output = T>) -> String {
        let mut work = pin!(work);
        assert!(poll(work.as_mut()).is_ready());
        let again = catch_unwind(AssertUnwindSafe(|| format!("{:?}", poll(work.as_mut()))));
        again.unwrap_or_else(|panic| format!("panics: {:?}", panic.downcast_ref::<&str>()))
    }
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let ended = begin_subsegment("ended");
    macro_rules! each_way {
        ($work:expr) => {
            let plain = twice($work);
            assert_eq!(twice($work.in_current()), plain);
            assert_eq!(twice($work.in_subsegment("part")), plain);
            assert_eq!(twice($work.in_subsegment(begin_subsegment("begun"))), plain);
            assert_eq!(twice($work.in_segment(traced.recorder.begin_segment("other"))), plain);
            assert_eq!(twice(capture_async("part", $work.map(Ok::<_, &str>))), twice($work.map(Ok::<_, &str>)));
        };
    }
    each_way!(Counts(0));
    each_way!(async { 1 });
    each_way!(ready(2));
    each_way!(async { 3 }.fuse());
    ended.end();
    segment.end();
    assert_eq!(traced.documents().traces().len(), 1 + 4, "and the other of each");
}

#[test]
fn a_stream_that_has_ended_is_asked_again_as_the_plain_one() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let items = || {
        let mut left = [Some(1), None, Some(2), None].into_iter();
        stream::poll_fn(move |_| {
            if let Some(item) = &left.as_slice().first().copied().flatten() {
                put_annotation("item", *item);
            }
            Poll::Ready(left.next().flatten())
        })
    };
    let all = |work: &mut (dyn futures::Stream<Item = i32> + Unpin)| {
        block_on(async { [work.next().await, work.next().await, work.next().await, work.next().await] })
    };
    assert_eq!(all(&mut items().in_subsegment("part")), all(&mut items()));
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop {item=2}\n└─ part {item=1}\n", "the subsegment had ended");
}

/// A time-out further out, a client that goes away: nothing told it from a success.
#[test]
fn what_is_dropped_before_its_end_is_cancelled_and_nothing_else_is() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    type Work = Pin<Box<dyn Future<Output = Result<(), &'static str>>>>;
    let ways: [(&str, fn(Work) -> Work); 5] = [
        ("name", |work| Box::pin(work.in_subsegment("name"))),
        ("handle", |work| Box::pin(work.in_subsegment(begin_subsegment("handle")))),
        ("capture", |work| Box::pin(capture_async("capture", work))),
        ("capture handle", |work| Box::pin(capture_async(begin_subsegment("capture handle"), work))),
        ("stream", |work| {
            let mut items = stream::once(work).in_subsegment("stream");
            Box::pin(async move {
                while let Some(item) = Pin::new(&mut items).next().await {
                    item?;
                }
                Ok(())
            })
        }),
    ];
    for (name, way) in ways {
        // Done, failed, panicked, never polled: not cancelled, but for a handle whose work never began.
        assert_eq!(block_on(way(Box::pin(ready(Ok(()))))), Ok(()));
        let _ = block_on(way(Box::pin(ready(Err("failed")))));
        let panics = catch_unwind(AssertUnwindSafe(|| block_on(way(Box::pin(async { panic!("out") })))));
        assert!(panics.is_err(), "{name}");
        drop(way(Box::pin(pending())));
        let mut cut_off = way(Box::pin(pending()));
        assert_eq!(poll(cut_off.as_mut()), Poll::Pending);
        drop(cut_off);
    }
    segment.end();
    let trace = traced.only_trace();
    let marks = |name: &str| -> Vec<_> {
        let all = trace.root().children();
        let named = all.iter().filter(|node| node.name() == name);
        named.map(|node| (node.get("/annotations/cancelled") == true, node.get("/fault") == true)).collect()
    };
    for name in ["name", "capture"] {
        assert_eq!(marks(name), [(false, false), (false, name == "capture"), (false, true), (true, false)], "{name}");
    }
    for name in ["handle", "capture handle"] {
        let failed = name != "handle";
        let expected = [(false, false), (false, failed), (false, true), (true, false), (true, false)];
        assert_eq!(marks(name), expected, "{name}");
    }
    // After the error nobody asked for the end of the stream.
    assert_eq!(marks("stream"), [(false, false), (true, false), (false, true), (true, false)]);
}

#[test]
fn a_segment_whose_future_is_dropped_is_cancelled() {
    let traced = Fixture::start();
    let mut work = Box::pin(pending::<()>().in_segment(traced.recorder.begin_segment("shop")));
    assert_eq!(poll(work.as_mut()), Poll::Pending);
    drop(work);
    block_on(async {}.in_segment(traced.recorder.begin_segment("done")));
    let rendered: Vec<_> = traced.documents().traces().iter().map(|trace| trace.render()).collect();
    assert_eq!(rendered, ["shop {cancelled=true}\n", "done\n"]);
}

/// The segment of a Lambda function carries nothing of ours, and nobody is told so for a future that was given up.
#[test]
fn a_facade_is_never_marked() {
    let traced = Fixture::start();
    let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
    let function = traced.recorder.facade_segment(TraceHeader::parse(header));
    drop(pending::<()>().in_segment(function));
    traced.assert_nothing_sent();
    assert_eq!(traced.recorder.stats().rejected_values, 0);
}

/// What `sqs::begin` and the like return.
#[test]
fn a_future_runs_in_a_subsegment_that_has_begun() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
    let work = || async {
        yield_once().await;
        let header = current_trace_header().map(|header| header.to_string());
        put_annotation("done", true);
        Ok::<_, &str>(header.unwrap_or_default())
    };
    let message = begin_subsegment_in_trace(TraceHeader::parse(header), "message");
    let its_header = message.trace_header().unwrap().to_string();
    assert_eq!(block_on(work().in_subsegment(message)).unwrap(), its_header);
    let captured = begin_subsegment_in_trace(TraceHeader::parse(header), "captured");
    let its_header = captured.trace_header().unwrap().to_string();
    assert_eq!(block_on(capture_async(captured, work())).unwrap(), its_header);
    let segment = traced.recorder.begin_segment("shop").entered();
    let unsampled = begin_subsegment_without_sampling("unsampled");
    assert!(block_on(work().in_subsegment(unsampled)).unwrap().ends_with("Sampled=0"));
    let called = run_in_subsegment(begin_subsegment("closure"), |_| block_on(work()));
    assert!(called.unwrap().starts_with(&format!("Root={}", segment.trace_id().unwrap())));
    segment.end();
    let mut rendered: Vec<_> = traced.documents().traces().iter().map(|trace| trace.render()).collect();
    rendered.sort();
    let [messages, shop] = rendered.as_slice() else { panic!("{rendered:?}") };
    assert_eq!(shop, "shop\n└─ closure {done=true}\n");
    assert!(messages.contains("message {done=true} (") && messages.contains("captured {done=true} ("), "{messages}");
}

#[test]
fn what_becomes_a_future_when_it_is_awaited_is_put_into_a_context_too() {
    struct Query;
    impl IntoFuture for Query {
        type Output = bool;
        type IntoFuture = std::future::Ready<bool>;
        fn into_future(self) -> Self::IntoFuture {
            ready(true)
        }
    }
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let results = block_on(async { [Query.in_subsegment("query").await, Query.in_current().await] });
    assert_eq!(results, [true, true]);
    segment.end();
    assert_eq!(traced.only_trace().render(), "shop\n└─ query\n");
}

#[test]
fn a_closure_is_carried_to_where_it_is_called() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let part = begin_subsegment("part").entered();
    let text = "owned".to_owned();
    let work = carry(move || {
        put_annotation("there", &text);
        drop(begin_subsegment("below"));
        text
    });
    let elsewhere = begin_subsegment("elsewhere");
    part.end();
    let returned = std::thread::spawn(move || {
        let _elsewhere = elsewhere.enter();
        let returned = work();
        put_annotation("after", true);
        returned
    });
    assert_eq!(returned.join().unwrap(), "owned");
    // A panic goes through, and leaves the thread as it was.
    let panics = carry(|| -> () { panic!("out") });
    let id = current_segment().id();
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!(current_segment().id(), id);
    segment.end();
    let rendered = traced.only_trace().render();
    assert!(rendered.contains("elsewhere {after=true}"), "{rendered}");
    assert!(rendered.contains("└─ below"), "{rendered}");
    let nothing = carry(current_trace_id);
    let other = traced.recorder.begin_segment("other").entered();
    assert_eq!(nothing(), other.trace_id(), "nothing was current: it is where it is called");
    other.end();
    assert_eq!(traced.documents().traces()[1].render(), "other\n");
}

#[test]
fn a_closure_that_returns_anything_runs_in_a_subsegment() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let sum = run_in_subsegment("add up", |subsegment| {
        subsegment.put_annotation("numbers", 2);
        put_annotation("current", true);
        drop(begin_subsegment("below"));
        21
    });
    assert_eq!(sum, 21);
    assert_eq!(run_in_subsegment(String::from("text"), |_| "text"), "text");
    assert_eq!(run_in_subsegment(String::from("result"), |_| Err::<(), _>("not looked at")), Err("not looked at"));
    let panics = catch_unwind(AssertUnwindSafe(|| run_in_subsegment("panics", |_| -> () { panic!("out") })));
    assert!(panics.is_err());
    segment.end();
    assert_eq!(
        traced.only_trace().render(),
        "shop\n├─ add up {current=true, numbers=2}\n│  └─ below\n├─ text\n├─ result\n└─ panics [fault]\n"
    );
}

/// Nine functions in a chain had a future of 4.8 MB, and overflowed the stack.
#[test]
fn each_level_adds_at_most_two_hundred_bytes_to_what_it_wraps() {
    fn is_send<T: Send + Sync>(_: &T) {}
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop").entered();
    let work = || async {
        let buffer = [0_u8; 1_000];
        yield_once().await;
        Ok::<_, &str>(buffer.len())
    };
    macro_rules! each_level {
        ($name:literal, |$work:ident| $wrap:expr) => {
            let plain = size_of_val(&work());
            let $work = work();
            each_level!(@ $name, |$work| $wrap, plain, 1 2 3 4 5 6 7 8);
        };
        (@ $name:literal, |$work:ident| $wrap:expr, $plain:ident, $($level:literal)*) => {
            let ($work, levels) = ($wrap, 1);
            $(
                assert!(size_of_val(&$work) <= $plain + levels * 200, "{}: {}", $name, size_of_val(&$work));
                let ($work, levels) = ($wrap, $level + 1);
            )*
            assert!(size_of_val(&$work) <= $plain + levels * 200, "{}: {}", $name, size_of_val(&$work));
            is_send(&$work);
        };
    }
    {
        each_level!("in_subsegment", |work| work.in_subsegment("part"));
    }
    {
        each_level!("in_subsegment of a handle", |work| work.in_subsegment(begin_subsegment("part")));
    }
    {
        each_level!("in_segment", |work| work.in_segment(traced.recorder.begin_segment("shop")));
    }
    {
        each_level!("in_current", |work| work.in_current());
    }
    {
        each_level!("capture_async", |work| capture_async("part", work));
    }
    segment.end();
    // What the handles stand for is no matter here.
    traced.documents();
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
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

//! A guard that is held over an `.await` where tasks stay on their thread, which compiles: it is noticed, and clippy finds it.

#![allow(clippy::unwrap_used)] // as in tests

use std::pin::pin;

use futures::future::join;
use test_support::{Fixture, logged};
use tokio::task::{LocalSet, yield_now};
use xray_core::__private::forget_notices;
use xray_core::{EnteredSubsegment, XRayFutureExt as _, begin_subsegment, current_entity};

const NOTICED: &str = "outlived what was current when it was made";

#[expect(clippy::await_holding_invalid_type, reason = "this is what is tested, also that clippy finds it")]
async fn holds_entered() {
    let _part = begin_subsegment("part").entered();
    yield_now().await;
}

#[expect(clippy::await_holding_invalid_type, reason = "this is what is tested, also that clippy finds it")]
async fn holds_guard() {
    let part = begin_subsegment("part");
    let _guard = part.enter();
    // Longer than the others: guards that are dropped in the right order by chance are not noticed.
    yield_now().await;
    yield_now().await;
}

#[expect(clippy::await_holding_invalid_type, reason = "this is what is tested, also that clippy finds it")]
async fn holds_segment() {
    let _segment = xray_core::begin_segment("shop").entered();
    yield_now().await;
}

#[expect(clippy::await_holding_invalid_type, reason = "this is what is tested, also that clippy finds it")]
async fn holds_current() {
    let _current = current_entity().entered();
    yield_now().await;
    yield_now().await;
}

#[expect(clippy::await_holding_invalid_type, reason = "this is what is tested, also that clippy finds it")]
async fn holds_scope(traced: &Fixture) {
    let _scope = traced.recorder.scope();
    yield_now().await;
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// The line is written once in a process, and what is current is the thread's: one test.
#[test]
fn a_guard_that_other_tasks_would_work_below_is_noticed() {
    let traced = Fixture::start();
    let _scope = traced.recorder.scope();
    let noticed = |work: &dyn Fn()| {
        forget_notices();
        let lines = logged(|| {
            let _segment = traced.recorder.begin_segment("shop").entered();
            work();
        });
        lines.matches(NOTICED).count()
    };
    let two_tasks = || {
        runtime().block_on(LocalSet::new().run_until(async {
            let tasks = [tokio::task::spawn_local(holds_entered()), tokio::task::spawn_local(holds_guard())];
            for task in tasks {
                task.await.unwrap();
            }
        }));
    };
    assert_eq!(noticed(&two_tasks), 1, "tasks of a LocalSet");
    assert_eq!(noticed(&|| _ = runtime().block_on(join(holds_segment(), holds_current()))), 1, "siblings");
    let in_part = || runtime().block_on(holds_guard().in_subsegment("outer"));
    assert_eq!(noticed(&in_part), 1, "one task, in a future that is traced");
    let in_current = || runtime().block_on(holds_segment().in_current());
    assert_eq!(noticed(&in_current), 1, "one task that was carried over");
    // Nothing is wrong with these.
    let nested = || {
        let _one = begin_subsegment("one").entered();
        let two = begin_subsegment("two");
        let _two = two.enter();
        drop(begin_subsegment("three").entered());
        runtime().block_on(pin!(async { yield_now().await }.in_subsegment("four")));
    };
    assert_eq!(noticed(&nested), 0);
    assert_eq!(noticed(&|| _ = runtime().block_on(join(fine(), fine()))), 0);
    runtime().block_on(holds_scope(&traced));
    // What they record is no matter here, but that it is valid.
    traced.documents();
}

/// How it is done.
async fn fine() {
    yield_now().await;
    let entered: EnteredSubsegment = begin_subsegment("between awaits").entered();
    drop(entered);
    yield_now().in_subsegment("part").await;
}

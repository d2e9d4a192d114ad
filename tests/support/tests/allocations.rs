//! What allocates in some of its runs is seen, not only what does in all of them.

use futures::executor::block_on;
use futures::future::poll_fn;
use std::hint::black_box;
use std::task::Poll;
use test_support::{compared_allocations, usual_allocations};

/// Allocates twice in each run, and once more in those that are said.
fn allocating(more: impl Fn(u32) -> bool) -> impl AsyncFnMut() {
    let mut number = 0;
    async move || {
        number += 1;
        for _ in 0..2 + u32::from(more(number)) {
            black_box(Box::new(number));
        }
    }
}

#[test]
fn what_allocates_in_every_tenth_run_or_more_often_is_seen() {
    let without = block_on(usual_allocations(allocating(|_| false)));
    assert_eq!(without, 20);
    for every in 1..=10 {
        let sometimes = || allocating(move |number| number % every == 0);
        let expected = 20 + u64::from(10 / every);
        let counted = block_on(usual_allocations(sometimes()));
        assert!(counted >= expected, "every {every}: {counted}");
        let (without, with) = block_on(compared_allocations(async || {}, allocating(|_| false), sometimes()));
        assert!(without == 20 && with >= expected, "every {every}: {without}, {with}");
    }
}

/// One run in four, as in a bad sequence of random numbers.
#[test]
fn what_allocates_now_and_again_is_seen() {
    let now_and_again = |number: u32| number.wrapping_mul(2_654_435_761) >> 30 == 0;
    assert!(block_on(usual_allocations(allocating(now_and_again))) > 20);
}

#[test]
fn what_grows_now_and_then_is_not_counted() {
    for every in [50, 77, 128] {
        assert_eq!(block_on(usual_allocations(allocating(|number| number % every == 0))), 20, "every {every}");
    }
}

/// Every second run is unlucky, as in a bad sequence of random numbers, with and without us.
#[test]
fn luck_is_not_compared() {
    let unlucky = |number: u32| number.wrapping_mul(2_654_435_761) >> 31 == 0;
    let (first, second) =
        block_on(compared_allocations(async || {}, allocating(unlucky), allocating(move |number| unlucky(number + 7))));
    assert!(second <= first, "{first}, {second}");
}

/// A pool that makes a new connection in every seventh run, and waits for it.
#[test]
fn runs_that_wait_longer_are_not_counted() {
    let mut number = 0;
    let pool = async || {
        number += 1;
        let mut waits = u32::from(number % 7 == 0);
        poll_fn(|context| {
            if waits == 0 {
                return Poll::Ready(());
            }
            waits -= 1;
            black_box(vec![0; 100]);
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        black_box(Box::new(number));
    };
    assert_eq!(block_on(usual_allocations(pool)), 10);
}

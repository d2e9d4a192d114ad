//! How much is asked of the allocator. `allocation-counter` replaces that of every program which this is linked into.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use allocation_counter::measure;

/// The allocations of a hundred runs, on this thread, after ten that warm up.
pub fn allocations(mut work: impl FnMut()) -> u64 {
    (0..10).for_each(|_| work());
    measure(|| (0..100).for_each(|_| work())).count_total
}

/// The allocations of the run with the fewest, of three hundred after ten that warm up.
///
/// How often a client's buffers grow is a matter of what arrives together. What a run has other tasks do is not counted.
pub async fn fewest_allocations(mut work: impl AsyncFnMut()) -> u64 {
    let mut fewest = u64::MAX;
    for number in 0..310 {
        let run = run(work()).await;
        if number >= 10 {
            fewest = fewest.min(run.allocations);
        }
    }
    fewest
}

/// The allocations of most runs of two pieces of work, which are run in turns until both have waited equally often in thirty.
///
/// For clients that have threads of their own: with these it allocates to wait, and how often that is needed is a matter of luck.
///
/// # Panics
///
/// When that is not so after ten thousand turns, with how often each number of waits came.
pub async fn compared_allocations(mut first: impl AsyncFnMut(), mut second: impl AsyncFnMut()) -> (u64, u64) {
    let mut runs = BTreeMap::<u64, [Vec<u64>; 2]>::new();
    for number in 0..10_000 {
        let both = [run(first()).await, run(second()).await];
        if number < 10 {
            continue;
        }
        for (position, run) in both.into_iter().enumerate() {
            runs.entry(run.waits).or_default()[position].push(run.allocations);
        }
        let often = |allocations: &Vec<u64>| allocations.len() >= 30;
        if let Some([first, second]) = runs.values_mut().find(|both| both.iter().all(often)) {
            return (median(first), median(second));
        }
    }
    let often: BTreeMap<_, _> = runs.iter().map(|(waits, runs)| (waits, [runs[0].len(), runs[1].len()])).collect();
    panic!("they have never waited equally often in thirty runs; runs by the number of waits: {often:?}")
}

fn median(counts: &mut [u64]) -> u64 {
    counts.sort_unstable();
    counts[counts.len() / 2]
}

struct Run {
    allocations: u64,
    waits: u64,
}

async fn run(work: impl Future<Output = ()>) -> Run {
    let mut work = pin!(work);
    let mut run = Run { allocations: 0, waits: 0 };
    poll_fn(|context| {
        let mut polled = Poll::Pending;
        run.allocations += measure(|| polled = work.as_mut().poll(context)).count_total;
        run.waits += u64::from(polled.is_pending());
        polled
    })
    .await;
    run
}

//! How much is asked of the allocator. `allocation-counter` replaces that of every program which this is linked into.

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
    for run in 0..310 {
        let mut work = pin!(work());
        let mut count = 0;
        poll_fn(|context| {
            let mut polled = Poll::Pending;
            count += measure(|| polled = work.as_mut().poll(context)).count_total;
            polled
        })
        .await;
        if run >= 10 {
            fewest = fewest.min(count);
        }
    }
    fewest
}

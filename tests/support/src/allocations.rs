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

/// The allocations of ten runs in a row, as most rows have them, of three hundred runs after ten that warm up.
///
/// A client's buffers grow now and then: of three hundred runs, that disturbs six at most. What allocates in every tenth run or more often, is in every
/// row. Only runs that have waited as often as most have are in a row, since a pool connects again now and then. What a run has other tasks do is not
/// counted.
pub async fn usual_allocations(mut work: impl AsyncFnMut()) -> u64 {
    let mut runs = BTreeMap::<u64, Vec<u64>>::new();
    for number in 0..310 {
        let run = run(work()).await;
        if number >= 10 {
            runs.entry(run.waits).or_default().push(run.allocations);
        }
    }
    runs.values().max_by_key(|runs| runs.len()).map_or(0, |runs| usual(runs))
}

/// The allocations of the ten runs in a row that have the fewest, of two pieces of work, which are run in turns until the second has no more than the
/// first; both have waited equally often in thirty runs then, of which these are some.
///
/// Before each run, both must be as they were: what is waited for there is not counted.
///
/// For clients that have threads of their own: with these it allocates to wait, how often that is needed is a matter of luck, and in some calls every
/// second run is lucky. What allocates in every tenth run or more often, never has ten without.
///
/// Gives up after three thousand turns, with what it has then.
///
/// # Panics
///
/// When they have never waited equally often until then, with how often each number of waits came.
pub async fn compared_allocations(
    mut settle: impl AsyncFnMut(),
    mut first: impl AsyncFnMut(),
    mut second: impl AsyncFnMut(),
) -> (u64, u64) {
    let mut of_waits = BTreeMap::<u64, [Rows; 2]>::new();
    let mut compared = None;
    for number in 0..3_000 {
        settle().await;
        let of_first = run(first()).await;
        settle().await;
        let both = [of_first, run(second()).await];
        if number < 10 {
            continue;
        }
        for (position, Run { allocations, waits }) in both.into_iter().enumerate() {
            let both = of_waits.entry(waits).or_default();
            both[position].add(allocations);
            if both.iter().all(|rows| rows.runs.len() >= 30) {
                let [first, second] = both.each_ref().map(|rows| rows.fewest);
                compared = Some((first, second));
                if second <= first {
                    return (first, second);
                }
            }
        }
    }
    let often = |both: &[Rows; 2]| both.each_ref().map(|rows| rows.runs.len());
    let often: BTreeMap<_, _> = of_waits.iter().map(|(waits, both)| (waits, often(both))).collect();
    let Some(compared) = compared else {
        panic!("they have never waited equally often in thirty runs; runs by the number of waits: {often:?}")
    };
    compared
}

/// Of rows of ten, the one in the middle when they are in order.
fn usual(runs: &[u64]) -> u64 {
    let mut rows: Vec<u64> = runs.chunks_exact(10).map(|row| row.iter().sum()).collect();
    rows.sort_unstable();
    rows[rows.len() / 2]
}

/// Runs, and of all ten in a row those with the fewest allocations.
struct Rows {
    runs: Vec<u64>,
    fewest: u64,
}

impl Default for Rows {
    fn default() -> Self {
        Self { runs: Vec::new(), fewest: u64::MAX }
    }
}

impl Rows {
    fn add(&mut self, allocations: u64) {
        self.runs.push(allocations);
        if let Some(last) = self.runs.last_chunk::<10>() {
            self.fewest = self.fewest.min(last.iter().sum());
        }
    }
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

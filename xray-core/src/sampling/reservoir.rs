use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Clock;

/// A number of requests that are traced each second before chance decides.
///
/// A plain counter per second, as in Python and Go. Java's spreads a large reservoir over tenths of a second; then the
/// number that is traced in a second depends on how the requests are spread as well.
#[derive(Debug)]
pub(super) struct Reservoir {
    per_second: u32,
    /// The second in the upper half, and how many were taken in it in the lower: one word, hence no lock.
    taken: AtomicU64,
}

impl Reservoir {
    pub(super) fn new(per_second: u32) -> Self {
        Self { per_second, taken: AtomicU64::new(0) }
    }

    /// Takes one request out of this second's reservoir; false when it is empty.
    pub(super) fn take(&self, clock: &Clock) -> bool {
        if self.per_second == 0 {
            return false;
        }
        // Monotonic, so that a clock that is set back does not close the reservoir until it has caught up.
        let now = clock.monotonic().as_secs();
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
                let (second, taken) = (word >> 32, word & u64::from(u32::MAX));
                // A thread that read the clock just before the second changed counts in the new one: going back would
                // refill the reservoir twice.
                if now > second {
                    Some(now << 32 | 1)
                } else if taken < u64::from(self.per_second) {
                    Some(word + 1)
                } else {
                    None
                }
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_second_has_its_own_reservoir() {
        let clock = Clock::manual(Duration::from_millis(1_000));
        let reservoir = Reservoir::new(10);
        let take = |count: usize| (0..count).filter(|_| reservoir.take(&clock)).count();

        // The calls of Java's ReservoirTest, which spreads its ten and so refuses the second of the first two calls.
        assert_eq!(take(2), 2);
        clock.advance(Duration::from_millis(100));
        assert_eq!(take(2), 2);
        clock.advance(Duration::from_millis(800));
        assert_eq!(take(9), 6);
        clock.advance(Duration::from_millis(100));
        assert_eq!(take(20), 10);
        clock.advance(Duration::from_secs(3_600));
        assert_eq!(take(20), 10);
    }

    #[test]
    fn an_empty_reservoir_gives_nothing() {
        for start in [Duration::ZERO, Duration::from_secs(1)] {
            let clock = Clock::manual(start);
            assert!(!Reservoir::new(0).take(&clock), "at {start:?}");
            assert!(Reservoir::new(1).take(&clock), "at {start:?}");
        }
    }

    #[test]
    fn threads_together_never_take_more_than_there_is() {
        let clock = Clock::manual(Duration::from_secs(1_500_000_000));
        let reservoir = Reservoir::new(100);
        for _ in 0..50 {
            let barrier = Barrier::new(8);
            let taken: usize = thread::scope(|scope| {
                let take = || {
                    barrier.wait();
                    (0..200).filter(|_| reservoir.take(&clock)).count()
                };
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(take)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(taken, 100);
            clock.advance(Duration::from_secs(1));
        }
    }

    #[test]
    fn a_thread_that_is_late_does_not_refill_the_reservoir() {
        let (late, punctual) = (Clock::manual(Duration::from_secs(9)), Clock::manual(Duration::from_secs(10)));
        let reservoir = Reservoir::new(1);
        assert!(reservoir.take(&punctual));
        assert!(!reservoir.take(&late));
        assert!(!reservoir.take(&punctual));
    }
}

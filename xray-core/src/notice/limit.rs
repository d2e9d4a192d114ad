//! How often a line is written.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;

/// How often a line is written at most in a process, however often there is a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Each time: whoever writes it does so only when something has changed, or somebody asked for details.
    EachTime,
    /// The first time.
    Once,
    /// Once in 60 seconds.
    OnceAMinute,
}

/// Lets one caller through, or one a minute.
#[derive(Debug)]
pub(super) struct Limiter {
    /// From when on the next line may be written, in milliseconds of the monotonic clock.
    next: AtomicU64,
}

impl Limiter {
    pub(super) const fn new() -> Self {
        Self { next: AtomicU64::new(0) }
    }

    /// Whether nobody would be let through now.
    #[inline]
    pub(super) fn is_spent(&self, clock: &Clock) -> bool {
        match self.next.load(Ordering::Relaxed) {
            0 => false,
            NEVER => true,
            next => is_before(next, clock),
        }
    }

    /// Whether the caller is the one that writes the line.
    pub(super) fn take(&self, limit: Limit, clock: &Clock) -> bool {
        let (now, next) = (milliseconds(clock), self.next.load(Ordering::Relaxed));
        let later = match limit {
            Limit::EachTime => return true,
            Limit::Once => NEVER,
            Limit::OnceAMinute => now.saturating_add(MINUTE.as_millis() as u64),
        };
        now >= next && self.next.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    #[cfg(feature = "testing")]
    pub(super) fn forget(&self) {
        self.next.store(0, Ordering::Relaxed);
    }
}

const NEVER: u64 = u64::MAX;
const MINUTE: Duration = Duration::from_secs(60);

#[cold]
fn is_before(time: u64, clock: &Clock) -> bool {
    milliseconds(clock) < time
}

fn milliseconds(clock: &Clock) -> u64 {
    u64::try_from(clock.monotonic().as_millis()).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_as_often_as_its_limit_says() {
        for (limit, expected) in [
            (Limit::EachTime, [true, true, true, true, true]),
            (Limit::Once, [true, false, false, false, false]),
            (Limit::OnceAMinute, [true, false, false, true, false]),
        ] {
            let clock = Clock::manual(Duration::from_secs(1));
            let limiter = Limiter::new();
            let written = [0, 0, 59, 1, 0].map(|seconds| {
                clock.advance(Duration::from_secs(seconds));
                let is_spent = limiter.is_spent(&clock);
                let written = limiter.take(limit, &clock);
                assert_eq!(written, !is_spent, "{limit:?}");
                written
            });
            assert_eq!(written, expected, "{limit:?}");
        }
    }
}

//! Log lines that are written once a minute at most, however often there is a reason.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;

/// Lets one caller a minute through.
#[derive(Debug)]
pub(crate) struct Notice {
    /// When the next line may be written, in milliseconds of the monotonic clock.
    next: AtomicU64,
}

impl Notice {
    pub(crate) const fn new() -> Self {
        Self { next: AtomicU64::new(0) }
    }

    /// Whether the caller is the one that writes the line.
    pub(crate) fn due(&self, clock: &Clock) -> bool {
        let now = u64::try_from(clock.monotonic().as_millis()).unwrap_or(u64::MAX);
        let next = self.next.load(Ordering::Relaxed);
        let later = now.saturating_add(INTERVAL.as_millis() as u64);
        now >= next && self.next.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

const INTERVAL: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_minute() {
        let clock = Clock::manual(Duration::from_secs(1));
        let notice = Notice::new();
        assert!(notice.due(&clock));
        assert!(!notice.due(&clock));
        clock.advance(Duration::from_secs(59));
        assert!(!notice.due(&clock));
        clock.advance(Duration::from_secs(1));
        assert!(notice.due(&clock));
        assert!(!notice.due(&clock));
    }
}

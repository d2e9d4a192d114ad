//! Time: the only place that reads a clock.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The source of the times in documents and of the seconds in reservoirs.
///
/// The default is the system's clock. A [`Clock::manual`] one stands still until it is
/// [advanced](Clock::advance), so that a test decides what time it is.
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    /// Microseconds since the Unix epoch.
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that shows `since_epoch` after the Unix epoch until it is advanced.
    #[must_use]
    pub fn manual(since_epoch: Duration) -> Self {
        Self(Source::Manual(Arc::new(AtomicU64::new(microseconds(since_epoch)))))
    }

    /// Moves a manual clock, and every clone of it, forward; the system's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now) = &self.0 {
            now.fetch_add(microseconds(by), Ordering::Relaxed);
        }
    }

    /// How long a thread waits in real time for `pause` to go by on this clock.
    pub(crate) fn real_pause(&self, pause: Duration) -> Duration {
        match &self.0 {
            Source::System => pause,
            // It goes by when the test says so: a look now and then finds out.
            Source::Manual(_) => pause.min(Duration::from_millis(10)),
        }
    }

    /// Whole seconds since the Unix epoch.
    #[must_use]
    pub fn unix_seconds(&self) -> u64 {
        match &self.0 {
            Source::System => since_epoch().as_secs(),
            Source::Manual(now) => now.load(Ordering::Relaxed) / 1_000_000,
        }
    }

    /// Time since an arbitrary moment; it never runs backwards.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System => START.elapsed(),
            Source::Manual(now) => Duration::from_micros(now.load(Ordering::Relaxed)),
        }
    }

    /// Fixes wall-clock time to monotonic time, for one segment.
    pub(crate) fn anchor(&self) -> Anchor {
        match &self.0 {
            Source::System => Anchor::System { wall: self.wall(), instant: Instant::now() },
            Source::Manual(now) => Anchor::Manual { start: self.wall(), now: Arc::clone(now) },
        }
    }

    fn wall(&self) -> u64 {
        match &self.0 {
            Source::System => microseconds(since_epoch()),
            Source::Manual(now) => now.load(Ordering::Relaxed),
        }
    }
}

fn since_epoch() -> Duration {
    // A clock set before 1970 gives 0 rather than a panic.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Wall-clock time that never runs backwards: read once, then carried on by the monotonic clock.
///
/// All times of a segment come from one anchor, so a clock that is set while the segment is open
/// cannot make a child end before it began.
#[derive(Debug)]
pub(crate) enum Anchor {
    System { wall: u64, instant: Instant },
    Manual { start: u64, now: Arc<AtomicU64> },
}

impl Anchor {
    /// Microseconds since the Unix epoch.
    #[inline]
    pub(crate) fn now(&self) -> u64 {
        match self {
            Self::System { wall, instant } => wall + microseconds(instant.elapsed()),
            Self::Manual { now, .. } => now.load(Ordering::Relaxed),
        }
    }

    /// Seconds by which the wall clock is ahead of the monotonic one, without reading either.
    pub(crate) fn skew(&self) -> Option<u64> {
        match self {
            Self::System { wall, instant } => {
                Some((wall / 1_000_000).saturating_sub(instant.saturating_duration_since(*START).as_secs()))
            }
            Self::Manual { .. } => None,
        }
    }

    /// The time at which the anchor was made, without reading a clock.
    pub(crate) fn start(&self) -> u64 {
        match self {
            Self::System { wall: start, .. } | Self::Manual { start, .. } => *start,
        }
    }
}

/// The earliest time that is taken for one, a billion seconds after 1970: 0, say, is what was never set.
const EARLIEST: u64 = 1_000_000_000_000_000;

/// Microseconds since the Unix epoch, at least a billion seconds.
pub(crate) fn unix_microseconds(time: SystemTime) -> u64 {
    microseconds(time.duration_since(UNIX_EPOCH).unwrap_or_default()).max(EARLIEST)
}

/// Not `as_micros`: that divides 128 bits, and this is on the hot path.
#[inline]
pub(crate) fn microseconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_mul(1_000_000).saturating_add(u64::from(duration.subsec_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manual_clock_moves_only_when_advanced() {
        let clock = Clock::manual(Duration::from_secs(1_500_000_000));
        let anchor = clock.anchor();
        assert_eq!(clock.unix_seconds(), 1_500_000_000);
        clock.clone().advance(Duration::from_millis(1_500));
        assert_eq!(clock.unix_seconds(), 1_500_000_001);
        assert_eq!(anchor.now(), 1_500_000_001_500_000);
    }

    #[test]
    fn system_anchor_never_runs_backwards() {
        let anchor = Clock::system().anchor();
        let mut before = anchor.start();
        for _ in 0..10_000 {
            let now = anchor.now();
            assert!(now >= before);
            before = now;
        }
    }
}

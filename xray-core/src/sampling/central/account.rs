use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sampling::adaptive::{Boost, BoostStatistics};

/// What the rule of one name has counted, and what the service lets it take. It outlives every reload of the rules.
///
/// Decisions count under the read lock of the rules; the service's word is taken, and the counts are, under the write
/// lock. So no decision is half counted in a report, and none sees half of a target.
#[derive(Debug)]
pub(super) struct Account {
    name: Arc<str>,
    requests: AtomicU64,
    sampled: AtomicU64,
    borrowed: AtomicU64,
    /// The second in the upper half; then one bit that says whether it has borrowed, and what it has used of the quota.
    taken: AtomicU64,
    quota: AtomicU64,
    /// The last second in which the quota counts: 0, which is over, until the first target arrives.
    expires_at: AtomicU64,
    /// The share of the requests beyond the quota, as the bits of a floating-point number.
    rate: AtomicU64,
    /// When the last target arrived, and how long to wait from then to the next report, in seconds.
    refreshed_at: AtomicU64,
    interval: AtomicU64,
    boost: Arc<Boost>,
}

/// The counts of one rule in one report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Statistics {
    pub(super) requests: u64,
    pub(super) sampled: u64,
    pub(super) borrowed: u64,
    pub(super) boost: BoostStatistics,
}

/// What the service wants of one rule. What it leaves out stays as it was.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    pub(super) rule_name: String,
    pub(super) rate: f64,
    pub(super) quota: Option<u64>,
    pub(super) expires_at: Option<u64>,
    pub(super) interval: Option<u64>,
    /// A raised rate, and up to which second.
    pub(super) boost: Option<(f64, u64)>,
}

/// Seconds between reports until the service asks for others.
const INTERVAL: u64 = 10;

const BORROWED: u64 = 1 << 31;
const USED: u64 = BORROWED - 1;

impl Account {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            requests: AtomicU64::new(0),
            sampled: AtomicU64::new(0),
            borrowed: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            quota: AtomicU64::new(0),
            expires_at: AtomicU64::new(0),
            rate: AtomicU64::new(0),
            refreshed_at: AtomicU64::new(0),
            interval: AtomicU64::new(INTERVAL),
            boost: Arc::default(),
        }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Decides about one request, in the second `now`, and counts it.
    ///
    /// As the SDKs for Go and Java do. Until the service has given a quota, and when the last one is too old, one request
    /// a second is borrowed from the quota to come, if the rule has a reservoir at all.
    #[inline]
    pub(super) fn decide(&self, now: u64, has_reservoir: bool, random: impl FnOnce() -> f64) -> bool {
        add(&self.requests, 1);
        if now > self.expires_at.load(Ordering::Relaxed) {
            if has_reservoir && self.take(now, |taken| (taken & BORROWED == 0).then_some(taken | BORROWED)) {
                add(&self.borrowed, 1);
                return true;
            }
        } else {
            let quota = self.quota.load(Ordering::Relaxed);
            if self.take(now, |taken| (taken & USED < quota.min(USED)).then_some(taken + 1)) {
                add(&self.sampled, 1);
                return true;
            }
        }
        // Strictly less: with `<=`, as in Python and Node, rate 0 lets through a random number that is exactly 0.
        let rate = self.boost.rate(now).unwrap_or_else(|| f64::from_bits(self.rate.load(Ordering::Relaxed)));
        let sampled = random() < rate;
        if sampled {
            add(&self.sampled, 1);
        }
        sampled
    }

    #[inline]
    fn take(&self, now: u64, take: impl Fn(u64) -> Option<u64>) -> bool {
        let now = now & u64::from(u32::MAX);
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
                let second = word >> 32;
                // A thread that read the clock just before the second changed counts in the new one: going back would
                // fill the reservoir twice. Further back than that, the clock was set.
                let is_current = now == second || now + 1 == second;
                let (second, taken) = if is_current { (second, word & (BORROWED | USED)) } else { (now, 0) };
                Some(second << 32 | take(taken)?)
            })
            .is_ok()
    }

    /// Whether there is anything to report, and the service wants to hear of it.
    pub(super) fn is_due(&self, now: u64) -> bool {
        // A target from the future is of a clock that was set back since.
        self.has_counts() && (now >= self.due_at() || now < self.refreshed_at.load(Ordering::Relaxed))
    }

    /// In how many seconds the next report is due, if there is something to report by then.
    pub(super) fn due_in(&self, now: u64) -> u64 {
        match self.due_at().saturating_sub(now) {
            0 => self.interval.load(Ordering::Relaxed),
            seconds => seconds,
        }
    }

    fn due_at(&self) -> u64 {
        self.refreshed_at.load(Ordering::Relaxed).saturating_add(self.interval.load(Ordering::Relaxed))
    }

    pub(super) fn has_counts(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0 || self.boost.has_counts()
    }

    /// Takes the counts for a report, which leaves none.
    pub(super) fn take_statistics(&self) -> Statistics {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        let boost = self.boost.take_statistics();
        Statistics {
            requests: take(&self.requests),
            sampled: take(&self.sampled),
            borrowed: take(&self.borrowed),
            boost,
        }
    }

    /// Gives the counts of a report back that did not reach the service.
    pub(super) fn give_back(&self, statistics: Statistics) {
        add(&self.requests, statistics.requests);
        add(&self.sampled, statistics.sampled);
        add(&self.borrowed, statistics.borrowed);
        self.boost.give_back(statistics.boost);
    }

    pub(super) fn boost(&self) -> &Arc<Boost> {
        &self.boost
    }

    pub(super) fn set_rate(&self, rate: f64) {
        self.rate.store(rate.to_bits(), Ordering::Relaxed);
    }

    /// Follows what the service said at `now`.
    pub(super) fn follow(&self, target: &Target, now: u64) {
        self.set_rate(target.rate);
        let replace = |old: &AtomicU64, new: Option<u64>| {
            if let Some(new) = new {
                old.store(new, Ordering::Relaxed);
            }
        };
        replace(&self.quota, target.quota);
        replace(&self.expires_at, target.expires_at);
        replace(&self.interval, target.interval);
        if let Some((rate, until)) = target.boost {
            self.boost.raise(rate, until);
        }
        self.refreshed_at.store(now, Ordering::Relaxed);
    }
}

#[inline]
fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

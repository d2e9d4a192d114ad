use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many traces of one rule went wrong, and by how much the service raises the rule's rate because of that.
#[derive(Debug, Default)]
pub(crate) struct Boost {
    /// The service that the traces are of.
    service: OnceLock<Box<str>>,
    total: AtomicU64,
    anomalies: AtomicU64,
    sampled_anomalies: AtomicU64,
    /// The raised rate, as the bits of a floating-point number, and when it is over.
    rate: AtomicU64,
    until: AtomicU64,
}

/// The counts of one rule in one report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BoostStatistics {
    pub(crate) total: u64,
    pub(crate) anomalies: u64,
    pub(crate) sampled_anomalies: u64,
}

impl Boost {
    pub(crate) fn count_trace(&self, service: &str) {
        self.service.get_or_init(|| service.into());
        self.total.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_anomaly(&self, is_sampled: bool) {
        self.anomalies.fetch_add(1, Ordering::Relaxed);
        self.sampled_anomalies.fetch_add(u64::from(is_sampled), Ordering::Relaxed);
    }

    pub(crate) fn service(&self) -> &str {
        self.service.get().map_or("", |service| service)
    }

    pub(crate) fn has_counts(&self) -> bool {
        self.total.load(Ordering::Relaxed) > 0
    }

    /// Takes the counts for a report, which leaves none.
    pub(crate) fn take_statistics(&self) -> BoostStatistics {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        match take(&self.total) {
            // A trace that was reported before may have gone wrong since: that waits for a report with traces.
            0 => BoostStatistics::default(),
            total => BoostStatistics {
                total,
                anomalies: take(&self.anomalies),
                sampled_anomalies: take(&self.sampled_anomalies),
            },
        }
    }

    /// Gives the counts of a report back that did not reach the service.
    pub(crate) fn give_back(&self, statistics: BoostStatistics) {
        self.total.fetch_add(statistics.total, Ordering::Relaxed);
        self.anomalies.fetch_add(statistics.anomalies, Ordering::Relaxed);
        self.sampled_anomalies.fetch_add(statistics.sampled_anomalies, Ordering::Relaxed);
    }

    /// Raises the rate until a moment in epoch seconds.
    pub(crate) fn raise(&self, rate: f64, until: u64) {
        self.rate.store(rate.to_bits(), Ordering::Relaxed);
        self.until.store(until, Ordering::Relaxed);
    }

    /// The raised rate, as long as it is.
    #[inline]
    pub(crate) fn rate(&self, now: u64) -> Option<f64> {
        (now < self.until.load(Ordering::Relaxed)).then(|| f64::from_bits(self.rate.load(Ordering::Relaxed)))
    }
}

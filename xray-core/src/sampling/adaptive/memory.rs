use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::id::TraceId;

/// The traces that were watched lately in this process, so that each counts once, however many segments it has here.
///
/// A trace is known for ten minutes after its latest segment has begun. Of more than 100,000 traces the oldest are
/// forgotten first, half of them at a time. Both limits are those of the ADOT SDKs.
#[derive(Debug, Default)]
pub(super) struct TraceMemory(Mutex<Generations>);

/// What has become of one trace, for all of its segments in this process.
#[derive(Debug, Default)]
pub(super) struct TraceUsage {
    is_counted: AtomicBool,
    has_anomaly: AtomicBool,
    is_captured: AtomicBool,
}

/// A trace that is seen again moves to the young ones. When these are too many, or the eldest of them too old, they
/// become the old ones, and what was old is forgotten: no list to keep in order.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<TraceId, Entry>,
    old: HashMap<TraceId, Entry>,
    /// When the first of the young ones came.
    since: u64,
}

#[derive(Debug)]
struct Entry {
    usage: Arc<TraceUsage>,
    seen_at: u64,
}

const LIFETIME: u64 = 600;
const MOST_OF_A_GENERATION: usize = 50_000;

impl TraceMemory {
    /// What has become of a trace of which a segment begins, at `now` in seconds.
    pub(super) fn of(&self, trace_id: TraceId, now: u64) -> Arc<TraceUsage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).of(trace_id, now)
    }
}

impl Generations {
    fn of(&mut self, trace_id: TraceId, now: u64) -> Arc<TraceUsage> {
        let is_known = |entry: &Entry| now < entry.seen_at.saturating_add(LIFETIME);
        if let Some(entry) = self.young.get_mut(&trace_id).filter(|entry| is_known(entry)) {
            entry.seen_at = now;
            return Arc::clone(&entry.usage);
        }
        let known = self.old.remove(&trace_id).filter(is_known);
        if self.young.len() >= MOST_OF_A_GENERATION || now >= self.since.saturating_add(LIFETIME) {
            mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
            self.since = now;
        }
        let usage = known.map(|entry| entry.usage).unwrap_or_default();
        self.young.insert(trace_id, Entry { usage: Arc::clone(&usage), seen_at: now });
        usage
    }
}

impl TraceUsage {
    /// Whether this is the first time that the trace is counted.
    pub(super) fn count(&self) -> bool {
        !self.is_counted.swap(true, Ordering::Relaxed)
    }

    /// Whether this is the first time that the trace is counted as an anomaly.
    pub(super) fn count_anomaly(&self) -> bool {
        !self.has_anomaly.swap(true, Ordering::Relaxed)
    }

    pub(super) fn has_anomaly(&self) -> bool {
        self.has_anomaly.load(Ordering::Relaxed)
    }

    /// Sends what is left of the trace in this process.
    pub(super) fn capture(&self) {
        self.is_captured.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_captured(&self) -> bool {
        self.is_captured.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a trace is new at a moment.
    fn is_new(memory: &TraceMemory, trace_id: TraceId, now: u64) -> bool {
        memory.of(trace_id, now).count()
    }

    #[test]
    fn a_trace_is_known_for_ten_minutes_after_its_latest_segment() {
        let begin = 1_500_000_000;
        let [first, second] = [TraceId::generate(), TraceId::generate()];
        for pause in [1, 300, 599, 600, 601, 1_199, 1_200, 100_000] {
            let memory = TraceMemory::default();
            assert!(is_new(&memory, first, begin));
            // So that the first one is not what the generation is counted from.
            assert!(is_new(&memory, second, begin + 1));
            let mut now = begin + 1;
            for _ in 0..5 {
                now += pause;
                assert_eq!(is_new(&memory, second, now), pause >= LIFETIME, "after {pause} seconds");
            }
        }
    }

    #[test]
    fn a_hundred_thousand_traces_are_remembered_at_most_and_half_of_them_at_least() {
        let memory = TraceMemory::default();
        let ids: Vec<_> = (0..250_000).map(|_| TraceId::generate()).collect();
        for (number, id) in ids.iter().enumerate() {
            assert!(is_new(&memory, *id, 7));
            // The latest ones are known, and this does not make the others go.
            let latest = ids[number.saturating_sub(MOST_OF_A_GENERATION - 1)];
            assert!(number % 1_000 != 0 || !is_new(&memory, latest, 7), "{number}");
            let generations = memory.0.lock().unwrap();
            assert!(generations.young.len() + generations.old.len() <= 100_000);
        }
        assert!(is_new(&memory, ids[0], 7), "the oldest is forgotten");
    }

    #[test]
    fn nothing_is_allocated_before_the_first_trace() {
        let memory = TraceMemory::default();
        let generations = memory.0.lock().unwrap();
        assert_eq!(generations.young.capacity() + generations.old.capacity(), 0);
    }
}

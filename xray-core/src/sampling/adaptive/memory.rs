use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::id::TraceId;

/// The traces that were watched lately in this process, so that each counts once, however many segments it has here.
///
/// A trace is known for ten minutes after its latest segment has begun. Of more than 100,000 traces the oldest are
/// forgotten first, half of them at a time. Both limits are those of the ADOT SDKs.
#[derive(Debug)]
pub(super) struct TraceMemory<U = TraceUsage>(Mutex<Generations<U>>);

impl<U> Default for TraceMemory<U> {
    fn default() -> Self {
        Self(Mutex::new(Generations { young: HashMap::new(), old: HashMap::new(), spare: HashMap::new(), since: 0 }))
    }
}

/// What has become of one trace, for all of its segments in this process.
#[derive(Debug, Default)]
pub(super) struct TraceUsage {
    is_counted: AtomicBool,
    has_anomaly: AtomicBool,
    is_captured: AtomicBool,
}

/// A trace that is seen again moves to the young ones. When these are too many, or the eldest of them too old, they
/// become the old ones, and what was old is forgotten: no list to keep in order.
#[derive(Debug)]
struct Generations<U> {
    young: Generation<U>,
    old: Generation<U>,
    /// Empty, with the room for another generation.
    spare: Generation<U>,
    /// When the first of the young ones came.
    since: u64,
}

type Generation<U> = HashMap<TraceId, Entry<U>>;

#[derive(Debug)]
struct Entry<U> {
    usage: Arc<U>,
    seen_at: u64,
}

const LIFETIME: u64 = 600;
const MOST_OF_A_GENERATION: usize = 50_000;

impl<U: Default> TraceMemory<U> {
    /// What has become of a trace of which a segment begins, at `now` in seconds.
    pub(super) fn of(&self, trace_id: TraceId, now: u64) -> Arc<U> {
        let (usage, mut forgotten) = self.lock().of(trace_id, now);
        if !forgotten.is_empty() {
            // Not under the lock: to free 50,000 entries takes milliseconds, in which no segment could begin.
            forgotten.clear();
            self.lock().spare = forgotten;
        }
        usage
    }

    fn lock(&self) -> MutexGuard<'_, Generations<U>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<U: Default> Generations<U> {
    /// What has become of a trace, and the generation that is forgotten because of it.
    fn of(&mut self, trace_id: TraceId, now: u64) -> (Arc<U>, Generation<U>) {
        let is_known = |entry: &Entry<U>| now < entry.seen_at.saturating_add(LIFETIME);
        if let Some(entry) = self.young.get_mut(&trace_id).filter(|entry| is_known(entry)) {
            entry.seen_at = now;
            return (Arc::clone(&entry.usage), Generation::default());
        }
        let known = self.old.remove(&trace_id).filter(is_known);
        let mut forgotten = Generation::default();
        if self.young.len() >= MOST_OF_A_GENERATION || now >= self.since.saturating_add(LIFETIME) {
            let young = mem::replace(&mut self.young, mem::take(&mut self.spare));
            forgotten = mem::replace(&mut self.old, young);
            self.since = now;
        }
        let usage = known.map(|entry| entry.usage).unwrap_or_default();
        self.young.insert(trace_id, Entry { usage: Arc::clone(&usage), seen_at: now });
        (usage, forgotten)
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
    use std::cell::Cell;
    use std::sync::{OnceLock, Weak};

    use allocation_counter::measure;

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

    /// Looks, where it is freed, whether a segment could begin meanwhile.
    #[derive(Default)]
    struct Watched(OnceLock<Weak<TraceMemory<Watched>>>);

    impl Drop for Watched {
        fn drop(&mut self) {
            if let Some(memory) = self.0.get().and_then(Weak::upgrade) {
                FREED.set(FREED.get() + 1);
                assert!(memory.0.try_lock().is_ok(), "entries are freed under the lock");
            }
        }
    }

    thread_local! {
        static FREED: Cell<usize> = const { Cell::new(0) };
    }

    /// 50,000 entries were freed under the lock that every segment takes.
    #[test]
    fn nothing_is_freed_under_the_lock() {
        let memory = Arc::new(TraceMemory::<Watched>::default());
        let remember = |now| drop(memory.of(TraceId::generate(), now).0.set(Arc::downgrade(&memory)));
        // Too many, and too old; nothing is freed before there are two generations.
        (0..4 * MOST_OF_A_GENERATION).for_each(|_| remember(7));
        assert_eq!(FREED.get(), 2 * MOST_OF_A_GENERATION);
        [700, 1_400, 2_100].into_iter().for_each(remember);
        assert_eq!(FREED.get(), 4 * MOST_OF_A_GENERATION + 1);
    }

    /// The room of what was forgotten is used again: it does not grow anew under the lock.
    #[test]
    fn a_generation_takes_the_room_of_another_one() {
        let memory = TraceMemory::<TraceUsage>::default();
        let remember = |count: usize| (0..count).for_each(|_| drop(memory.of(TraceId::generate(), 7)));
        remember(3 * MOST_OF_A_GENERATION + 1);
        assert!(memory.lock().young.capacity() >= MOST_OF_A_GENERATION);
        let allocated = measure(|| remember(1_000)).count_total;
        assert_eq!(allocated, 1_000, "one for each trace");
    }

    #[test]
    fn a_hundred_thousand_traces_are_remembered_at_most_and_half_of_them_at_least() {
        let memory = TraceMemory::<TraceUsage>::default();
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
        let memory = TraceMemory::<TraceUsage>::default();
        let generations = memory.0.lock().unwrap();
        assert_eq!(generations.young.capacity() + generations.old.capacity(), 0);
    }
}

//! How often a segment was missing in this process.
//!
//! A program that traces nothing, or not here, comes by for every call: so each thread counts for itself, without an
//! instruction that others have to wait for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts one.
#[inline]
pub(crate) fn count() {
    let counted = MINE.try_with(|mine| {
        // Nobody else writes it.
        let count = mine.0.load(Ordering::Relaxed);
        mine.0.store(count.wrapping_add(1), Ordering::Relaxed);
    });
    if counted.is_err() {
        // The thread is ending.
        all().of_ended_threads += 1;
    }
}

/// What all threads have counted.
pub(crate) fn total() -> u64 {
    let all = all();
    all.of_ended_threads + all.threads.iter().map(|count| count.load(Ordering::Relaxed)).sum::<u64>()
}

struct All {
    threads: Vec<Arc<AtomicU64>>,
    of_ended_threads: u64,
}

static ALL: Mutex<All> = Mutex::new(All { threads: Vec::new(), of_ended_threads: 0 });

fn all() -> MutexGuard<'static, All> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    static MINE: Mine = Mine::new();
}

struct Mine(Arc<AtomicU64>);

impl Mine {
    fn new() -> Self {
        let count = Arc::new(AtomicU64::new(0));
        all().threads.push(Arc::clone(&count));
        Self(count)
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        let mut all = all();
        all.threads.retain(|count| !Arc::ptr_eq(count, &self.0));
        all.of_ended_threads += self.0.load(Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_threads_have_counted_stays_when_they_end() {
        let before = total();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1_000).for_each(|_| count()));
            }
        });
        // Other tests count too.
        assert!(total() >= before + 8_000);
        assert!(all().threads.len() < 1_000);
    }
}

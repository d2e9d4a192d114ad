//! Where fresh ids come from, and what keeps copies of a process from making the same ones.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::clock::Anchor;

/// Draws from this thread's generator.
#[inline]
pub(crate) fn with_generator<R>(draw: impl Fn(&mut fastrand::Rng) -> R) -> R {
    let seed = SEED.load(Ordering::Relaxed);
    let drawn = GENERATOR.try_with(|generator| {
        let mut generator = generator.borrow_mut();
        if generator.0 != seed {
            *generator = (seed, seeded());
        }
        draw(&mut generator.1)
    });
    // At the end of a thread its generator is gone: a fresh one serves once.
    drawn.unwrap_or_else(|_| draw(&mut seeded()))
}

/// Makes a name under which a process reports to the sampling service: 24 hex digits.
pub(crate) fn client_id() -> String {
    // Of its own seed: the children of one fork begin with generators that are alike, and may report before any of them
    // has recorded a segment, which is when a copy is noticed.
    let mut random = seeded();
    format!("{:08x}{:016x}", random.u32(..), random.u64(..))
}

/// A number that changes when this process turns out to be a copy of another one.
pub(crate) fn seed_generation() -> u32 {
    SEED.load(Ordering::Relaxed)
}

/// Makes every thread seed its generator again before the next id, and emitters open new sockets before the next document.
///
/// A process that goes on from a copy — the child of a fork, a restored snapshot — would mint the
/// ids of its twin. Forks and clocks that jump are noticed by themselves; a program that is
/// told of a restore calls this.
pub fn reseed() {
    SEED.fetch_add(1, Ordering::Relaxed);
    COPIES.fetch_add(1, Ordering::Relaxed);
}

/// Changes whenever this process went on from a copy, as far as is known.
pub(crate) fn copies() -> u32 {
    COPIES.load(Ordering::Relaxed)
}

/// Seeds again if this process looks like a copy; called once for each segment that is recorded, before its first id.
pub(crate) fn notice_copy(anchor: &Anchor) {
    static SKEW: AtomicU64 = AtomicU64::new(0);

    let process = std::process::id();
    match PROCESS.swap(process, Ordering::Relaxed) {
        before if before == process => {}
        // The first segment: ids may have been made before a fork that nobody noticed, but no document was sent.
        0 => drop(SEED.fetch_add(1, Ordering::Relaxed)),
        _ => reseed(),
    }
    // The clocks drift apart when a snapshot is restored (or when the clock is set, which is harmless).
    if let Some(skew) = anchor.skew() {
        let before = SKEW.swap(skew, Ordering::Relaxed);
        if before != 0 && before.abs_diff(skew) > 1 {
            reseed();
        }
    }
}

static SEED: AtomicU32 = AtomicU32::new(1);
static COPIES: AtomicU32 = AtomicU32::new(0);
/// The process that has recorded the latest segment.
static PROCESS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static GENERATOR: RefCell<(u32, fastrand::Rng)> = const { RefCell::new((0, fastrand::Rng::with_seed(0))) };
}

fn seeded() -> fastrand::Rng {
    match getrandom::u64() {
        Ok(seed) => fastrand::Rng::with_seed(seed),
        // No entropy from the system: the hasher keys and the time are the next best.
        Err(_) => fastrand::Rng::new(),
    }
}

/// Makes all look as it does to the child of a fork: the process is another one, and the generator has a twin, which
/// draws the same as one of this seed.
#[cfg(test)]
pub(crate) fn pretend_fork(seed: u64) {
    PROCESS.store(std::process::id() + 1, Ordering::Relaxed);
    GENERATOR.set((seed_generation(), fastrand::Rng::with_seed(seed)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reseeding_gives_a_copy_ids_of_its_own() {
        let _ = with_generator(|random| random.u64(..));
        // What a fork does: two generators in the same state.
        let twin = GENERATOR.with_borrow(|(_, random)| random.clone());
        let same = twin.clone().u64(..);
        reseed();
        assert_ne!(with_generator(|random| random.u64(..)), same);
    }

    #[test]
    fn the_children_of_one_fork_report_by_names_of_their_own() {
        let [first, second] = [7, 7].map(|seed| {
            pretend_fork(seed);
            client_id()
        });
        assert_ne!(first, second);
    }
}

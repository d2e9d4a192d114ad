//! Every line that the SDK can write to the log.
//!
//! A line runs the program's `tracing` subscriber, which is code like any other of the program's: it may call the SDK,
//! panic, or wait. So no line is written while a lock of ours is held; and while one is written on a thread, that thread
//! writes no other: a subscriber that uses the SDK would hear of itself without end.

mod lines;
mod limit;

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Clock;
use crate::panic::caught_line;
use limit::{Limit, Limiter};

pub use lines::{Notice, NoticeKind};

/// Where the lines are from, as filters of the log know it.
const TARGET: &str = "aws_xray_sdk";

impl Notice<'_> {
    /// Writes the line, unless its [limit](NoticeKind::limit) has been reached. No lock of ours may be held.
    pub fn log(self) {
        let kind = self.kind();
        if kind.is_spent() || !may_write() {
            return;
        }
        if kind.limiter().is_none_or(|limiter| limiter.take(kind.limit(), &Clock::system())) {
            let _writing = Writing::begin();
            if caught_line(|| self.write()).is_err() {
                count_unwritten();
            }
        }
    }
}

impl NoticeKind {
    /// Whether a line of this kind would not be written now, because of its limit. Costs one look at a clock at most.
    #[inline]
    pub(crate) fn is_spent(self) -> bool {
        self.limiter().is_some_and(|limiter| limiter.is_spent(&Clock::system()))
    }

    #[inline]
    fn limiter(self) -> Option<&'static Limiter> {
        match self.limit() {
            Limit::EachTime => None,
            Limit::Once | Limit::OnceAMinute => LIMITERS.get(self as usize),
        }
    }
}

static LIMITERS: [Limiter; NoticeKind::ALL.len()] = [const { Limiter::new() }; NoticeKind::ALL.len()];

/// Makes all limits as they are in a new process.
#[cfg(feature = "testing")]
pub(crate) fn forget_limits() {
    LIMITERS.iter().for_each(Limiter::forget);
}

/// How many lines were due in this process and not written: the thread was ending or wrote another one, or the
/// subscriber panicked.
pub(crate) fn unwritten() -> u64 {
    UNWRITTEN.load(Ordering::Relaxed)
}

static UNWRITTEN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static WRITING: Cell<bool> = const { Cell::new(false) };
    /// Gone when the thread ends. A subscriber then may have lost thread-locals of its own, which it takes to be there.
    static ALIVE: Alive = const { Alive };
}

struct Alive;

/// That there is something to drop makes the thread-local go at all.
impl Drop for Alive {
    fn drop(&mut self) {}
}

/// Whether this thread may write a line; one that may not be written is counted, and its limit is left for a later one.
fn may_write() -> bool {
    let may_write = !WRITING.get() && is_thread_alive();
    if !may_write {
        count_unwritten();
    }
    may_write
}

/// Whether this thread has not lost its thread-locals, as far as is known.
pub(crate) fn is_thread_alive() -> bool {
    ALIVE.try_with(|_| ()).is_ok()
}

#[cold]
fn count_unwritten() {
    UNWRITTEN.fetch_add(1, Ordering::Relaxed);
}

/// Runs what may not write a line: the panic hook, where a panic of the subscriber could not be caught.
pub(crate) fn silently<R>(work: impl FnOnce() -> R) -> R {
    let _writing = Writing::begin();
    work()
}

/// Marks the thread until dropped.
struct Writing;

impl Writing {
    fn begin() -> Self {
        WRITING.set(true);
        Self
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        WRITING.set(false);
    }
}

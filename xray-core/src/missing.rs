//! What happens where a segment is missing.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use crate::context::Context;
use crate::missed;
use crate::notice::{self, Notice, NoticeKind};
use crate::stack;

/// What happens when a subsegment is begun, or an annotation put, while no segment is current.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextMissing {
    /// One line in the log for each process; the default, as in every X-Ray SDK.
    #[default]
    LogError,
    /// Nothing.
    IgnoreError,
    /// A panic. For tests: it shows where a segment is missing. None while the thread panics already, nor where a thread-local
    /// of the program's is dropped after those of the SDK: a panic would end the process there.
    RuntimeError,
}

impl fmt::Display for ContextMissing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LogError => "LOG_ERROR",
            Self::IgnoreError => "IGNORE_ERROR",
            Self::RuntimeError => "RUNTIME_ERROR",
        })
    }
}

/// What a missing segment comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Reported(ContextMissing),
    /// Nobody expects a segment.
    SwitchedOff,
}

/// What a missing segment comes to with a recorder, which may be switched off at any time.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedMissing(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    bits: AtomicU8,
    /// How often a segment was missing in a scope of the recorder.
    missed: AtomicU64,
}

impl SharedMissing {
    pub(crate) fn set(&self, missing: Missing) {
        self.0.bits.store(missing.to_bits(), Ordering::Relaxed);
    }

    /// How often a segment was missing in a scope of the recorder.
    pub(crate) fn missed(&self) -> u64 {
        self.0.missed.load(Ordering::Relaxed)
    }
}

impl Missing {
    const LOG: u8 = ContextMissing::LogError as u8;
    const IGNORE: u8 = ContextMissing::IgnoreError as u8;
    const PANIC: u8 = ContextMissing::RuntimeError as u8;
    const OFF: u8 = u8::MAX;

    const fn to_bits(self) -> u8 {
        match self {
            Self::Reported(strategy) => strategy as u8,
            Self::SwitchedOff => Self::OFF,
        }
    }

    #[inline]
    const fn from_bits(bits: u8) -> Self {
        match bits {
            Self::LOG => Self::Reported(ContextMissing::LogError),
            Self::IGNORE => Self::Reported(ContextMissing::IgnoreError),
            Self::PANIC => Self::Reported(ContextMissing::RuntimeError),
            _ => Self::SwitchedOff,
        }
    }

    /// That of this thread's scope, or of the process.
    fn here() -> Self {
        let scoped = SCOPED.try_with(|scoped| {
            let scoped = scoped.borrow();
            scoped.entries.last().map(|(_, shared)| shared.0.bits.load(Ordering::Relaxed))
        });
        Self::from_bits(scoped.ok().flatten().unwrap_or_else(|| STRATEGY.load(Ordering::Relaxed)))
    }
}

static STRATEGY: AtomicU8 = AtomicU8::new(Missing::LOG);
/// How many threads have a strategy of their own: while it is 0, nobody looks for one.
static SCOPES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SCOPED: RefCell<Scoped> = const { RefCell::new(Scoped { entries: Vec::new(), next: 0 }) };
}

/// The strategies of a thread's own, by numbers, innermost last.
struct Scoped {
    entries: Vec<(u32, SharedMissing)>,
    next: u32,
}

/// Sets what happens in the whole process.
pub(crate) fn set(missing: Missing) {
    STRATEGY.store(missing.to_bits(), Ordering::Relaxed);
}

/// Whether the recorder that is used here is switched off.
pub(crate) fn is_switched_off() -> bool {
    Missing::here() == Missing::SwitchedOff
}

/// Sets what happens on this thread until the guard is dropped.
pub(crate) fn scope(missing: SharedMissing) -> MissingScope {
    SCOPES.fetch_add(1, Ordering::Relaxed);
    let number = SCOPED.try_with(|scoped| {
        let mut scoped = scoped.borrow_mut();
        let number = scoped.next;
        scoped.next = number.wrapping_add(1);
        scoped.entries.push((number, missing));
        number
    });
    MissingScope { number: number.ok(), not_send: PhantomData }
}

#[derive(Debug)]
pub(crate) struct MissingScope {
    number: Option<u32>,
    not_send: PhantomData<*const ()>,
}

impl Drop for MissingScope {
    fn drop(&mut self) {
        SCOPES.fetch_sub(1, Ordering::Relaxed);
        // Scopes may end in another order than they began in.
        let _ =
            SCOPED.try_with(|scoped| scoped.borrow_mut().entries.retain(|(number, _)| Some(*number) != self.number));
    }
}

/// Counts that there is no segment for `what`, and says so.
///
/// # Panics
/// If the strategy is [`ContextMissing::RuntimeError`].
#[inline(never)]
pub(crate) fn report(what: &str, name: &str) {
    count();
    if is_reported() {
        report_missing(what, name);
    }
}

#[inline]
fn count() {
    let is_scoped = SCOPES.load(Ordering::Relaxed) != 0;
    if is_scoped && count_in_scope() {
        return;
    }
    if Missing::from_bits(STRATEGY.load(Ordering::Relaxed)) != Missing::SwitchedOff {
        missed::count();
    }
}

/// Counts for the recorder whose scope this is; `false` if it is nobody's.
#[cold]
fn count_in_scope() -> bool {
    let counted = SCOPED.try_with(|scoped| {
        let scoped = scoped.borrow();
        let Some((_, SharedMissing(shared))) = scoped.entries.last() else { return false };
        if Missing::from_bits(shared.bits.load(Ordering::Relaxed)) != Missing::SwitchedOff {
            shared.missed.fetch_add(1, Ordering::Relaxed);
        }
        true
    });
    counted.unwrap_or_default()
}

/// Says that `what` is put on a handle that stands for nothing.
///
/// # Panics
/// As [`report`].
#[inline]
pub(crate) fn report_misplaced(what: &str, name: &str) {
    if stack::is_absent() {
        report(what, name);
    } else {
        report_on_current(what, name);
    }
}

/// Whether there may be something to say where there is no segment.
#[inline]
pub(crate) fn is_reported() -> bool {
    SCOPES.load(Ordering::Relaxed) != 0
        || match Missing::from_bits(STRATEGY.load(Ordering::Relaxed)) {
            Missing::SwitchedOff | Missing::Reported(ContextMissing::IgnoreError) => false,
            Missing::Reported(ContextMissing::LogError) => !NoticeKind::SegmentMissing.is_spent(),
            Missing::Reported(ContextMissing::RuntimeError) => true,
        }
}

#[cold]
fn report_on_current(what: &str, name: &str) {
    match stack::current() {
        Context::Recording(handle) if handle.is_facade() => handle.settings().count_rejected_by_facade(name),
        Context::Recording(handle) => {
            handle.settings().count_misplaced();
            match Missing::here() {
                Missing::Reported(ContextMissing::LogError) => Notice::HandleOfNothing { what, name }.log(),
                Missing::Reported(ContextMissing::RuntimeError) if may_panic() => {
                    panic!(
                        "{what} {name:?} is put on a handle that stands for nothing and the strategy is RUNTIME_ERROR"
                    )
                }
                _ => {}
            }
        }
        Context::Absent => report(what, name),
        // Nothing is recorded here in any case.
        Context::Untraced | Context::Suppressed | Context::Unsampled(_) | Context::UnsampledWith(_) => {}
    }
}

#[cold]
fn report_missing(what: &str, name: &str) {
    match Missing::here() {
        Missing::SwitchedOff | Missing::Reported(ContextMissing::IgnoreError) => {}
        Missing::Reported(ContextMissing::LogError) => {
            Notice::SegmentMissing { what, name }.log();
        }
        Missing::Reported(ContextMissing::RuntimeError) if !may_panic() => {}
        Missing::Reported(ContextMissing::RuntimeError) => {
            panic!("{what} {name:?} has no segment and the strategy is RUNTIME_ERROR")
        }
    }
}

/// Whether a panic would not end the process: it does while the thread unwinds already, and while the thread ends. That is
/// known once the thread has lost what this SDK keeps in it.
fn may_panic() -> bool {
    !std::thread::panicking() && notice::is_thread_alive()
}

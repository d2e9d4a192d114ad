//! The message and place of a panic, for the entities that it unwinds through.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, Location, PanicHookInfo, catch_unwind};
use std::sync::Once;

use crate::backtrace::{self, Frame};
use crate::error::Exception;

thread_local! {
    static LAST: RefCell<Option<Exception>> = const { RefCell::new(None) };
    /// Whether there is a last one: this is cheaper to ask.
    static REMEMBERS: Cell<bool> = const { Cell::new(false) };
}

/// Puts a hook before the program's own panic hook, once in a process.
///
/// The program's hook runs as before; ours only remembers. A hook that the program sets later
/// replaces ours, and panics are then recorded without their message.
pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    // The hook cannot be taken while this thread panics.
    if !std::thread::panicking() {
        ONCE.call_once(|| {
            let programs_own = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                remember(info);
                programs_own(info);
            }));
        });
    }
}

/// The panic that this thread is unwinding from.
pub(crate) fn current() -> Exception {
    last().unwrap_or_else(|| Exception::new(TYPE, "the thread panicked"))
}

/// Forgets a panic that was caught. What begins now will not unwind from it, but may from one that passes by our hook,
/// as `resume_unwind` does.
#[inline]
pub(crate) fn forget() {
    if REMEMBERS.get() {
        replace_last(None);
    }
}

/// Runs what is not ours. A panic of it is caught, and does not take the place of one that the thread unwinds from already.
pub(crate) fn caught<R>(work: impl FnOnce() -> R) -> std::thread::Result<R> {
    let unwinding = if std::thread::panicking() { last() } else { None };
    let outcome = catch_unwind(AssertUnwindSafe(work));
    if outcome.is_err() {
        replace_last(unwinding);
    }
    outcome
}

fn last() -> Option<Exception> {
    LAST.try_with(|last| last.try_borrow().ok().and_then(|last| last.clone())).ok().flatten()
}

fn replace_last(exception: Option<Exception>) {
    REMEMBERS.set(exception.is_some());
    // Nothing in here may panic: in the hook that would abort the process.
    let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| *last = exception));
}

const TYPE: &str = "panic";

fn remember(info: &PanicHookInfo<'_>) {
    let mut exception = Exception::new(TYPE, info.payload_as_str().unwrap_or("a value that is not a text"));
    (exception.stack, exception.truncated) = backtrace::capture();
    if let Some(place) = info.location() {
        exception = exception.with_frame(frame_of(place));
    }
    replace_last(Some(exception));
}

fn frame_of(place: &Location<'_>) -> Frame {
    Frame { path: place.file().to_owned(), line: place.line(), label: "panicked".to_owned() }
}

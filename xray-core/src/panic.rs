//! Panics: what is remembered of them, and the wall around code that is not ours.

use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::rc::Rc;
use std::sync::Once;

/// What the hook remembers of a panic: copies, in which nothing has been looked for yet.
#[derive(Debug)]
pub(crate) struct Panic {
    /// The beginning of its words; `None` if it was raised with something else.
    pub(crate) words: Option<String>,
    /// Whether there were more words.
    pub(crate) is_cut: bool,
    /// File and line.
    pub(crate) place: Option<(String, u32)>,
    /// Without names of functions, which take long to find.
    pub(crate) stack: Backtrace,
}

/// The most that is copied of a panic's words, in characters.
const LONGEST: usize = 2_000;

thread_local! {
    static LAST: RefCell<Option<Rc<Panic>>> = const { RefCell::new(None) };
    /// Whether there is a last one: this is cheaper to ask.
    static REMEMBERS: Cell<bool> = const { Cell::new(false) };
    /// Whether this thread runs a subscriber for a line of ours.
    static WRITES_LINE: Cell<bool> = const { Cell::new(false) };
}

/// Puts a hook before the program's own panic hook, once in a process.
///
/// The program's hook runs as before; ours only remembers, and runs nothing of the program's. A hook that the program
/// sets later replaces ours, and panics are then recorded without their message.
///
/// Where panics are not caught, `at_abort` is the last that runs in the process.
pub(crate) fn install_hook(at_abort: fn(&Panic)) {
    static ONCE: Once = Once::new();
    // The hook cannot be taken while this thread panics.
    if !std::thread::panicking() {
        ONCE.call_once(|| {
            let programs_own = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                if WRITES_LINE.get() && is_of_ending_thread(info) {
                    // Caught by us, and no news to anybody: the subscriber has lost its thread-locals.
                    return;
                }
                let panic = remember(info);
                programs_own(info);
                if cfg!(panic = "abort") {
                    at_abort(&panic);
                }
            }));
        });
    }
}

/// The panic that this thread unwinds from, as far as our hook has seen it.
pub(crate) fn last() -> Option<Rc<Panic>> {
    LAST.try_with(|last| last.try_borrow().ok().and_then(|last| last.clone())).ok().flatten()
}

/// Forgets a panic that was caught. What begins now will not unwind from it, but may from one that passes by our hook,
/// as `resume_unwind` does.
#[inline]
pub(crate) fn forget() {
    if REMEMBERS.get() {
        replace_last(None);
    }
}

/// What is not ours has panicked.
#[derive(Clone, Copy, Debug)]
pub struct Panicked;

/// Runs what is not ours. A panic of it is caught, and does not take the place of one that the thread unwinds from already.
///
/// # Errors
/// If it panicked.
pub fn caught<R>(work: impl FnOnce() -> R) -> Result<R, Panicked> {
    let unwinding = if std::thread::panicking() { last() } else { None };
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        // What it was raised with is not ours either, and may panic as it is dropped.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
        replace_last(unwinding);
        Panicked
    })
}

/// As [`caught`], for the subscriber that gets a line of ours.
///
/// A subscriber that keeps something in a thread-local panics if the thread is ending and that is gone. Nothing else tells
/// that it is, in whatever order a thread loses its thread-locals; so the panic is taken for the answer, and the program's
/// hook does not hear of it: a hook that writes to the log would panic in turn, which ends the process.
pub(crate) fn caught_line(work: impl FnOnce()) -> Result<(), Panicked> {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            WRITES_LINE.set(self.0);
        }
    }
    let _before = Before(WRITES_LINE.replace(true));
    caught(work)
}

/// Whether the panic is that of a thread-local that is gone, by the standard library's words for it.
fn is_of_ending_thread(info: &PanicHookInfo<'_>) -> bool {
    // Where panics are not caught, the process ends now and has to say why.
    cfg!(panic = "unwind") && info.payload_as_str().is_some_and(|words| words.starts_with(THREAD_LOCAL_IS_GONE))
}

const THREAD_LOCAL_IS_GONE: &str = "cannot access a Thread Local Storage value during or after destruction";

fn remember(info: &PanicHookInfo<'_>) -> Rc<Panic> {
    let words = info.payload_as_str();
    let end = words.and_then(|words| end_of_beginning(words.char_indices()));
    let panic = Rc::new(Panic {
        words: words.map(|words| words[..end.unwrap_or(words.len())].to_owned()),
        is_cut: end.is_some(),
        place: info.location().map(|place| (place.file().to_owned(), place.line())),
        stack: Backtrace::capture(),
    });
    replace_last(Some(Rc::clone(&panic)));
    panic
}

/// Where what is copied ends, if there is more.
fn end_of_beginning(mut characters: impl Iterator<Item = (usize, char)>) -> Option<usize> {
    characters.nth(LONGEST).map(|(end, _)| end)
}

fn replace_last(panic: Option<Rc<Panic>>) {
    REMEMBERS.set(panic.is_some());
    // Nothing in here may panic: in the hook that would abort the process.
    let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut last| *last = panic));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_of_the_words_is_read_than_is_copied() {
        for (words, end, read) in [
            ("x".repeat(1_000_000), Some(2_000), 2_001),
            ("é".repeat(1_000_000), Some(4_000), 2_001),
            ("x".repeat(2_000), None, 2_000),
            (String::new(), None, 0),
        ] {
            let mut seen = 0;
            assert_eq!(end_of_beginning(words.char_indices().inspect(|_| seen += 1)), end);
            assert_eq!(seen, read);
        }
    }
}

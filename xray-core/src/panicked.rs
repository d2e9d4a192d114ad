//! What is recorded of a panic, made when an entity records it: the hook has only copied it.

use crate::backtrace::{self, Frame};
use crate::error::Exception;
use crate::message::are_filtered;
use crate::panic::{self, Panic};

/// The panic that this thread unwinds from. Runs the program's filters of messages.
pub(crate) fn current() -> Exception {
    match panic::last() {
        Some(panic) => exception_of(&panic),
        None => Exception::of_ours(TYPE, "the thread panicked"),
    }
}

/// A panic that ends the process. Runs no filter: where there is one, the words are not recorded.
pub(crate) fn without_filters(panic: &Panic) -> Exception {
    if panic.words.is_some() && are_filtered() {
        let words = "the message is not recorded: it would have to be filtered, and the process was ending";
        return with_place(Exception::of_ours(TYPE, words), panic);
    }
    exception_of(panic)
}

const TYPE: &str = "panic";

fn exception_of(panic: &Panic) -> Exception {
    let exception = match &panic.words {
        Some(words) => Exception::of_cut(TYPE, words, panic.is_cut),
        None => Exception::of_ours(TYPE, "a value that is not a text"),
    };
    with_place(exception, panic)
}

fn with_place(mut exception: Exception, panic: &Panic) -> Exception {
    (exception.stack, exception.truncated) = backtrace::frames(&panic.stack);
    match &panic.place {
        Some((path, line)) => {
            exception.with_frame(Frame { path: path.clone(), line: *line, label: "panicked".to_owned() })
        }
        None => exception,
    }
}

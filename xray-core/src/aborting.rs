//! What becomes of a trace where panics are not caught but end the process: `panic = "abort"`.

use crate::notice;
use crate::panic::Panic;
use crate::panicked;
use crate::stack;

/// Ends what is current on this thread, with the panic, and sends it; called by the panic hook, after the program's own.
///
/// The process ends when this returns, and nothing unwinds: no guard, no future and no handle is dropped any more. The
/// panic may have come out of anything that the program does, so nothing of the program's runs here: no filter, no
/// subscriber, and no emitter but ours. What another thread has locked is left alone.
#[cold]
pub(crate) fn end_current(panic: &Panic) {
    notice::silently(|| {
        let exception = panicked::without_filters(panic);
        for handle in stack::all_recording() {
            handle.end_by_abort(&exception);
        }
    });
}

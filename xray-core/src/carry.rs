//! Closures that are called elsewhere.

use crate::stack;

/// Has a closure run in the context that is current now, wherever it is called: on a thread, by `spawn_blocking`.
///
/// If nothing is current now, it runs in what is current where it is called. A panic goes through, and is recorded by
/// the subsegments that it unwinds through. Futures have [`in_current`](crate::XRayFutureExt::in_current).
///
/// ```
/// # use xray_core::{carry, current_trace_id};
/// let segment = xray_core::begin_segment("shop").entered();
/// let id = segment.trace_id();
/// let thread = std::thread::spawn(carry(current_trace_id));
/// assert_eq!(thread.join().unwrap(), id);
/// ```
pub fn carry<R, F: FnOnce() -> R>(work: F) -> impl FnOnce() -> R + use<R, F> {
    let mut context = stack::current();
    move || stack::lend(&mut context, work)
}

//! Closures and futures in a subsegment, and those whose errors are recorded.

use std::future::Future;
use std::marker::PhantomData;

use crate::error::Cause;
use crate::frame::Frame;
use crate::future::{Record, Traced};
use crate::stack;
use crate::subsegment::{NameOrSubsegment, Subsegment};

/// Runs `work` in a subsegment; an `Err` is recorded and returned.
///
/// The subsegment is one of what is current, by its name, or one that has begun. It is current while `work` runs, and ends
/// when it returns or panics. For what returns no `Result` there is [`run_in_subsegment`].
///
/// # Errors
/// The error of `work`.
///
/// ```
/// let number = xray_core::capture("parse", |subsegment| {
///     subsegment.put_annotation("length", 2);
///     "17".parse::<u8>()
/// })?;
/// assert_eq!(number, 17);
/// # Ok::<(), std::num::ParseIntError>(())
/// ```
pub fn capture<'a, T, E, Kind>(
    which: impl Into<NameOrSubsegment<'a>>,
    work: impl FnOnce(&Subsegment) -> Result<T, E>,
) -> Result<T, E>
where
    E: Cause<Kind>,
{
    let which = which.into();
    let is_child = which.is_name();
    let subsegment = which.begin();
    let guard = stack::enter_subsegment(&subsegment.0.context, is_child);
    let outcome = work(&subsegment);
    drop(guard);
    // Through here it has an address only where there is something to do with it.
    if subsegment.is_recording() || outcome.is_err() { end(&subsegment, outcome) } else { outcome }
}

#[inline(never)]
fn end<T, E: Cause<Kind>, Kind>(subsegment: &Subsegment, outcome: Result<T, E>) -> Result<T, E> {
    if let Err(error) = &outcome {
        subsegment.record_error(error);
    }
    subsegment.set_cancelled_if_dropped(false);
    outcome
}

/// Runs `work` in a subsegment, whatever it returns.
///
/// The subsegment is one of what is current, by its name, or one that has begun. It is current while `work` runs, and ends
/// when it returns or panics. An error is not looked at: for a `Result` there is [`capture`].
///
/// ```
/// let sum = xray_core::run_in_subsegment("add up", |subsegment| {
///     subsegment.put_annotation("numbers", 2);
///     17 + 4
/// });
/// assert_eq!(sum, 21);
/// ```
pub fn run_in_subsegment<'a, R>(which: impl Into<NameOrSubsegment<'a>>, work: impl FnOnce(&Subsegment) -> R) -> R {
    let which = which.into();
    let is_child = which.is_name();
    let subsegment = which.begin();
    let guard = stack::enter_subsegment(&subsegment.0.context, is_child);
    let outcome = work(&subsegment);
    drop(guard);
    subsegment.end();
    outcome
}

/// Runs a future in a subsegment; an `Err` is recorded and returned.
///
/// The subsegment is one of what is current now, by its name, or one that has begun. By its name it begins when the future is
/// first polled. It is current during each poll, and ends when the future is done or dropped; dropped before its end, it has
/// the annotation `cancelled`. A future that returns no `Result` has
/// [`in_subsegment`](crate::XRayFutureExt::in_subsegment).
///
/// # Errors
/// The error of the future.
///
/// ```
/// # async fn load(id: u32) -> Result<u32, std::io::Error> { Ok(id) }
/// # async fn example() -> Result<(), std::io::Error> {
/// let cart = xray_core::capture_async("load cart", load(17)).await?;
/// # Ok(())
/// # }
/// ```
#[inline]
pub fn capture_async<T, E, Kind, F>(
    which: impl Into<NameOrSubsegment<'static>>,
    work: F,
) -> Traced<F, RecordError<Kind>>
where
    F: Future<Output = Result<T, E>>,
    E: Cause<Kind>,
{
    Traced::recording(work, Frame::in_subsegment(which.into()), RecordError(PhantomData))
}

/// Records the `Err` of an outcome.
#[doc(hidden)]
#[derive(Debug)]
pub struct RecordError<Kind>(PhantomData<fn() -> Kind>);

impl<T, E: Cause<Kind>, Kind> Record<Result<T, E>> for RecordError<Kind> {
    fn record(&self, subsegment: &Subsegment, outcome: &Result<T, E>) {
        if let Err(error) = outcome {
            subsegment.record_error(error);
        }
    }
}

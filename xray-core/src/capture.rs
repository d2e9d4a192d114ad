//! Closures and futures whose errors are recorded.

use std::borrow::Cow;
use std::future::Future;

use crate::current::current_subsegment;
use crate::error::Cause;
use crate::future::XRayFutureExt;
use crate::subsegment::{Subsegment, begin_subsegment};

/// Runs `work` in a subsegment; an `Err` is recorded and returned.
///
/// The subsegment is current while `work` runs, and ends when it returns or panics.
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
pub fn capture<T, E, Kind>(name: &str, work: impl FnOnce(&Subsegment) -> Result<T, E>) -> Result<T, E>
where
    E: Cause<Kind>,
{
    let subsegment = begin_subsegment(name);
    let guard = subsegment.enter();
    let outcome = work(&subsegment);
    drop(guard);
    if let Err(error) = &outcome {
        subsegment.record_error(error);
    }
    outcome
}

/// Runs a future in a subsegment; an `Err` is recorded and returned.
///
/// The parent is what is current now; the subsegment begins when the future is first polled, is
/// current during each poll, and ends when the future is done or dropped.
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
pub fn capture_async<T, E, Kind>(
    name: impl Into<Cow<'static, str>>,
    work: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>>
where
    E: Cause<Kind>,
{
    async {
        let outcome = work.await;
        if let Err(error) = &outcome {
            current_subsegment().record_error(error);
        }
        outcome
    }
    .in_subsegment(name)
}

//! What `#[capture]` expands to: a body under a subsegment, and the `Err` of its outcome recorded, of
//! whatever type it is.
//!
//! Which type it is, only the place of the attribute knows, and there it may be a type parameter.
//! `record_outcome!` therefore chooses among the traits below by method resolution: the receiver is an
//! [`Outcome`] behind five references, each trait is implemented behind one fewer than the trait before it,
//! and the compiler takes the first that fits. A bound that is not met is no error, but leads to the next
//! trait.

use std::any::type_name;
use std::error::Error;
use std::fmt::Display;
use std::future::Future;

use futures_core::Stream;

use crate::captured_call::CapturedCall;
use crate::error::Cause;
use crate::frame::Frame;
use crate::future::Traced;
use crate::subsegment::Subsegment;

/// Runs `body` under a subsegment and hands its outcome to `record`.
#[inline]
pub fn capture_call<T>(name: &str, body: impl FnOnce() -> T, record: impl FnOnce(&Subsegment, &T)) -> T {
    let call = CapturedCall::begin(name);
    let outcome = body();
    call.end(outcome, record)
}

/// What records an outcome: a closure that captures nothing.
pub type RecordOutcome<T> = fn(&Subsegment, &T);

/// Runs `future` in a subsegment, begun at the first poll, and hands its outcome to `record`.
#[inline]
pub fn capture_future<T, F: Future<Output = T>>(
    name: &'static str,
    future: F,
    record: RecordOutcome<T>,
) -> Traced<F, RecordOutcome<T>> {
    Traced::recording(future, Frame::at_first_poll(name), record)
}

/// Runs `stream` in a subsegment, begun at the first poll, and hands its items to `record`.
#[inline]
pub fn capture_stream<T, S: Stream<Item = T>>(
    name: &'static str,
    stream: S,
    record: RecordOutcome<T>,
) -> Traced<S, RecordOutcome<T>> {
    Traced::recording(stream, Frame::at_first_poll(name), record)
}

/// Calls `body`, whose type this bound makes known to be `FnOnce`: a closure called on the spot may not
/// return what it captured.
pub fn call<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// Records the error of `$outcome`, a reference to a value of any type, on `$subsegment` if it is an `Err`.
#[doc(hidden)]
#[macro_export]
macro_rules! __record_outcome {
    ($subsegment:expr, $outcome:expr) => {{
        #[allow(unused_imports)] // one of the five is used
        use $crate::__private::{
            OtherOutcome as _, OutcomeOfCause as _, OutcomeOfDisplay as _, OutcomeOfError as _, OutcomeOfOther as _,
        };
        (&&&&&$crate::__private::Outcome($outcome)).__xray_record($subsegment)
    }};
}

/// What a captured function returned.
#[derive(Debug)]
pub struct Outcome<'a, T>(pub &'a T);

/// First choice: the error is a [`std::error::Error`]. Kept apart from the next because a type may be both,
/// like `Arc<dyn Error>`.
pub trait OutcomeOfError {
    /// Records the error with its sources.
    fn __xray_record(&self, subsegment: &Subsegment);
}

impl<T, E: Error> OutcomeOfError for &&&&Outcome<'_, Result<T, E>> {
    fn __xray_record(&self, subsegment: &Subsegment) {
        if let Err(error) = self.0 {
            subsegment.record_error(error);
        }
    }
}

/// Second choice: the error is something else that can be recorded, as `Box<dyn Error>`, `anyhow::Error` and
/// strings are.
pub trait OutcomeOfCause<M> {
    /// Records the error as its type wants it.
    fn __xray_record(&self, subsegment: &Subsegment);
}

impl<T, E: Cause<M>, M> OutcomeOfCause<M> for &&&Outcome<'_, Result<T, E>> {
    fn __xray_record(&self, subsegment: &Subsegment) {
        if let Err(error) = self.0 {
            subsegment.record_error(error);
        }
    }
}

/// Third choice: the error has a text.
pub trait OutcomeOfDisplay {
    /// Records the type's name and the text.
    fn __xray_record(&self, subsegment: &Subsegment);
}

impl<T, E: Display> OutcomeOfDisplay for &&Outcome<'_, Result<T, E>> {
    fn __xray_record(&self, subsegment: &Subsegment) {
        if let Err(error) = self.0 {
            subsegment.record_message(type_name::<E>(), error);
        }
    }
}

/// Fourth choice: nothing is known of the error but its type. `Debug` output is not for others' eyes.
pub trait OutcomeOfOther {
    /// Records the type's name.
    fn __xray_record(&self, subsegment: &Subsegment);
}

impl<T, E> OutcomeOfOther for &Outcome<'_, Result<T, E>> {
    fn __xray_record(&self, subsegment: &Subsegment) {
        if self.0.is_err() {
            subsegment.record_message(type_name::<E>(), &"");
        }
    }
}

/// Last choice: not a `Result`.
pub trait OtherOutcome {
    /// Records nothing.
    fn __xray_record(&self, _subsegment: &Subsegment) {}
}

impl<T> OtherOutcome for Outcome<'_, T> {}

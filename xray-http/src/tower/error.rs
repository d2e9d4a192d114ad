//! What the errors of clients may be.

use std::error::Error;
use std::ops::Deref;

use xray_core::Subsegment;

/// An error of a client: one with a type of its own, or a boxed one.
///
/// Implemented for both; `Errors` only keeps the two apart.
pub trait CallError<Errors> {
    #[doc(hidden)]
    fn record_in(&self, subsegment: &Subsegment);
}

/// The client's errors have a type of their own, such as that of hyper-util.
#[derive(Clone, Copy, Debug)]
pub enum OwnErrors {}

/// The client's errors are a `Box<dyn Error + Send + Sync>`, as behind tower's timeout, or something else that derefs to
/// `dyn Error`, such as that of anyhow.
#[derive(Clone, Copy, Debug)]
pub enum BoxedErrors {}

impl<E: Error> CallError<OwnErrors> for E {
    fn record_in(&self, subsegment: &Subsegment) {
        subsegment.record_error(self);
    }
}

impl<P> CallError<BoxedErrors> for P
where
    P: Deref<Target = dyn Error + Send + Sync>,
{
    fn record_in(&self, subsegment: &Subsegment) {
        subsegment.record_error(&**self);
    }
}

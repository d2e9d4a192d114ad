//! What the errors of clients and of services may be.

use std::error::Error;
use std::ops::Deref;

use xray_core::Entity;

/// An error of a client or of a service: one with a type of its own, or a boxed one.
///
/// Implemented for both; `Errors` only keeps the two apart.
pub trait CallError<Errors> {
    #[doc(hidden)]
    fn record_in(&self, entity: &Entity);
}

/// The errors have a type of their own, such as that of hyper-util, or the `Infallible` of axum.
#[derive(Clone, Copy, Debug)]
pub enum OwnErrors {}

/// The errors are a `Box<dyn Error + Send + Sync>`, as behind tower's timeout, or something else that derefs to
/// `dyn Error`, such as that of anyhow.
#[derive(Clone, Copy, Debug)]
pub enum BoxedErrors {}

impl<E: Error> CallError<OwnErrors> for E {
    fn record_in(&self, entity: &Entity) {
        entity.record_foreign_error(self);
    }
}

impl<P> CallError<BoxedErrors> for P
where
    P: Deref<Target = dyn Error + Send + Sync>,
{
    fn record_in(&self, entity: &Entity) {
        entity.record_foreign_error(&**self);
    }
}

//! The errors of handlers.

use std::fmt;

use lambda_runtime::Diagnostic;
use xray_core::{Cause, Entity, Exception};

/// An error that a traced handler may return.
///
/// Implemented for every [`Cause`], which is every error and every text, and for `lambda_runtime`'s `Diagnostic`. `Kind` only
/// keeps these apart; it is always inferred.
pub trait HandlerError<Kind> {
    #[doc(hidden)]
    fn record_on(&self, entity: &Entity);
}

/// Marks the implementations of [`HandlerError`]: something that can be recorded as it is.
pub struct Recorded<Kind>(Kind);

impl<Kind> fmt::Debug for Recorded<Kind> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Recorded")
    }
}

/// Marks the implementations of [`HandlerError`]: what Lambda is told.
#[derive(Debug)]
pub enum Told {}

impl<E: Cause<Kind>, Kind> HandlerError<Recorded<Kind>> for E {
    fn record_on(&self, entity: &Entity) {
        entity.record_foreign_error(self);
    }
}

impl HandlerError<Told> for Diagnostic {
    fn record_on(&self, entity: &Entity) {
        entity.record_fault(Exception::new(&self.error_type, &self.error_message));
    }
}

//! What is recorded of an error: never the text of a statement, never a value.

use ::sqlx::Error;
use xray_core::{Exception, Subsegment};

use super::driver::Driver;
use crate::failure::NOT_RECORDED;

/// Records the error of a call as a fault.
pub(super) fn record<DB: Driver>(subsegment: &Subsegment, error: &Error) {
    if !subsegment.is_recording() {
        return;
    }
    match error {
        Error::Database(raised) => {
            let exception = DB::exception(&**raised).unwrap_or_else(not_recorded);
            subsegment.record_exception(exception.standing_for(error));
        }
        Error::BeginFailed
        | Error::ColumnIndexOutOfBounds { .. }
        | Error::ColumnNotFound(_)
        | Error::InvalidSavePointStatement
        | Error::Io(_)
        | Error::PoolClosed
        | Error::PoolTimedOut
        | Error::Tls(_)
        | Error::TypeNotFound { .. }
        | Error::WorkerCrashed => subsegment.record_foreign_error(error),
        // That there is no row is an answer.
        Error::RowNotFound => return,
        // Of values that could not be encoded, of URLs with passwords.
        _ => subsegment.record_exception(not_recorded().standing_for(error)),
    }
    subsegment.set_fault();
}

fn not_recorded() -> Exception {
    Exception::new(std::any::type_name::<Error>(), NOT_RECORDED)
}

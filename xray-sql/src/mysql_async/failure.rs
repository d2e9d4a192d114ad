//! What is recorded of an error: never the text of a statement, never a value.

use ::mysql_async::{DriverError, Error};
use xray_core::{Exception, Subsegment};

use crate::failure::NOT_RECORDED;
use crate::mysql;

/// Records the error of a call as a fault.
pub(super) fn record(subsegment: &Subsegment, error: &Error) {
    if !subsegment.is_recording() {
        return;
    }
    match error {
        Error::Server(raised) => subsegment
            .record_exception(mysql::exception(raised.code, &raised.state, &raised.message).standing_for(error)),
        // Words of the program's own, or a part of the password's URL.
        Error::Other(_) | Error::Url(_) | Error::Driver(DriverError::LocalInfile(_)) => {
            let exception = Exception::new(std::any::type_name::<Error>(), NOT_RECORDED);
            subsegment.record_exception(exception.standing_for(error));
        }
        Error::Driver(_) | Error::Io(_) => subsegment.record_error(error),
    }
    subsegment.set_fault();
}

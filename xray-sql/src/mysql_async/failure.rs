//! What is recorded of an error: never the text of a statement, never a value.

use ::mysql_async::{DriverError, Error};
use xray_core::{Exception, Subsegment};

use crate::call::Failure;
use crate::failure::NOT_RECORDED;
use crate::mysql;

impl Failure for Error {
    fn record(&self, subsegment: &Subsegment) {
        match self {
            Self::Server(raised) => subsegment
                .record_exception(mysql::exception(raised.code, &raised.state, &raised.message).standing_for(self)),
            // Words of the program's own, or a part of the password's URL.
            Self::Other(_) | Self::Url(_) | Self::Driver(DriverError::LocalInfile(_)) => {
                let exception = Exception::new(std::any::type_name::<Self>(), NOT_RECORDED);
                subsegment.record_exception(exception.standing_for(self));
            }
            Self::Driver(_) | Self::Io(_) => subsegment.record_foreign_error(self),
        }
        subsegment.set_fault();
    }
}

//! What is recorded of an error: never the text of a statement, never a value.

use std::error::Error as _;

use ::tokio_postgres::Error;
use ::tokio_postgres::error::DbError;
use ::tokio_postgres::types::{WasNull, WrongType};
use xray_core::{Exception, Subsegment, displayed};

use crate::call::Failure;
use crate::postgres;

impl Failure for Error {
    fn record(&self, subsegment: &Subsegment) {
        if let Some(failure) = self.as_db_error() {
            // Under the words of the error itself ("db error"): by them the core knows it again when the program
            // records it as well, and does not write the server's detail, with values, on the entity above.
            subsegment.record_exception(itself(self).caused_by(from_server(failure)));
            subsegment.set_fault();
        } else if may_quote_a_value(self) {
            subsegment.record_exception(itself(self));
            subsegment.set_fault();
        } else {
            subsegment.record_foreign_error(self);
        }
    }
}

fn itself(error: &Error) -> Exception {
    Exception::new(std::any::type_name::<Error>(), &displayed(error))
}

fn from_server(error: &DbError) -> Exception {
    postgres::exception(&postgres::Failure {
        code: error.code().code(),
        language: postgres::Language::of_severity(error.severity()),
        message: error.message(),
        context: error.where_(),
    })
}

/// Whether a conversion has failed for a reason of its own, such as that the value is not a date.
fn may_quote_a_value(error: &Error) -> bool {
    let text = displayed(error);
    let of_value = text.starts_with("error serializing parameter") || text.starts_with("error deserializing column");
    let harmless = error.source().is_some_and(|source| source.is::<WrongType>() || source.is::<WasNull>());
    of_value && !harmless
}

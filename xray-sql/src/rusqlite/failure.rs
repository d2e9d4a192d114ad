//! What is recorded of an error: never the text of a statement, never a value.

use std::ffi::c_int;

use ::rusqlite::Error;
use ::rusqlite::ffi::{SQLITE_ERROR, code_to_str};
use xray_core::{Exception, Subsegment, debug_name, displayed};

use crate::failure::NOT_RECORDED;
use crate::sqlite::{code, message};

/// Whether an error says that something went wrong; that there is no row is an answer.
pub(super) fn is_one(error: &Error) -> bool {
    !matches!(error, Error::QueryReturnedNoRows)
}

/// Records the error of a statement as a fault.
pub(super) fn record(subsegment: &Subsegment, error: &Error) {
    if subsegment.is_recording() {
        subsegment.record_exception(exception(error).standing_for(error));
        subsegment.set_fault();
    }
}

fn exception(error: &Error) -> Exception {
    if let Error::SqliteFailure(failure, text) = error {
        return from_sqlite(failure.extended_code, text.as_deref());
    }
    // Which variants there are depends on the features and the version of rusqlite, so their names decide.
    let variant = debug_name(error);
    let message = match error {
        // The message, then " in " and the whole statement, in which there is never more than a general error.
        _ if variant == "SqlInputError" => return from_sqlite(SQLITE_ERROR, displayed(error).split(" in ").next()),
        Error::FromSqlConversionFailure(index, type_name, _) => {
            format!("Conversion error from type {type_name} at index: {index}")
        }
        Error::IntegralValueOutOfRange(index, _) => format!("Integer out of range at index {index}"),
        _ if WITHOUT_VALUES.contains(&variant.as_str()) => displayed(error),
        _ => NOT_RECORDED.to_owned(),
    };
    Exception::new(&format!("rusqlite::Error::{variant}"), &message)
}

fn from_sqlite(code: c_int, message: Option<&str>) -> Exception {
    let message = message.and_then(message::public).unwrap_or_else(|| code_to_str(code));
    Exception::new(&code::name(code), message)
}

/// The variants whose messages name columns, parameters and numbers of them at most.
const WITHOUT_VALUES: [&str; 14] = [
    "ExecuteReturnedResults",
    "InvalidColumnIndex",
    "InvalidColumnName",
    "InvalidColumnType",
    "InvalidDatabaseIndex",
    "InvalidFunctionParameterType",
    "InvalidParameterCount",
    "InvalidParameterName",
    "InvalidQuery",
    "MultipleStatement",
    "QueryReturnedMoreThanOneRow",
    "SqliteSingleThreadedMode",
    "StatementChangedRows",
    "UnwindingPanic",
];

#[cfg(test)]
mod tests {
    use ::rusqlite::types::Type;
    use ::rusqlite::{Connection, ffi};

    use super::*;

    #[test]
    fn errors_are_recorded_without_values() {
        let secret = "s3cret";
        let failure = |code, message: &str| Error::SqliteFailure(ffi::Error::new(code), Some(message.to_owned()));
        for (error, type_name, message) in [
            (
                failure(2067, "UNIQUE constraint failed: users.email"),
                "SQLITE_CONSTRAINT_UNIQUE",
                "UNIQUE constraint failed: users.email",
            ),
            (failure(1811, "no more s3cret"), "SQLITE_CONSTRAINT_TRIGGER", code_to_str(1811)),
            (failure(5, "database is locked"), "SQLITE_BUSY", "database is locked"),
            (Error::SqliteFailure(ffi::Error::new(5), None), "SQLITE_BUSY", code_to_str(5)),
            (
                Error::FromSqlConversionFailure(1, Type::Text, secret.into()),
                "rusqlite::Error::FromSqlConversionFailure",
                "Conversion error from type Text at index: 1",
            ),
            (
                Error::IntegralValueOutOfRange(2, 1234567),
                "rusqlite::Error::IntegralValueOutOfRange",
                "Integer out of range at index 2",
            ),
            (Error::ToSqlConversionFailure(secret.into()), "rusqlite::Error::ToSqlConversionFailure", NOT_RECORDED),
            (
                Error::InvalidParameterCount(1, 2),
                "rusqlite::Error::InvalidParameterCount",
                "Wrong number of parameters passed to query. Got 1, needed 2",
            ),
        ] {
            let shown = format!("{:?}", exception(&error));
            assert!(shown.contains(&format!("{type_name:?}")) && shown.contains(&format!("{message:?}")), "{shown}");
            assert!(!shown.contains(secret) && !shown.contains("1234567"), "{shown}");
        }
    }

    #[test]
    fn the_text_of_a_statement_is_not_recorded() {
        let connection = Connection::open_in_memory().unwrap();
        let general = code_to_str(SQLITE_ERROR);
        for (sql, message) in [
            ("SELEKT 's3cret'", "near \"SELEKT\": syntax error"),
            ("SELECT missing, 's3cret'", "no such column: missing"),
            ("SELECT 1 'a' in 's3cret'", "near \"in\": syntax error"),
            ("SELECT 's3cret", general),
            ("SELECT 1 WHERE 's3cret' 's3cret in march'", general),
        ] {
            let error = connection.prepare(sql).map(drop).unwrap_err();
            assert!(error.to_string().contains("s3cret") || message != general, "{error}");
            let shown = format!("{:?}", exception(&error));
            assert!(shown.contains("\"SQLITE_ERROR\"") && shown.contains(&format!("{message:?}")), "{shown}");
            assert!(!shown.contains("s3cret") && !shown.contains("march"), "{shown}");
        }
    }
}

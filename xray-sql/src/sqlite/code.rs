//! The names of SQLite's result codes, see <https://www.sqlite.org/rescode.html>.

use std::ffi::c_int;

/// The name of a code, such as `SQLITE_CONSTRAINT_UNIQUE`; an extended code without one is its primary code and the number.
pub(crate) fn name(code: c_int) -> String {
    let known = |code| NAMES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name);
    match (known(code), known(code & PRIMARY)) {
        (Some(name), _) => name.to_owned(),
        (None, Some(primary)) => format!("{primary} ({code})"),
        (None, None) => format!("SQLITE ({code})"),
    }
}

/// The bits of an extended code that are the primary one.
const PRIMARY: c_int = 0xff;

const NAMES: &[(c_int, &str)] = &[
    (1, "SQLITE_ERROR"),
    (2, "SQLITE_INTERNAL"),
    (3, "SQLITE_PERM"),
    (4, "SQLITE_ABORT"),
    (5, "SQLITE_BUSY"),
    (6, "SQLITE_LOCKED"),
    (7, "SQLITE_NOMEM"),
    (8, "SQLITE_READONLY"),
    (9, "SQLITE_INTERRUPT"),
    (10, "SQLITE_IOERR"),
    (11, "SQLITE_CORRUPT"),
    (12, "SQLITE_NOTFOUND"),
    (13, "SQLITE_FULL"),
    (14, "SQLITE_CANTOPEN"),
    (15, "SQLITE_PROTOCOL"),
    (16, "SQLITE_EMPTY"),
    (17, "SQLITE_SCHEMA"),
    (18, "SQLITE_TOOBIG"),
    (19, "SQLITE_CONSTRAINT"),
    (20, "SQLITE_MISMATCH"),
    (21, "SQLITE_MISUSE"),
    (22, "SQLITE_NOLFS"),
    (23, "SQLITE_AUTH"),
    (24, "SQLITE_FORMAT"),
    (25, "SQLITE_RANGE"),
    (26, "SQLITE_NOTADB"),
    (261, "SQLITE_BUSY_RECOVERY"),
    (262, "SQLITE_LOCKED_SHAREDCACHE"),
    (275, "SQLITE_CONSTRAINT_CHECK"),
    (517, "SQLITE_BUSY_SNAPSHOT"),
    (531, "SQLITE_CONSTRAINT_COMMITHOOK"),
    (773, "SQLITE_BUSY_TIMEOUT"),
    (787, "SQLITE_CONSTRAINT_FOREIGNKEY"),
    (1043, "SQLITE_CONSTRAINT_FUNCTION"),
    (1299, "SQLITE_CONSTRAINT_NOTNULL"),
    (1555, "SQLITE_CONSTRAINT_PRIMARYKEY"),
    (1811, "SQLITE_CONSTRAINT_TRIGGER"),
    (2067, "SQLITE_CONSTRAINT_UNIQUE"),
    (2323, "SQLITE_CONSTRAINT_VTAB"),
    (2579, "SQLITE_CONSTRAINT_ROWID"),
    (2835, "SQLITE_CONSTRAINT_PINNED"),
    (3091, "SQLITE_CONSTRAINT_DATATYPE"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name() {
        for (code, expected) in [
            (1, "SQLITE_ERROR"),
            (2067, "SQLITE_CONSTRAINT_UNIQUE"),
            (6410, "SQLITE_IOERR (6410)"),
            (99, "SQLITE (99)"),
            (-1, "SQLITE (-1)"),
        ] {
            assert_eq!(name(code), expected);
        }
    }
}

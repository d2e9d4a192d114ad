//! The version of SQLite, which `sqlx` does not tell.

use libsqlite3_sys::SQLITE_VERSION_NUMBER;

/// The version of the SQLite that the program was built with, `3.51.3`; `None` where that is not known.
///
/// It is that of the declarations in `libsqlite3-sys`, which come with the SQLite that it compiles. A program that takes the
/// system's instead, by `LIBSQLITE3_SYS_USE_PKG_CONFIG`, gets declarations of an old version for whatever SQLite there is.
pub(crate) fn version() -> Option<String> {
    of_compiled(SQLITE_VERSION_NUMBER)
}

/// The oldest that a `libsqlite3-sys` for `sqlx` 0.9 compiles is 3.46.0, and its newest declarations for the system's are of 3.34.1.
fn of_compiled(number: i32) -> Option<String> {
    let digits = (number / 1_000_000, number / 1_000 % 1_000, number % 1_000);
    (digits >= (3, 46, 0)).then(|| format!("{}.{}.{}", digits.0, digits.1, digits.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_that_is_compiled_is_told() {
        for (number, version) in [(3_051_003, Some("3.51.3")), (3_046_000, Some("3.46.0")), (3_034_001, None)] {
            assert_eq!(of_compiled(number).as_deref(), version);
        }
    }
}

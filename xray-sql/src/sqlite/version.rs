//! The version of SQLite, which `sqlx` does not tell.

#![allow(unsafe_code)]

/// The version of the SQLite that the program runs with, be it bundled or the system's: `3.51.3`.
pub(crate) fn version() -> String {
    // SAFETY: it takes nothing, changes nothing, and may be called at any time from any thread:
    // https://sqlite.org/c3ref/libversion.html.
    let number = unsafe { libsqlite3_sys::sqlite3_libversion_number() };
    format!("{}.{}.{}", number / 1_000_000, number / 1_000 % 1_000, number % 1_000)
}

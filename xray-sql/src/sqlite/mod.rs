//! What the clients of SQLite have in common: the names of databases and errors, the version.

pub(crate) mod code;
pub(crate) mod message;
#[cfg(feature = "sqlx-sqlite")]
pub(crate) mod version;

use std::path::Path;

/// What a database is called: its file without the directory, which may tell of users and customers.
pub(crate) fn name_of(path: Option<&Path>) -> String {
    let file = path.and_then(Path::file_name).unwrap_or(":memory:".as_ref());
    file.to_string_lossy().into_owned()
}

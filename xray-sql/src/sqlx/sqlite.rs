//! SQLite.

use std::path::Path;

use ::sqlx::Sqlite;
use ::sqlx::error::DatabaseError;
use ::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteError, SqliteQueryResult};
use xray_core::{Exception, Library, Sql};

use super::driver::{Driver, connection_calls};
use super::server::Server;
use super::traced::connected;
use crate::failure::NOT_RECORDED;
use crate::server::Server as Recorded;
use crate::sqlite::version::version;
use crate::sqlite::{code, message, name_of};

impl Driver for Sqlite {
    connection_calls!();

    fn server(options: &SqliteConnectOptions) -> Server {
        // What `sqlx` calls a database in memory that the connections of a pool share.
        let in_memory = |path: &Path| path.to_string_lossy().starts_with("file:sqlx-in-memory-");
        let name = name_of(Some(options.get_filename()).filter(|path| !in_memory(path)));
        let mut sql = Sql::new("SQLite").driver_version(Library::SqlxSqlite.name());
        if let Some(version) = version() {
            sql = sql.database_version(&version);
        }
        Server::new(Recorded::named(Library::SqlxSqlite, sql, name))
    }

    /// That of the library, known without a connection.
    fn version(_connection: &SqliteConnection) -> Option<String> {
        None
    }

    fn rows_affected(result: &SqliteQueryResult) -> u64 {
        result.rows_affected()
    }

    fn exception(error: &dyn DatabaseError) -> Option<Exception> {
        let error = error.try_downcast_ref::<SqliteError>()?;
        let code = error.code().and_then(|code| code.parse().ok()).unwrap_or_default();
        Some(Exception::new(&code::name(code), message::public(error.message()).unwrap_or(NOT_RECORDED)))
    }
}

connected!(SqliteConnection, Sqlite);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_named_by_their_file() {
        for (url, name) in [
            ("sqlite:///home/customer/orders.db", "orders.db"),
            ("sqlite://orders.db?mode=ro", "orders.db"),
            ("sqlite::memory:", ":memory:"),
        ] {
            assert_eq!(Sqlite::server(&url.parse().unwrap()).recorded().name(), name, "{url}");
        }
        assert_eq!(Sqlite::server(&SqliteConnectOptions::new()).recorded().name(), ":memory:");
    }
}

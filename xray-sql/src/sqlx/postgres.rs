//! PostgreSQL.

use ::sqlx::Postgres;
use ::sqlx::error::DatabaseError;
use ::sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgQueryResult};
use xray_core::{Exception, Library, Sql};

use super::driver::{Driver, connection_calls};
use super::server::Server;
use super::traced::connected;
use crate::address::Address;
use crate::postgres;
use crate::server::Server as Recorded;

impl Driver for Postgres {
    connection_calls!();

    fn server(options: &PgConnectOptions) -> Server {
        // Of an IPv6 address in a URL, `sqlx` keeps the brackets.
        let host = options.get_host().trim_matches(['[', ']']);
        let is_socket = options.get_socket().is_some() || host.starts_with('/');
        let address = Address {
            scheme: "postgresql",
            host: if is_socket { "localhost" } else { host },
            port: options.get_port(),
            // PostgreSQL's default is the database that has the user's name.
            database: Some(options.get_database().unwrap_or_else(|| options.get_username())),
            user: Some(options.get_username()),
        };
        let sql = Sql::new("PostgreSQL").driver_version(Library::SqlxPostgres.name());
        Server::new(Recorded::new(Library::SqlxPostgres, sql, &address))
    }

    fn version(connection: &PgConnection) -> Option<String> {
        // 150014 is 15.14; before version 10, 90624 is 9.6.24.
        let number = connection.server_version_num()?;
        Some(match number {
            100_000.. => format!("{}.{}", number / 10_000, number % 10_000),
            _ => format!("{}.{}.{}", number / 10_000, number / 100 % 100, number % 100),
        })
    }

    fn rows_affected(result: &PgQueryResult) -> u64 {
        result.rows_affected()
    }

    fn exception(error: &dyn DatabaseError) -> Option<Exception> {
        let error = error.try_downcast_ref::<PgDatabaseError>()?;
        Some(postgres::exception(&postgres::Failure {
            code: error.code(),
            language: postgres::Language::of_message(error.message()),
            message: error.message(),
            context: error.r#where(),
        }))
    }
}

connected!(PgConnection, Postgres);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_named_by_the_options() {
        for (url, name) in [
            ("postgresql://app:secret@db.example:17/shop", "shop@db.example"),
            ("postgresql://app@db.example", "app@db.example"),
            ("postgresql://app@[::1]/shop", "shop@::1"),
            ("postgresql://app@%2Fvar%2Frun%2Fpostgresql/shop", "shop@localhost"),
        ] {
            assert_eq!(Postgres::server(&url.parse().unwrap()).recorded().name(), name, "{url}");
        }
    }
}

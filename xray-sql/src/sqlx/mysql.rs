//! MySQL and MariaDB.

use ::sqlx::MySql;
use ::sqlx::error::DatabaseError;
use ::sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlQueryResult};
use xray_core::{Exception, Library, Sql};

use super::driver::{Driver, connection_calls};
use super::server::Server;
use super::traced::connected;
use crate::address::Address;
use crate::mysql;
use crate::server::Server as Recorded;

impl Driver for MySql {
    connection_calls!();

    fn server(options: &MySqlConnectOptions) -> Server {
        // Of an IPv6 address in a URL, `sqlx` keeps the brackets.
        let address = Address {
            scheme: "mysql",
            host: if options.get_socket().is_some() {
                "localhost"
            } else {
                options.get_host().trim_matches(['[', ']'])
            },
            port: options.get_port(),
            database: options.get_database(),
            user: Some(options.get_username()),
        };
        let sql = Sql::new("MySQL").driver_version(Library::SqlxMysql.name());
        Server::new(Recorded::new(Library::SqlxMysql, sql, &address))
    }

    /// `sqlx` keeps it to itself.
    fn version(_connection: &MySqlConnection) -> Option<String> {
        None
    }

    fn rows_affected(result: &MySqlQueryResult) -> u64 {
        result.rows_affected()
    }

    fn exception(error: &dyn DatabaseError) -> Option<Exception> {
        let error = error.try_downcast_ref::<MySqlDatabaseError>()?;
        Some(mysql::exception(error.number(), error.code().unwrap_or_default(), error.message()))
    }
}

connected!(MySqlConnection, MySql);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_named_by_the_options() {
        for (url, name) in [
            ("mysql://app:secret@db.example:17/shop", "shop@db.example"),
            ("mysql://app@db.example", "db.example"),
            ("mysql://app@[::1]/shop", "shop@::1"),
            ("mysql://app@db.example/shop?socket=/run/mysqld.sock", "shop@localhost"),
        ] {
            assert_eq!(MySql::server(&url.parse().unwrap()).recorded().name(), name, "{url}");
        }
    }
}

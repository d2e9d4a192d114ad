//! MySQL and MariaDB.

use ::sqlx::error::DatabaseError;
use ::sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlQueryResult};
use ::sqlx::{Error, MySql, Row as _};
use xray_core::{Exception, Library, Sql};

use super::driver::{Driver, connection_calls};
use super::pool::Pool;
use super::server::Server;
use super::traced::{Connected, Traced, connected};
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

    /// `sqlx` keeps it to itself; see [`Pool::ask_version`].
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

impl Pool<MySql> {
    /// Asks the server for its version, so that the calls after it have it in their `sql` block. Where that of PostgreSQL and
    /// of SQLite is known by itself, `sqlx` does not tell MySQL's.
    ///
    /// For this the statement `SELECT VERSION()` is sent, the only one that is ever sent by this module, unrecorded and
    /// once: asked again, nothing is sent. Clones of the pool know what one of them was told.
    ///
    /// ```
    /// # async fn orders() -> Result<(), sqlx::Error> {
    /// use xray_sql::sqlx::PoolExt as _;
    ///
    /// let pool = sqlx::MySqlPool::connect("mysql://app@db.example/shop").await?.xray();
    /// pool.ask_version().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `sqlx`; the pool can be used, and asked again, after each of them.
    pub async fn ask_version(&self) -> Result<(), Error> {
        if self.server.knows_version() {
            return Ok(());
        }
        ask_version(&mut *self.pool.acquire().await?, &self.server).await
    }
}

impl<C: Connected<Driver = MySql> + ?Sized> Traced<C> {
    /// As [`Pool::ask_version`], on this connection. The pool that it is from knows then as well.
    ///
    /// # Errors
    /// Those of `sqlx`.
    pub async fn ask_version(&mut self) -> Result<(), Error> {
        if self.server.knows_version() {
            return Ok(());
        }
        ask_version(self.inner.connection_mut(), &self.server).await
    }
}

async fn ask_version(connection: &mut MySqlConnection, server: &Server) -> Result<(), Error> {
    // As text: a prepared statement would stay in the connection's cache.
    let answer = ::sqlx::raw_sql("SELECT VERSION()").fetch_one(connection).await?;
    let version: String = answer.try_get(0)?;
    // Of `10.11.11-MariaDB-0+deb12u1`, what the other drivers tell.
    server.learn_version(version.split('-').next().unwrap_or(&version));
    Ok(())
}

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

//! The server of a client.

use std::sync::Arc;

use ::tokio_postgres::Config;
use ::tokio_postgres::config::Host;
use xray_core::{Library, Sql};

use crate::address::Address;
use crate::server::Server as Recorded;

/// What is recorded of the server that a client talks to, made from the client's configuration.
///
/// Of several hosts the first is named, because a client does not say which of them it has reached; of
/// a socket's directory, `localhost`. To make it once for all clients of a pool spares each of them
/// a few allocations:
///
/// ```
/// use xray_sql::tokio_postgres::Server;
///
/// let config: tokio_postgres::Config = "postgresql://app:secret@db.example/shop".parse()?;
/// let server = Server::from(&config);
/// // … pool.get().await?.xray(&server) …
/// assert_eq!(format!("{server:?}"), "Server(\"shop@db.example\")");
/// # Ok::<(), tokio_postgres::Error>(())
/// ```
#[derive(Clone)]
pub struct Server(pub(super) Arc<Recorded>);

impl Server {
    /// Sets whether the text of statements is recorded, without literals, even where the recorder does not
    /// [collect it](xray_core::RecorderBuilder::collect_sql); the default is not to.
    ///
    /// ```
    /// # use xray_sql::tokio_postgres::{ClientExt as _, Server};
    /// # fn shop(client: tokio_postgres::Client, config: &tokio_postgres::Config) {
    /// let client = client.xray(Server::from(config).collect_sql(true));
    /// # }
    /// ```
    #[must_use]
    pub fn collect_sql(self, collect: bool) -> Self {
        Self(Arc::new(Recorded::clone(&self.0).collecting_sql(collect)))
    }

    /// The same with the version that the server has told.
    pub(super) fn with_version(self, version: Option<&str>) -> Self {
        // `15.14 (Debian 15.14-0+deb12u1)`
        match version.and_then(|version| version.split(' ').next()) {
            Some(version) => Self(Arc::new(Recorded::clone(&self.0).with_version(version))),
            None => self,
        }
    }
}

impl From<&Config> for Server {
    fn from(config: &Config) -> Self {
        let address = config.get_hostaddrs().first().map(ToString::to_string);
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(host)) => host,
            Some(_) => LOCAL,
            None => address.as_deref().unwrap_or(LOCAL),
        };
        let sql = Sql::new("PostgreSQL").driver_version(Library::TokioPostgres.name());
        let address = Address {
            scheme: "postgresql",
            host,
            port: config.get_ports().first().copied().unwrap_or(5432),
            // PostgreSQL's default is the database that has the user's name.
            database: config.get_dbname().or(config.get_user()),
            user: config.get_user(),
        };
        Self(Arc::new(Recorded::new(Library::TokioPostgres, sql, &address)))
    }
}

impl From<&Self> for Server {
    fn from(server: &Self) -> Self {
        server.clone()
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Server").field(&self.0.name()).finish()
    }
}

const LOCAL: &str = "localhost";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_named_by_the_configuration() {
        for (config, name) in [
            ("postgresql://app:secret@db.example:17/shop", "shop@db.example"),
            ("postgresql://app@one.example,two.example/shop", "shop@one.example"),
            ("host=db.example user=app", "app@db.example"),
            ("host=/var/run/postgresql user=app dbname=shop", "shop@localhost"),
            ("hostaddr=::1 dbname=shop", "shop@::1"),
            ("host=db.example", "db.example"),
        ] {
            let parsed: Config = config.parse().unwrap();
            assert_eq!(Server::from(&parsed).0.name(), name, "{config}");
        }
    }
}

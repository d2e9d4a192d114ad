//! Connecting.

use ::tokio_postgres::tls::MakeTlsConnect;
use ::tokio_postgres::{Config, Connection, Error, Socket};

use super::attach::ClientExt as _;
use super::call::Protocol;
use super::client::Client;
use super::server::Server;
use crate::server::Rows;
use crate::text::Text;

/// Connects as [`Config::connect`] does, and wraps the client.
///
/// The connecting has a subsegment of its own, and those of the calls say the server's version. The
/// connection is the original one, to be spawned as ever.
///
/// # Errors
/// Those of `tokio-postgres`, which are recorded.
///
/// ```
/// # async fn orders(config: tokio_postgres::Config) -> Result<(), tokio_postgres::Error> {
/// let (client, connection) = xray_sql::tokio_postgres::connect(&config, tokio_postgres::NoTls).await?;
/// tokio::spawn(connection);
/// client.execute("DELETE FROM orders", &[]).await?;
/// # Ok(())
/// # }
/// ```
pub async fn connect<T>(config: &Config, tls: T) -> Result<(Client, Connection<Socket, T::Stream>), Error>
where
    T: MakeTlsConnect<Socket>,
{
    let server = Server::from(config);
    let call = server.begin(Protocol::Simple, || Text::Unknown);
    let (client, connection) = call.end(config.connect(tls).await, |_| Rows::None)?;
    let server = server.with_version(connection.parameter("server_version"));
    Ok((client.xray(&server), connection))
}

//! Clients of the PostgreSQL that the tests were given.

use tokio_postgres::{Client, Config, NoTls};
use xray_core::Library;
use xray_sql::tokio_postgres::ClientExt as _;

use super::Fixture;

pub(crate) type Traced = xray_sql::tokio_postgres::Client;

pub(crate) fn tracing() -> Fixture {
    Fixture::of([Library::TokioPostgres])
}

pub(crate) fn config() -> Config {
    let Ok(url) = std::env::var("XRAY_TEST_POSTGRES_URL") else {
        panic!("XRAY_TEST_POSTGRES_URL is not set: run tests/run")
    };
    url.parse().unwrap()
}

/// The name of every subsegment.
pub(crate) fn name() -> String {
    let config = config();
    let tokio_postgres::config::Host::Tcp(host) = &config.get_hosts()[0] else { panic!("a socket") };
    format!("{}@{host}", config.get_dbname().unwrap())
}

/// A client that is not traced.
pub(crate) async fn untraced() -> Client {
    let (client, connection) = config().connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A call that never ends by itself.
pub(crate) const SLEEP: &str = "SELECT pg_sleep(600)";

/// Waits until the server process of a client sleeps, which another client sees.
pub(crate) async fn wait_until_asleep(pid: i32) {
    let observer = untraced().await;
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
    let is_asleep = async || observer.query_one(asleep, &[&pid]).await.unwrap().get::<_, i64>(0) > 0;
    test_support::until("the server sleeps", is_asleep).await;
}

/// A traced client with two orders in a table of its own, made while nothing is traced.
pub(crate) async fn orders() -> Traced {
    let client = untraced().await;
    let sql = "CREATE TEMP TABLE orders (id serial PRIMARY KEY, item text NOT NULL UNIQUE, amount integer CHECK (amount > 0));
        INSERT INTO orders (item, amount) VALUES ('book', 2), ('pen', 1)";
    client.batch_execute(sql).await.unwrap();
    client.xray(&config())
}

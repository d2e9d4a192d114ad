//! Connections to the MariaDB that the tests were given, or to the MySQL in its place: `tests/run` runs them with both.

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts};
use xray_core::Library;
use xray_sql::mysql_async::ConnExt as _;

use super::Fixture;

pub(crate) fn tracing() -> Fixture {
    Fixture::of([Library::MysqlAsync])
}

pub(crate) fn options() -> Opts {
    let Ok(url) = std::env::var("XRAY_TEST_MARIADB_URL") else {
        panic!("XRAY_TEST_MARIADB_URL is not set: run tests/run")
    };
    Opts::from_url(&url).unwrap()
}

/// The name of every subsegment.
pub(crate) fn name() -> String {
    format!("{}@{}", options().db_name().unwrap(), options().ip_or_hostname())
}

/// A connection that is not traced.
pub(crate) async fn untraced() -> Conn {
    Conn::new(options()).await.unwrap()
}

/// Whether the server is MariaDB, and not MySQL itself.
#[allow(dead_code)] // not all test programs use it
pub(crate) async fn is_mariadb() -> bool {
    let version: Option<String> = untraced().await.query_first("SELECT VERSION()").await.unwrap();
    version.unwrap().contains("MariaDB")
}

/// A traced connection with two orders in a table of its own, made while nothing is traced.
pub(crate) async fn orders() -> xray_sql::mysql_async::Conn {
    let mut connection = untraced().await;
    let table = "CREATE TEMPORARY TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, item varchar(20) NOT NULL UNIQUE,
        amount int CHECK (amount > 0))";
    connection.query_drop(table).await.unwrap();
    connection.query_drop("INSERT INTO orders (item, amount) VALUES ('book', 2), ('pen', 1)").await.unwrap();
    connection.xray()
}

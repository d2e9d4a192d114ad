//! What the tests of `sqlx` have in common: the databases that they run against.

use serde_json::Value;
use sqlx::pool::PoolOptions;
use xray_core::Library;
use xray_core::testing::{Node, Trace};
use xray_sql::sqlx::{Driver, Pool, PoolExt as _};

use super::{Fixture, exceptions, subsegments};

/// A database, and its dialect.
pub(crate) trait Dialect {
    type Driver: Driver;
    const LIBRARY: Library;
    /// A table of the connection's own.
    const CREATE: &'static str;
    const BY_ID: &'static str;
    const ADD: &'static str;
    /// Takes as long as a server needs at least to notice that nobody waits.
    const SLOW: &'static str;
    const SYNTAX_ERROR: (&'static str, &'static str);
    const DUPLICATE: (&'static str, &'static str);

    /// [`DUPLICATE`](Self::DUPLICATE) in the words of the server that the tests were given.
    async fn duplicate(_pool: &Pool<Self::Driver>) -> (&'static str, &'static str) {
        Self::DUPLICATE
    }

    fn options() -> <<Self::Driver as sqlx::Database>::Connection as sqlx::Connection>::Options;

    /// The name of every subsegment.
    fn name() -> String;

    /// The `sql` block of a call that prepares its statement.
    fn sql() -> Value;

    /// What the database says of its version, where the client knows it.
    async fn version(_pool: &Pool<Self::Driver>) -> Option<Value> {
        None
    }

    fn tracing() -> Fixture {
        Fixture::of([Self::LIBRARY])
    }

    /// A pool that is not traced, which keeps its connections.
    async fn untraced(connections: u32) -> sqlx::Pool<Self::Driver> {
        PoolOptions::new().min_connections(connections).max_connections(connections).connect_lazy_with(Self::options())
    }
}

/// A traced pool of one connection.
pub(crate) async fn pool<D: Dialect>() -> Pool<D::Driver> {
    D::untraced(1).await.xray()
}

pub(crate) struct Sqlite;

impl Dialect for Sqlite {
    type Driver = sqlx::Sqlite;
    const LIBRARY: Library = Library::SqlxSqlite;
    const CREATE: &'static str =
        "CREATE TEMP TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL UNIQUE, amount INTEGER)";
    const BY_ID: &'static str = "SELECT item FROM orders WHERE id = $1";
    const ADD: &'static str = "INSERT INTO orders (item) VALUES ($1)";
    const SLOW: &'static str =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) FROM n";
    const SYNTAX_ERROR: (&'static str, &'static str) = ("SQLITE_ERROR", "near \"SELEKT\": syntax error");
    const DUPLICATE: (&'static str, &'static str) =
        ("SQLITE_CONSTRAINT_UNIQUE", "UNIQUE constraint failed: orders.item");

    fn options() -> sqlx::sqlite::SqliteConnectOptions {
        "sqlite::memory:".parse().unwrap()
    }

    fn name() -> String {
        ":memory:".to_owned()
    }

    fn sql() -> Value {
        serde_json::json!({
            "database_type": "SQLite",
            "driver_version": "sqlx-sqlite",
            "preparation": "statement",
        })
    }

    async fn version(pool: &Pool<sqlx::Sqlite>) -> Option<Value> {
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(pool).await.unwrap();
        Some(version.into())
    }
}

/// What the dialects of servers have in common; their options have methods of the same names.
macro_rules! on_server {
    (options: $options:ty, $variable:literal, scheme: $scheme:literal, database_type: $database_type:literal,) => {
        fn options() -> $options {
            let Ok(url) = std::env::var($variable) else { panic!("{} is not set: run tests/run", $variable) };
            url.parse().unwrap()
        }

        fn name() -> String {
            let options = Self::options();
            format!("{}@{}", options.get_database().unwrap(), options.get_host())
        }

        fn sql() -> Value {
            let options = Self::options();
            let (user, host, port) = (options.get_username(), options.get_host(), options.get_port());
            serde_json::json!({
                "url": format!("{}://{user}@{host}:{port}/{}", $scheme, options.get_database().unwrap()),
                "user": user,
                "database_type": $database_type,
                "driver_version": Self::LIBRARY.name(),
                "preparation": "statement",
            })
        }
    };
}

pub(crate) struct Postgres;

impl Dialect for Postgres {
    type Driver = sqlx::Postgres;
    const LIBRARY: Library = Library::SqlxPostgres;
    const CREATE: &'static str =
        "CREATE TEMP TABLE orders (id serial PRIMARY KEY, item text NOT NULL UNIQUE, amount integer)";
    const BY_ID: &'static str = "SELECT item FROM orders WHERE id = $1";
    const ADD: &'static str = "INSERT INTO orders (item) VALUES ($1)";
    const SLOW: &'static str = "SELECT pg_sleep(0.1)";
    const SYNTAX_ERROR: (&'static str, &'static str) = ("42601 syntax_error", "syntax error at or near \"SELEKT\"");
    const DUPLICATE: (&'static str, &'static str) =
        ("23505 unique_violation", "duplicate key value violates unique constraint \"orders_item_key\"");

    on_server! {
        options: sqlx::postgres::PgConnectOptions, "XRAY_TEST_POSTGRES_URL",
        scheme: "postgresql", database_type: "PostgreSQL",
    }

    async fn version(pool: &Pool<sqlx::Postgres>) -> Option<Value> {
        let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(pool).await.unwrap();
        version.split(' ').next().map(Value::from)
    }
}

pub(crate) struct MySql;

impl Dialect for MySql {
    type Driver = sqlx::MySql;
    const LIBRARY: Library = Library::SqlxMysql;
    const CREATE: &'static str = "CREATE TEMPORARY TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, item varchar(20) NOT NULL UNIQUE, amount int)";
    const BY_ID: &'static str = "SELECT item FROM orders WHERE id = ?";
    const ADD: &'static str = "INSERT INTO orders (item) VALUES (?)";
    const SLOW: &'static str = "SELECT SLEEP(0.1)";
    const SYNTAX_ERROR: (&'static str, &'static str) = ("1064 ER_PARSE_ERROR", "You have an error in your SQL syntax");
    const DUPLICATE: (&'static str, &'static str) = ("1062 ER_DUP_ENTRY", "Duplicate entry '?' for key 'item'");

    on_server! {
        options: sqlx::mysql::MySqlConnectOptions, "XRAY_TEST_MARIADB_URL",
        scheme: "mysql", database_type: "MySQL",
    }

    async fn duplicate(pool: &Pool<sqlx::MySql>) -> (&'static str, &'static str) {
        let in_words_of_mysql = ("1062 ER_DUP_ENTRY", "Duplicate entry '?' for key 'orders.item'");
        if is_mariadb(pool).await { Self::DUPLICATE } else { in_words_of_mysql }
    }
}

/// Whether the server is MariaDB, and not MySQL itself: `tests/run` runs the tests with both.
pub(crate) async fn is_mariadb(pool: &Pool<sqlx::MySql>) -> bool {
    sqlx::query_scalar::<_, String>("SELECT VERSION()").fetch_one(pool).await.unwrap().contains("MariaDB")
}

/// How long a call waited for its pool, in milliseconds; `None` if it took no connection from one.
pub(crate) fn pool_wait(node: &Node) -> Option<f64> {
    node.get("/metadata/sql/pool_wait_ms").as_f64()
}

/// Whether a statement was prepared, whether it took a connection from the pool, and how many rows it
/// returned or affected.
pub(crate) fn outlines(trace: &Trace) -> Vec<(bool, bool, Value)> {
    let outline = |node: &Node| {
        assert_eq!(exceptions(node), [], "{trace}");
        (node.get("/sql/preparation") == "statement", pool_wait(node).is_some(), rows(node))
    };
    subsegments(trace).iter().map(outline).collect()
}

/// How many rows were returned or affected.
pub(crate) fn rows(node: &Node) -> Value {
    let mut rows = node.get("/metadata/sql").clone();
    if let Some(rows) = rows.as_object_mut() {
        rows.remove("pool_wait_ms");
    }
    if rows.as_object().is_some_and(serde_json::Map::is_empty) { Value::Null } else { rows }
}

//! A piece of ordinary code on `rusqlite`, which knows nothing of X-Ray, untraced and traced.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::sync::Mutex;

use rusqlite::{Connection, OptionalExtension as _, Row, Statement, Transaction, named_params};
use xray_core::Library;
use xray_sql::rusqlite::ConnectionExt as _;

use self::support::{Fixture, failure};

#[derive(Debug, PartialEq)]
struct Order {
    id: i64,
    item: String,
    amount: u32,
}

impl TryFrom<&Row<'_>> for Order {
    type Error = rusqlite::Error;

    fn try_from(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Self { id: row.get("id")?, item: row.get("item")?, amount: row.get("amount")? })
    }
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL);
         CREATE TABLE IF NOT EXISTS log (line TEXT)",
    )?;
    transaction.commit()
}

fn add(transaction: &Transaction<'_>, item: &str, amount: u32) -> rusqlite::Result<i64> {
    transaction.execute(
        "INSERT INTO orders (item, amount) VALUES (:item, :amount)",
        named_params! { ":item": item, ":amount": amount },
    )?;
    Ok(transaction.last_insert_rowid())
}

fn find(connection: &Connection, item: &str) -> rusqlite::Result<Option<Order>> {
    let mut statement = connection.prepare_cached("SELECT * FROM orders WHERE item = ?1")?;
    first(&mut statement, item).optional()
}

fn first(statement: &mut Statement<'_>, item: &str) -> rusqlite::Result<Order> {
    statement.query_row([item], |row| Order::try_from(row))
}

fn all(connection: &Connection) -> rusqlite::Result<Vec<Order>> {
    let mut statement = connection.prepare("SELECT * FROM orders ORDER BY id")?;
    statement.query_map([], |row| Order::try_from(row))?.collect()
}

/// What a shop does with a connection of either type: the macro stands for code that is compiled with the one or the other.
macro_rules! shop {
    ($connection:ident) => {{
        migrate(&mut $connection)?;
        let transaction = $connection.transaction()?;
        add(&transaction, "book", 2)?;
        add(&transaction, "pen", 1)?;
        transaction.execute("INSERT INTO log VALUES (?1)", ("two orders",))?;
        transaction.commit()?;
        if let Err(error) = add_again(&$connection) {
            $connection.execute("INSERT INTO log VALUES (?1)", [error.to_string()])?;
        }
        assert_eq!(find(&$connection, "cup")?, None);
        let lines: i64 = $connection.query_row("SELECT count(*) FROM log", [], |row| row.get(0))?;
        assert_eq!(lines, 2);
        let orders = all(&$connection)?;
        $connection.close().map_err(|(_, error)| error)?;
        Ok::<_, rusqlite::Error>(orders)
    }};
}

fn add_again(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute("INSERT INTO orders (item, amount) VALUES ('book', 1)", [])
}

fn orders() -> Vec<Order> {
    let order = |id, item: &str, amount| Order { id, item: item.to_owned(), amount };
    vec![order(1, "book", 2), order(2, "pen", 1)]
}

/// BEGIN, two tables, COMMIT; BEGIN, two orders, a line, COMMIT; an order that is there already, a line; three queries.
const STATEMENTS: usize = 4 + 5 + 2 + 3;

#[test]
fn the_same_code_runs_untraced_traced_and_with_errors() {
    let directory = tempfile::tempdir().unwrap();
    let open = |name: &str| Connection::open(directory.path().join(name)).unwrap();
    let mut untraced = open("untraced.db");
    assert_eq!((|| shop!(untraced))().unwrap(), orders());

    xray_sql::rusqlite::install().unwrap();
    let tracing = Fixture::of([Library::Rusqlite]);
    let mut traced = open("traced.db");
    let mut with_errors = open("errors.db").xray();
    let (found, trace) = tracing.traced_blocking(|| (|| shop!(traced))());
    assert_eq!(found.unwrap(), orders());
    assert_eq!(trace.root().children().len(), STATEMENTS, "{trace}");
    let (found, trace) = tracing.traced_blocking(|| (|| shop!(with_errors))());
    assert_eq!(found.unwrap(), orders());
    assert_eq!(trace.root().children().len(), STATEMENTS, "{trace}");
}

#[test]
fn a_connection_behind_a_lock_is_traced_like_any_other() {
    xray_sql::rusqlite::install().unwrap();
    let tracing = Fixture::of([Library::Rusqlite]);
    let shared = Mutex::new(Connection::open_in_memory().unwrap().xray());
    migrate(&mut shared.lock().unwrap()).unwrap();
    let trace = tracing.trace_blocking(|| {
        let connection = shared.lock().unwrap();
        connection.execute("INSERT INTO orders (item, amount) VALUES ('cup', NULL)", []).unwrap_err();
        drop(connection);
        assert_eq!(all(&shared.lock().unwrap()).unwrap(), []);
    });
    let failures: Vec<_> = trace.root().children().iter().map(failure).collect();
    let message = "NOT NULL constraint failed: orders.amount".to_owned();
    assert_eq!(failures, [Some(("SQLITE_CONSTRAINT_NOTNULL".to_owned(), message)), None]);
}

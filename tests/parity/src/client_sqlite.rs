//! SQLite statements: rusqlite here, sqlite3 in Python.

use aws_xray_sdk as xray;
use rusqlite::{Error, Result, ToSql};
use xray::Library;
use xray::prelude::*;
use xray::sql::rusqlite::Connection;

use crate::scenario::{Scenario, in_segment, in_unsampled_segment, scenarios};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    sqlite_statements,
    sqlite_in_memory,
    sqlite_bad_statement,
    sqlite_missing_table,
    sqlite_constraint_violation,
    sqlite_in_an_unsampled_segment,
    sqlite_cannot_be_opened,
    sqlite_not_patched,
];

type Statement<'a> = (&'a str, &'a [&'a dyn ToSql]);

/// Prepares the table before the segment begins, then runs the statements and prints how many rows came, or the failure.
fn execute(database: &str, statements: &[Statement<'_>]) {
    xray::patch([Library::Rusqlite]).unwrap();
    let connection = rusqlite::Connection::open(database).unwrap().xray();
    connection.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL)").unwrap();
    in_segment("shop", |_| {
        for (statement, parameters) in statements {
            match count_rows(&connection, statement, parameters) {
                Ok(rows) => println!("{rows} rows"),
                Err(_) => println!("failed"),
            }
        }
    });
}

/// No statement of these scenarios has more than one row.
fn count_rows(connection: &Connection, statement: &str, parameters: &[&dyn ToSql]) -> Result<usize> {
    match connection.query_row(statement, parameters, |_| Ok(1)) {
        Err(Error::QueryReturnedNoRows) => Ok(0),
        outcome => outcome,
    }
}

fn sqlite_statements() {
    execute(
        "shop.db",
        &[
            ("INSERT INTO orders (item) VALUES (?)", &[&"secret book"]),
            ("UPDATE orders SET item = ? WHERE id = ?", &[&"secret pen", &1]),
            ("SELECT id, item FROM orders", &[]),
            ("DELETE FROM orders", &[]),
        ],
    );
}

fn sqlite_in_memory() {
    execute(":memory:", &[("SELECT 1", &[])]);
}

fn sqlite_bad_statement() {
    execute("shop.db", &[("SELEKT 1", &[])]);
}

fn sqlite_missing_table() {
    execute("shop.db", &[("SELECT * FROM carts", &[])]);
}

fn sqlite_constraint_violation() {
    execute(
        "shop.db",
        &[
            ("INSERT INTO orders (id, item) VALUES (1411111117, 'secret book')", &[]),
            ("INSERT INTO orders (id, item) VALUES (1411111117, 'secret pen')", &[]),
            ("INSERT INTO orders (item) VALUES (NULL)", &[]),
        ],
    );
}

fn sqlite_in_an_unsampled_segment() {
    xray::patch([Library::Rusqlite]).unwrap();
    let connection = rusqlite::Connection::open("shop.db").unwrap().xray();
    in_unsampled_segment("shop", |_| println!("{} rows", count_rows(&connection, "SELECT 1", &[]).unwrap()));
}

fn sqlite_cannot_be_opened() {
    xray::patch([Library::Rusqlite]).unwrap();
    in_segment("shop", |_| {
        if rusqlite::Connection::open("nowhere/shop.db").is_err() {
            println!("failed");
        }
    });
}

fn sqlite_not_patched() {
    let connection = rusqlite::Connection::open("shop.db").unwrap().xray();
    in_segment("shop", |_| println!("{} rows", count_rows(&connection, "SELECT 1", &[]).unwrap()));
}

"""SQLite statements: sqlite3 here, rusqlite in Rust."""

import sqlite3

from aws_xray_sdk.core import patch

from scenario import recorder, scenario


def execute(database, *statements):
    """Prepares the table before the segment begins, then runs the statements and prints how many rows came, or the failure."""
    patch(["sqlite3"])
    connection = sqlite3.connect(database, isolation_level=None)
    connection.__wrapped__.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL)")
    with recorder.in_segment("shop"):
        for statement, *parameters in statements:
            try:
                print(len(connection.execute(statement, parameters).fetchall()), "rows")
            except sqlite3.Error:
                print("failed")


@scenario
def sqlite_statements():
    execute(
        "shop.db",
        ("INSERT INTO orders (item) VALUES (?)", "secret book"),
        ("UPDATE orders SET item = ? WHERE id = ?", "secret pen", 1),
        ("SELECT id, item FROM orders",),
        ("DELETE FROM orders",),
    )


@scenario
def sqlite_in_memory():
    execute(":memory:", ("SELECT 1",))


@scenario
def sqlite_bad_statement():
    execute("shop.db", ("SELEKT 1",))


@scenario
def sqlite_missing_table():
    execute("shop.db", ("SELECT * FROM carts",))


@scenario
def sqlite_constraint_violation():
    execute(
        "shop.db",
        ("INSERT INTO orders (id, item) VALUES (1411111117, 'secret book')",),
        ("INSERT INTO orders (id, item) VALUES (1411111117, 'secret pen')",),
        ("INSERT INTO orders (item) VALUES (NULL)",),
    )


@scenario
def sqlite_in_an_unsampled_segment():
    patch(["sqlite3"])
    connection = sqlite3.connect("shop.db")
    with recorder.in_segment("shop", sampling=False):
        print(len(connection.execute("SELECT 1").fetchall()), "rows")


@scenario
def sqlite_cannot_be_opened():
    patch(["sqlite3"])
    with recorder.in_segment("shop"):
        try:
            sqlite3.connect("nowhere/shop.db")
        except sqlite3.Error:
            print("failed")


@scenario
def sqlite_not_patched():
    connection = sqlite3.connect("shop.db")
    with recorder.in_segment("shop"):
        print(len(connection.execute("SELECT 1").fetchall()), "rows")

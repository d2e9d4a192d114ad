"""PostgreSQL: psycopg2 here, tokio-postgres in Rust."""

import os

import psycopg2
from aws_xray_sdk.core import patch

from scenario import recorder, refused_url, scenario


def connect():
    patch(["psycopg2"])
    connection = psycopg2.connect(os.environ["XRAY_TEST_POSTGRES_URL"])
    connection.autocommit = True
    connection.__wrapped__.cursor().execute("CREATE TEMPORARY TABLE orders (id integer PRIMARY KEY, item text NOT NULL)")
    return connection


def execute(*statements):
    """Prepares the table before the segment begins, then runs the statements and prints how many rows each was about, or the failure."""
    connection = connect()
    with recorder.in_segment("shop"):
        for statement, *parameters in statements:
            try:
                cursor = connection.cursor()
                cursor.execute(statement, parameters)
                print(cursor.rowcount, "rows")
            except psycopg2.Error:
                print("failed")


@scenario
def postgres_statements():
    execute(
        ("INSERT INTO orders VALUES (%s, %s), (%s, %s)", 17, "book", 18, "pen"),
        ("UPDATE orders SET item = %s WHERE id = %s", "cup", 18),
        ("SELECT id, item FROM orders",),
        ("DELETE FROM orders WHERE id = %s", 17),
    )


@scenario
def postgres_bad_statement():
    execute(("SELEKT 1",))


@scenario
def postgres_missing_table():
    execute(("SELECT * FROM carts",))


@scenario
def postgres_constraint_violation():
    execute(
        ("INSERT INTO orders VALUES (17, 'book')",),
        ("INSERT INTO orders VALUES (17, 'pen')",),
        ("INSERT INTO orders VALUES (18, NULL)",),
    )


@scenario
def postgres_connection_refused():
    patch(["psycopg2"])
    with recorder.in_segment("shop"):
        try:
            psycopg2.connect(refused_url().replace("http://", "postgresql://app:s3cret@") + "/shop")
        except psycopg2.OperationalError:
            print("failed")


@scenario
def postgres_in_an_unsampled_segment():
    connection = connect()
    with recorder.in_segment("shop", sampling=False):
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        print(cursor.rowcount, "rows")


@scenario
def postgres_not_patched():
    connection = psycopg2.connect(os.environ["XRAY_TEST_POSTGRES_URL"])
    with recorder.in_segment("shop"):
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        print(cursor.rowcount, "rows")

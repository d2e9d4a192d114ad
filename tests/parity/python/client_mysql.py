"""MySQL, here MariaDB: PyMySQL here, mysql_async in Rust."""

import os
from urllib.parse import urlsplit

import pymysql
from aws_xray_sdk.core import patch

from scenario import recorder, refused_url, scenario


def connect(url):
    url = urlsplit(url)
    return pymysql.connect(
        host=url.hostname, port=url.port, user=url.username, password=url.password, database=url.path.lstrip("/"), autocommit=True
    )


def server():
    return os.environ["XRAY_TEST_MARIADB_URL"]


def traced():
    patch(["pymysql"])
    connection = connect(server())
    connection.__wrapped__.cursor().execute("CREATE TEMPORARY TABLE orders (id int PRIMARY KEY, item text NOT NULL)")
    return connection


def execute(*statements):
    """Prepares the table before the segment begins, then runs the statements and prints how many rows each was about, or the failure."""
    connection = traced()
    with recorder.in_segment("shop"):
        for statement, *parameters in statements:
            try:
                cursor = connection.cursor()
                cursor.execute(statement, parameters)
                print(cursor.rowcount, "rows")
            except pymysql.Error:
                print("failed")


@scenario
def mysql_statements():
    execute(
        ("INSERT INTO orders VALUES (%s, %s), (%s, %s)", 17, "book", 18, "pen"),
        ("UPDATE orders SET item = %s WHERE id = %s", "cup", 18),
        ("SELECT id, item FROM orders",),
        ("DELETE FROM orders WHERE id = %s", 17),
    )


@scenario
def mysql_bad_statement():
    execute(("SELEKT 1",))


@scenario
def mysql_missing_table():
    execute(("SELECT * FROM carts",))


@scenario
def mysql_constraint_violation():
    execute(
        ("INSERT INTO orders VALUES (17, 'book')",),
        ("INSERT INTO orders VALUES (17, 'pen')",),
        ("INSERT INTO orders VALUES (18, NULL)",),
    )


@scenario
def mysql_connection_refused():
    patch(["pymysql"])
    with recorder.in_segment("shop"):
        try:
            connect(refused_url().replace("http://", "mysql://app:s3cret@") + "/shop")
        except pymysql.OperationalError:
            print("failed")


@scenario
def mysql_in_an_unsampled_segment():
    connection = traced()
    with recorder.in_segment("shop", sampling=False):
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        print(cursor.rowcount, "rows")


@scenario
def mysql_not_patched():
    connection = connect(server())
    with recorder.in_segment("shop"):
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        print(cursor.rowcount, "rows")

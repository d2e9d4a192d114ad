"""MySQL, here MariaDB: PyMySQL here, mysql_async in Rust."""

from urllib.parse import urlsplit

import pymysql

from client_database import Client
from scenario import scenario


def connect(url):
    url = urlsplit(url)
    return pymysql.connect(
        host=url.hostname, port=url.port, user=url.username, password=url.password, database=url.path.lstrip("/"), autocommit=True
    )


client = Client(pymysql, connect, "XRAY_TEST_MARIADB_URL")


@scenario
def mysql_statements():
    client.statements()


@scenario
def mysql_bad_statement():
    client.bad_statement()


@scenario
def mysql_missing_table():
    client.missing_table()


@scenario
def mysql_constraint_violation():
    client.constraint_violation()


@scenario
def mysql_connection_refused():
    client.connection_refused()


@scenario
def mysql_in_an_unsampled_segment():
    client.in_an_unsampled_segment()


@scenario
def mysql_not_patched():
    client.not_patched()

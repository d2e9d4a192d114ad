"""PostgreSQL: psycopg2 here, tokio-postgres in Rust."""

import os
from urllib.parse import urlsplit

import psycopg2
from aws_xray_sdk.core import patch

from client_database import Client
from scenario import recorder, scenario


def connect(url):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    return connection


client = Client(psycopg2, connect, "XRAY_TEST_POSTGRES_URL")


@scenario
def postgres_statements():
    client.statements()


@scenario
def postgres_bad_statement():
    client.bad_statement()


@scenario
def postgres_missing_table():
    client.missing_table()


@scenario
def postgres_constraint_violation():
    client.constraint_violation()


@scenario
def postgres_connection_string():
    """The same server, by keywords instead of a URL."""
    url = urlsplit(os.environ["XRAY_TEST_POSTGRES_URL"])
    keywords = f"host={url.hostname} port={url.port} user={url.username} password={url.password} dbname={url.path.lstrip('/')}"
    patch(["psycopg2"])
    connection = connect(keywords)
    with recorder.in_segment("shop"):
        client.execute(connection, "SELECT 1")


@scenario
def postgres_connection_refused():
    client.connection_refused()


@scenario
def postgres_in_an_unsampled_segment():
    client.in_an_unsampled_segment()


@scenario
def postgres_not_patched():
    client.not_patched()

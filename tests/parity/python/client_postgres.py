"""PostgreSQL: psycopg2 here, tokio-postgres in Rust."""

import psycopg2

from client_database import scenarios


def connect(url):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    return connection


scenarios("postgres", psycopg2, connect, "XRAY_TEST_POSTGRES_URL")

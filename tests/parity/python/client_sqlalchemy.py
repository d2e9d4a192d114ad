"""Three databases through one library: SQLAlchemy here, sqlx in Rust."""

import os

from aws_xray_sdk.core import patch
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from scenario import recorder, refused_url, scenario

SQLITE = "sqlite:///shop.db"


def postgres():
    return os.environ["XRAY_TEST_POSTGRES_URL"].replace("postgresql://", "postgresql+psycopg2://")


def mysql():
    return os.environ["XRAY_TEST_MARIADB_URL"].replace("mysql://", "mysql+pymysql://")


def attempt(connection, statement, **parameters):
    try:
        result = connection.execute(text(statement), parameters)
        print(len(result.fetchall()) if result.returns_rows else result.rowcount, "rows")
    except SQLAlchemyError:
        print("failed")


def connect(url):
    patch(["sqlalchemy_core"])
    return connect_unpatched(url)


def connect_unpatched(url):
    connection = create_engine(url, isolation_level="AUTOCOMMIT").connect()
    connection.exec_driver_sql("CREATE TEMPORARY TABLE orders (id integer PRIMARY KEY, item varchar(20) NOT NULL)")
    return connection


def take_orders(url):
    connection = connect(url)
    with recorder.in_segment("shop"):
        attempt(connection, "INSERT INTO orders VALUES (:id, :item)", id=1411111117, item="secret book")
        attempt(connection, "SELECT id, item FROM orders")
        attempt(connection, "INSERT INTO orders VALUES (:id, :item)", id=1411111117, item="secret pen")
        attempt(connection, "SELECT * FROM carts")


@scenario
def sqlalchemy_sqlite():
    take_orders(SQLITE)


@scenario
def sqlalchemy_postgres():
    take_orders(postgres())


@scenario
def sqlalchemy_mysql():
    take_orders(mysql())


@scenario
def sqlalchemy_connection_refused():
    patch(["sqlalchemy_core"])
    engine = create_engine(refused_url().replace("http://", "postgresql+psycopg2://app:s3cret@") + "/shop")
    with recorder.in_segment("shop"):
        try:
            engine.connect()
        except SQLAlchemyError:
            print("failed")


@scenario
def sqlalchemy_in_an_unsampled_segment():
    connection = connect(postgres())
    with recorder.in_segment("shop", sampling=False):
        attempt(connection, "SELECT id, item FROM orders")


@scenario
def sqlalchemy_not_patched():
    connection = connect_unpatched(postgres())
    with recorder.in_segment("shop"):
        attempt(connection, "SELECT id, item FROM orders")

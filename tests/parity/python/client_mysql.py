"""MySQL, here MariaDB: PyMySQL here, mysql_async in Rust."""

from urllib.parse import urlsplit

import pymysql

from client_database import scenarios


def connect(url):
    url = urlsplit(url)
    return pymysql.connect(
        host=url.hostname, port=url.port, user=url.username, password=url.password, database=url.path.lstrip("/"), autocommit=True
    )


scenarios("mysql", pymysql, connect, "XRAY_TEST_MARIADB_URL")

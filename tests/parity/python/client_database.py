"""What the clients of database servers have in common: connections and cursors as PEP 249 has them."""

import os

from aws_xray_sdk.core import patch

from scenario import recorder, refused_url, scenario


def scenarios(prefix, driver, connect, variable):
    """Registers the scenarios of one driver. `connect` opens a connection, which commits each statement, to a URL such as the variable's."""

    def named(function):
        function.__name__ = f"{prefix}_{function.__name__}"
        return scenario(function)

    def server():
        return os.environ[variable]

    def traced():
        patch([driver.__name__])
        connection = connect(server())
        connection.__wrapped__.cursor().execute("CREATE TEMPORARY TABLE orders (id int PRIMARY KEY, item text NOT NULL)")
        return connection

    def execute(connection, statement, *parameters):
        """Runs a statement and prints how many rows it was about, or the failure."""
        try:
            cursor = connection.cursor()
            cursor.execute(statement, parameters)
            print(cursor.rowcount, "rows")
        except driver.Error:
            print("failed")

    def record(*statements):
        """Prepares the table before the segment begins."""
        connection = traced()
        with recorder.in_segment("shop"):
            for statement in statements:
                execute(connection, *statement)

    @named
    def statements():
        record(
            ("INSERT INTO orders VALUES (%s, %s), (%s, %s)", 17, "book", 18, "pen"),
            ("UPDATE orders SET item = %s WHERE id = %s", "cup", 18),
            ("SELECT id, item FROM orders",),
            ("DELETE FROM orders WHERE id = %s", 17),
        )

    @named
    def bad_statement():
        record(("SELEKT 1",))

    @named
    def missing_table():
        record(("SELECT * FROM carts",))

    @named
    def constraint_violation():
        record(
            ("INSERT INTO orders VALUES (17, 'book')",),
            ("INSERT INTO orders VALUES (17, 'pen')",),
            ("INSERT INTO orders VALUES (18, NULL)",),
        )

    @named
    def connection_refused():
        patch([driver.__name__])
        scheme = server().partition("://")[0]
        with recorder.in_segment("shop"):
            try:
                connect(refused_url().replace("http://", f"{scheme}://app:s3cret@") + "/shop")
            except driver.OperationalError:
                print("failed")

    @named
    def in_an_unsampled_segment():
        connection = traced()
        with recorder.in_segment("shop", sampling=False):
            execute(connection, "SELECT 1")

    @named
    def not_patched():
        connection = connect(server())
        with recorder.in_segment("shop"):
            execute(connection, "SELECT 1")

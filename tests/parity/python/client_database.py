"""What the scenarios of database servers have in common: clients with connections and cursors as PEP 249 has them."""

import os

from aws_xray_sdk.core import patch

from scenario import recorder, refused_url


class Client:
    """A driver, a function that opens a connection to a URL, which commits each statement, and the variable with such a URL."""

    def __init__(self, driver, connect, variable):
        self.driver = driver
        self.connect = connect
        self.variable = variable

    def statements(self):
        self.record(
            ("INSERT INTO orders VALUES (%s, %s), (%s, %s)", 1411111117, "secret book", 1411111118, "secret pen"),
            ("UPDATE orders SET item = %s WHERE id = %s", "secret cup", 1411111118),
            ("SELECT id, item FROM orders",),
            ("DELETE FROM orders WHERE id = %s", 1411111117),
        )

    def bad_statement(self):
        self.record(("SELEKT 1",))

    def missing_table(self):
        self.record(("SELECT * FROM carts",))

    def constraint_violation(self):
        self.record(
            ("INSERT INTO orders VALUES (1411111117, 'secret book')",),
            ("INSERT INTO orders VALUES (1411111117, 'secret pen')",),
            ("INSERT INTO orders VALUES (1411111118, NULL)",),
        )

    def connection_refused(self):
        patch([self.driver.__name__])
        scheme = os.environ[self.variable].partition("://")[0]
        with recorder.in_segment("shop"):
            try:
                self.connect(refused_url().replace("http://", f"{scheme}://app:s3cret@") + "/shop")
            except self.driver.OperationalError:
                print("failed")

    def in_an_unsampled_segment(self):
        connection = self.traced()
        with recorder.in_segment("shop", sampling=False):
            self.execute(connection, "SELECT 1")

    def not_patched(self):
        connection = self.connect(os.environ[self.variable])
        with recorder.in_segment("shop"):
            self.execute(connection, "SELECT 1")

    def record(self, *statements):
        """Prepares the table before the segment begins."""
        connection = self.traced()
        with recorder.in_segment("shop"):
            for statement in statements:
                self.execute(connection, *statement)

    def traced(self):
        patch([self.driver.__name__])
        connection = self.connect(os.environ[self.variable])
        connection.__wrapped__.cursor().execute("CREATE TEMPORARY TABLE orders (id int PRIMARY KEY, item text NOT NULL)")
        return connection

    def execute(self, connection, statement, *parameters):
        """Runs a statement and prints how many rows it was about, or the failure."""
        try:
            cursor = connection.cursor()
            cursor.execute(statement, parameters)
            print(cursor.rowcount, "rows")
        except self.driver.Error:
            print("failed")

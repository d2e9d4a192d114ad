//! `.xray()` records the errors of a connection's statements.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

use rusqlite::{Connection, TransactionBehavior, params};
use xray_core::Library;
use xray_sql::rusqlite::ConnectionExt as _;

use self::support::{Fixture, failure, subsegments};

fn tracing() -> Fixture {
    xray_sql::rusqlite::install().unwrap();
    Fixture::of([Library::Rusqlite])
}

fn orders() -> xray_sql::rusqlite::Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL);
             CREATE UNIQUE INDEX by_item ON orders (item);
             INSERT INTO orders (item) VALUES ('book');
             CREATE TABLE lines (order_id INTEGER REFERENCES orders DEFERRABLE INITIALLY DEFERRED);
             PRAGMA foreign_keys = ON",
        )
        .unwrap();
    connection.xray()
}

/// Type and message of the error that a statement should have.
type Expected = Option<(&'static str, &'static str)>;
type Work = fn(&mut xray_sql::rusqlite::Connection);

#[test]
fn errors_are_recorded_on_the_statement_that_failed() {
    let tracing = tracing();
    const UNIQUE: (&str, &str) = ("SQLITE_CONSTRAINT_UNIQUE", "UNIQUE constraint failed: orders.item");
    const SYNTAX: (&str, &str) = ("SQLITE_ERROR", "near \"SELEKT\": syntax error");
    const TABLE: (&str, &str) = ("SQLITE_ERROR", "no such table: carts");
    // Each statement with the error that it should have.
    let cases: [(&str, &[Expected], Work); 22] = [
        ("execute", &[Some(UNIQUE)], |connection| {
            connection.execute("INSERT INTO orders (item) VALUES (?1)", ["book"]).unwrap_err();
        }),
        ("execute that cannot be prepared", &[Some(SYNTAX)], |connection| {
            connection.execute("SELEKT 1", []).unwrap_err();
        }),
        (
            "execute that lacks a parameter",
            &[Some((
                "rusqlite::Error::InvalidParameterCount",
                "Wrong number of parameters passed to query. Got 0, needed 1",
            ))],
            |connection| {
                connection.execute("INSERT INTO orders (item) VALUES (?1)", []).unwrap_err();
            },
        ),
        ("a batch whose second statement fails", &[None, Some(UNIQUE)], |connection| {
            let batch =
                "DELETE FROM orders WHERE id = 9; INSERT INTO orders (item) VALUES ('book'); DELETE FROM orders";
            connection.execute_batch(batch).unwrap_err();
        }),
        ("a batch whose second statement cannot be prepared", &[None, Some(TABLE)], |connection| {
            connection.execute_batch("DELETE FROM orders; DELETE FROM carts; SELECT 1").unwrap_err();
        }),
        ("a batch that is well", &[None, None], |connection| {
            connection.execute_batch("-- first\nDELETE FROM orders; PRAGMA user_version; -- last").unwrap();
        }),
        ("query_row", &[Some(TABLE)], |connection| {
            connection.query_row("SELECT 1 FROM carts", [], |_| Ok(())).unwrap_err();
        }),
        ("query_row that finds nothing", &[None], |connection| {
            let none = connection.query_row("SELECT 1 FROM orders WHERE id = ?1", [9], |_| Ok(()));
            assert_eq!(none, Err(rusqlite::Error::QueryReturnedNoRows));
        }),
        (
            "query_row with another type",
            &[Some(("rusqlite::Error::InvalidColumnType", "Invalid column type Text at index: 0, name: item"))],
            |connection| {
                connection.query_row("SELECT item FROM orders", [], |row| row.get::<_, i64>(0)).unwrap_err();
            },
        ),
        ("query_one", &[None, Some(TABLE)], |connection| {
            connection.query_one("SELECT item FROM orders", [], |_| Ok(())).unwrap();
            connection.query_one("SELECT 1 FROM carts", [], |_| Ok(())).unwrap_err();
        }),
        ("prepare", &[Some(SYNTAX)], |connection| drop(connection.prepare("SELEKT 1").unwrap_err())),
        ("prepare_cached", &[Some(TABLE)], |connection| {
            drop(connection.prepare_cached("SELECT * FROM carts").unwrap_err());
        }),
        ("a prepared statement, the second time", &[None, Some(UNIQUE), None], |connection| {
            let mut insert = connection.prepare("INSERT INTO orders (item) VALUES (?1)").unwrap();
            insert.execute(["pen"]).unwrap();
            insert.execute(["pen"]).unwrap_err();
            insert.insert(["cup"]).unwrap();
        }),
        ("a cached statement", &[Some(UNIQUE)], |connection| {
            let mut insert = connection.prepare_cached("INSERT INTO orders (item) VALUES (?1)").unwrap();
            insert.insert(["book"]).unwrap_err();
        }),
        ("exists and query_row of a statement", &[None, None], |connection| {
            let mut select = connection.prepare("SELECT item FROM orders").unwrap();
            assert!(select.exists([]).unwrap());
            assert_eq!(select.query_row([], |row| row.get::<_, String>(0)).unwrap(), "book");
            select.finalize().unwrap();
        }),
        ("a transaction", &[None, Some(UNIQUE), None], |connection| {
            let transaction = connection.transaction().unwrap();
            transaction.execute("INSERT INTO orders (item) VALUES ('book')", []).unwrap_err();
            transaction.commit().unwrap();
        }),
        ("a transaction that is dropped", &[None, Some(TABLE), None], |connection| {
            connection.transaction().unwrap().execute("DELETE FROM carts", []).unwrap_err();
        }),
        ("a transaction that is rolled back", &[None, None, None], |connection| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
            transaction.execute("DELETE FROM orders", []).unwrap();
            transaction.rollback().unwrap();
        }),
        (
            "a transaction in a transaction",
            &[None, Some(("SQLITE_ERROR", "cannot start a transaction within a transaction")), None],
            |connection| {
                let transaction = connection.unchecked_transaction().unwrap();
                connection.unchecked_transaction().unwrap_err();
                transaction.finish().unwrap();
            },
        ),
        (
            "a commit that fails",
            &[None, None, Some(("SQLITE_CONSTRAINT_FOREIGNKEY", "FOREIGN KEY constraint failed")), None],
            |connection| {
                let transaction = connection.transaction().unwrap();
                transaction.execute("INSERT INTO lines VALUES (9)", []).unwrap();
                transaction.commit().unwrap_err();
            },
        ),
        ("savepoints", &[None, None, Some(UNIQUE), None, None, None], |connection| {
            let mut transaction = connection.transaction().unwrap();
            let mut savepoint = transaction.savepoint().unwrap();
            savepoint.execute("INSERT INTO orders (item) VALUES ('book')", []).unwrap_err();
            savepoint.rollback().unwrap();
            savepoint.commit().unwrap();
            transaction.commit().unwrap();
        }),
        ("a function that takes the original type", &[None], |connection| {
            fn insert(connection: &Connection) -> rusqlite::Result<usize> {
                connection.execute("INSERT INTO orders (item) VALUES ('book')", [])
            }
            insert(connection).unwrap_err();
        }),
    ];
    for (what, expected, work) in cases {
        let mut connection = orders();
        let trace = tracing.trace_blocking(|| work(&mut connection));
        let failures: Vec<_> = subsegments(&trace).iter().map(failure).collect();
        let expected: Vec<_> =
            expected.iter().map(|error| error.map(|(kind, message)| (kind.to_owned(), message.to_owned()))).collect();
        assert_eq!(failures, expected, "{what}: {trace}");
        for node in subsegments(&trace) {
            assert_eq!(node.name(), ":memory:", "{what}");
            assert_eq!(node.get("/namespace"), "remote", "{what}");
            assert_eq!(node.get("/sql/database_type"), "SQLite", "{what}");
        }
    }
}

#[test]
fn an_error_that_the_program_records_as_well_is_referred_to() {
    let tracing = tracing();
    let connection = orders();
    let (outcome, trace) = tracing.traced_blocking(|| {
        xray_core::capture("add", |_| connection.execute("INSERT INTO orders (item) VALUES (?1)", ["book"]))
    });
    assert!(outcome.is_err());
    let add = trace.find("add");
    let exception = add.child(":memory:").get("/cause/exceptions/0/id").clone();
    assert!(exception.is_string());
    assert_eq!(add.get("/cause"), &exception);
}

#[test]
fn a_connection_that_is_attached_twice_records_once() {
    let tracing = tracing();
    let connection = Connection::open_in_memory().unwrap().xray().into_inner().xray();
    let trace = tracing.trace_blocking(|| {
        connection.execute_batch("CREATE TABLE orders (id)").unwrap();
        connection.execute("INSERT INTO orders VALUES (?1)", [1]).unwrap();
        connection.execute("INSERT INTO carts VALUES (1)", []).unwrap_err();
    });
    assert_eq!(trace.render(), "shop\n├─ :memory:\n├─ :memory:\n└─ :memory: [fault]\n");
}

#[test]
fn calls_in_the_closure_of_a_call_are_told_apart() {
    let tracing = tracing();
    let (connection, other) = (orders(), orders());
    let trace = tracing.trace_blocking(|| {
        let outcome = connection.query_row("SELECT item FROM orders", [], |row| {
            let item: String = row.get(0)?;
            other.execute("INSERT INTO orders (item) VALUES (?1)", [&item]).unwrap_err();
            connection.execute("UPDATE orders SET item = ?1", params![item])?;
            (*connection).execute("DELETE FROM orders WHERE id = 9", [])
        });
        outcome.unwrap();
    });
    let failed: Vec<_> = subsegments(&trace).iter().map(|node| failure(node).is_some()).collect();
    assert_eq!(failed, [false, true, false, false], "{trace}");
}

#[test]
fn a_statement_that_a_call_runs_on_the_way_is_not_blamed() {
    /// A value that is looked up elsewhere when it is bound.
    struct LookedUp(Connection);
    impl rusqlite::ToSql for LookedUp {
        fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
            self.0.query_row("SELECT 'book'", [], |row| row.get::<_, String>(0)).map(Into::into)
        }
    }
    let tracing = tracing();
    let connection = orders();
    let elsewhere = LookedUp(Connection::open_in_memory().unwrap());
    let trace = tracing.trace_blocking(|| {
        connection.execute("INSERT INTO orders (item) VALUES (?1)", [&elsewhere]).unwrap_err();
        let outcome = connection.query_row("SELECT 1", [], |_| {
            (*connection).execute("DELETE FROM orders WHERE id = 9", [])?;
            Err::<(), _>(rusqlite::Error::InvalidQuery)
        });
        outcome.unwrap_err();
    });
    let failures: Vec<_> = subsegments(&trace).iter().map(|node| failure(node).map(|(kind, _)| kind)).collect();
    let expected = [None, Some("SQLITE_CONSTRAINT_UNIQUE"), Some("rusqlite::Error::InvalidQuery"), None]
        .map(|kind| kind.map(str::to_owned));
    assert_eq!(failures, expected);
}

#[test]
fn a_panic_in_a_closure_is_recorded_and_leaves_nothing_behind() {
    let tracing = tracing();
    let connection = orders();
    let trace = tracing.trace_blocking(|| {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            connection.query_row("SELECT 1", [], |_| -> rusqlite::Result<()> { panic!("in a closure") })
        }));
        assert!(panicked.is_err());
        connection.execute("INSERT INTO orders (item) VALUES ('book')", []).unwrap_err();
    });
    let failures: Vec<_> = subsegments(&trace).iter().map(|node| failure(node).unwrap().1).collect();
    assert_eq!(failures, ["in a closure", "UNIQUE constraint failed: orders.item"]);
}

#[test]
fn a_database_that_is_locked_says_so() {
    let tracing = tracing();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    let (one, mut other) = (Connection::open(&path).unwrap(), Connection::open(&path).unwrap().xray());
    other.busy_timeout(std::time::Duration::ZERO).unwrap();
    one.execute_batch("CREATE TABLE orders (id); BEGIN EXCLUSIVE").unwrap();
    let trace = tracing.trace_blocking(|| {
        other.transaction_with_behavior(TransactionBehavior::Immediate).map(drop).unwrap_err();
    });
    let failures: Vec<_> = subsegments(&trace).iter().map(failure).collect();
    assert_eq!(failures, [Some(("SQLITE_BUSY".to_owned(), "database is locked".to_owned()))]);
}

/// Errors that come while rows are read are those of their statement, whichever it is of those that run.
#[test]
fn errors_of_rows_belong_to_their_statement() {
    xray_sql::rusqlite::install().unwrap();
    let tracing = Fixture::of([Library::Rusqlite]);
    let connection = Connection::open_in_memory().unwrap().xray();
    connection.execute_batch("CREATE TABLE numbers (n); INSERT INTO numbers VALUES (1), (2), ('{')").unwrap();
    // The third row is no JSON, which is found out when it is reached.
    let failing = "SELECT json_extract(n, '$') FROM numbers";
    let trace = tracing.trace_blocking(|| {
        let mut outer = connection.prepare("SELECT n FROM numbers").unwrap();
        let mut inner = connection.prepare(failing).unwrap();
        let mut all = outer.query([]).unwrap();
        assert!(all.next().unwrap().is_some());
        let mut some = inner.query([]).unwrap();
        assert!(some.next().unwrap().is_some() && all.next().unwrap().is_some());
        assert!(some.next().unwrap().is_some());
        some.next().map(drop).unwrap_err();
        assert!(all.next().unwrap().is_some() && all.next().unwrap().is_none());
        drop(some);

        let rows = inner.query_map([], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(rows.map(|row| row.is_ok()).collect::<Vec<_>>(), [true, true, false]);
        let rows = inner.query_and_then([], |row| Ok::<_, Box<dyn std::error::Error>>(row.get::<_, i64>(0)?)).unwrap();
        assert_eq!(rows.map(|row| row.is_ok()).collect::<Vec<_>>(), [true, true, false]);
        // The closure's own failure, with rows to come; the cached statement is read to its end all the same.
        let mut cached = connection.prepare_cached("SELECT n FROM numbers LIMIT 2").unwrap();
        let rows =
            cached.query_map([], |row| if row.get::<_, i64>(0)? == 1 { row.get::<_, u8>(7) } else { Ok(0) }).unwrap();
        assert_eq!(rows.map(|row| row.is_ok()).collect::<Vec<_>>(), [false, true]);
        // What cannot be bound has not become a statement that runs.
        inner.query([1]).map(drop).unwrap_err();
    });
    let failures: Vec<_> =
        subsegments(&trace).iter().map(|node| failure(node).map(|(type_name, _)| type_name)).collect();
    let malformed = Some("SQLITE_ERROR".to_owned());
    assert_eq!(
        failures,
        [
            None,
            malformed.clone(),
            malformed.clone(),
            malformed,
            Some("rusqlite::Error::InvalidColumnIndex".to_owned()),
            Some("rusqlite::Error::InvalidParameterCount".to_owned()),
        ],
        "{trace}"
    );
}

/// As a program cancels a call: from another thread.
#[test]
fn an_interrupted_statement_says_so() {
    let tracing = tracing();
    let connection = orders();
    let handle = connection.get_interrupt_handle();
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    let trace = std::thread::scope(|scope| {
        // Again and again, because it has no effect before the statement runs.
        scope.spawn(move || {
            while is_done.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                handle.interrupt();
                std::thread::yield_now();
            }
        });
        let trace = tracing.trace_blocking(|| {
            let long = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 1000000000) SELECT count(*) FROM n";
            connection.query_row(long, [], |_| Ok(())).unwrap_err();
        });
        drop(done);
        trace
    });
    let nodes = subsegments(&trace);
    assert_eq!(nodes.len(), 1, "{trace}");
    assert_eq!(failure(&nodes[0]), Some(("SQLITE_INTERRUPT".to_owned(), "interrupted".to_owned())));
}

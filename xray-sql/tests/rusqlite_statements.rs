//! Connections that are opened after patching are traced with no change to the program.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::thread;

use rusqlite::{Connection, params};
use xray_core::testing::Node;
use xray_core::{Library, sampling::FixedSampler};

use self::support::{Fixture, subsegments};

fn tracing() -> Fixture {
    xray_sql::rusqlite::install().unwrap();
    Fixture::of([Library::Rusqlite])
}

/// A database in memory with two orders, made while nothing is traced.
fn orders() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT); INSERT INTO orders (item) VALUES ('book'), ('pen')")
        .unwrap();
    connection
}

fn names(nodes: &[Node]) -> Vec<&str> {
    nodes.iter().map(Node::name).collect()
}

#[test]
fn a_statement_is_a_subsegment_with_the_name_of_the_file() {
    let tracing = tracing();
    let directory = tempfile::tempdir().unwrap();
    let connection = Connection::open(directory.path().join("orders.db")).unwrap();
    let trace = tracing.trace_blocking(|| {
        connection.execute_batch("CREATE TABLE orders (item TEXT)").unwrap();
        connection.execute("INSERT INTO orders VALUES (?1)", ["book"]).unwrap();
    });
    assert_eq!(trace.render(), "shop\n├─ orders.db\n└─ orders.db\n");
    let expected = serde_json::json!({
        "database_type": "SQLite",
        "database_version": rusqlite::version(),
        "driver_version": "rusqlite",
    });
    let mut prepared = expected.clone();
    prepared["preparation"] = "statement".into();
    let nodes = subsegments(&trace);
    for (node, expected) in nodes.iter().zip([expected, prepared]) {
        assert_eq!(node.get("/namespace"), "remote");
        assert_eq!(node.get("/sql"), &expected);
        assert_eq!(node.get("/fault"), &serde_json::Value::Null);
    }
}

#[test]
fn databases_are_named_by_their_file() {
    let tracing = tracing();
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    for (opened, name) in [
        (":memory:".to_owned(), ":memory:"),
        (String::new(), ":memory:"),
        (format!("file:{}?cache=shared", path("shop.db")), "shop.db"),
        ("file:carts?mode=memory&cache=shared".to_owned(), ":memory:"),
        (path("größe 1.sqlite3"), "größe 1.sqlite3"),
    ] {
        let connection = Connection::open(&opened).unwrap();
        let trace = tracing.trace_blocking(|| connection.execute_batch("CREATE TABLE t (c)").unwrap());
        assert_eq!(names(&subsegments(&trace)), [name], "{opened}");
    }
}

#[test]
fn what_runs_what_gives_how_many_subsegments() {
    let tracing = tracing();
    type Work = fn(&mut Connection);
    let cases: [(&str, usize, Work); 11] = [
        ("each statement of a batch", 3, |connection| {
            connection.execute_batch("BEGIN; DELETE FROM orders; -- nothing\n COMMIT; ").unwrap();
        }),
        ("a statement of no text", 0, |connection| connection.execute_batch(" -- nothing\n").unwrap()),
        ("a statement that begins with a comment", 1, |connection| {
            connection.execute_batch("-- remove all\nDELETE FROM orders").unwrap();
        }),
        ("a transaction", 3, |connection| {
            let transaction = connection.transaction().unwrap();
            transaction.execute("DELETE FROM orders", []).unwrap();
            transaction.commit().unwrap();
        }),
        ("a transaction that is dropped", 3, |connection| {
            connection.transaction().unwrap().execute("DELETE FROM orders", []).unwrap();
        }),
        ("a prepared statement that runs twice", 2, |connection| {
            let mut statement = connection.prepare("SELECT item FROM orders WHERE id = ?1").unwrap();
            for id in 1..=2 {
                statement.query_row([id], |row| row.get::<_, String>(0)).unwrap();
            }
        }),
        ("a cached statement", 2, |connection| {
            for item in ["cup", "mug"] {
                connection.prepare_cached("INSERT INTO orders (item) VALUES (?1)").unwrap().execute([item]).unwrap();
            }
        }),
        ("rows that are dropped half read", 1, |connection| {
            let mut statement = connection.prepare("SELECT item FROM orders").unwrap();
            assert!(statement.query([]).unwrap().next().unwrap().is_some());
        }),
        ("a statement that is only prepared", 0, |connection| drop(connection.prepare("SELECT 1").unwrap())),
        ("a pragma that returns a row", 1, |connection| {
            connection.execute_batch("PRAGMA journal_mode = MEMORY").unwrap()
        }),
        ("a query that finds nothing", 1, |connection| {
            let none = connection.query_row("SELECT item FROM orders WHERE id = 9", [], |row| row.get::<_, String>(0));
            assert_eq!(none, Err(rusqlite::Error::QueryReturnedNoRows));
        }),
    ];
    for (what, count, work) in cases {
        let mut connection = orders();
        let trace = tracing.trace_blocking(|| work(&mut connection));
        assert_eq!(subsegments(&trace).len(), count, "{what}: {trace}");
        for node in subsegments(&trace) {
            assert_eq!(node.get("/cause"), &serde_json::Value::Null, "{what}");
        }
    }
}

#[test]
fn a_trigger_is_part_of_its_statement() {
    let tracing = tracing();
    let connection = orders();
    connection
        .execute_batch(
            "CREATE TABLE log (item); CREATE TRIGGER logged AFTER INSERT ON orders BEGIN
             INSERT INTO log VALUES (new.item); INSERT INTO log VALUES (new.id); END",
        )
        .unwrap();
    let trace = tracing.trace_blocking(|| {
        connection.execute("INSERT INTO orders (item) VALUES ('cup')", []).unwrap();
    });
    assert_eq!(names(&subsegments(&trace)), [":memory:"]);
    let logged = connection.query_row("SELECT count(*) FROM log", [], |row| row.get::<_, i64>(0));
    assert_eq!(logged, Ok(2));
}

#[test]
fn interleaved_rows_each_end_with_their_own_statement() {
    let tracing = tracing();
    let connection = orders();
    let trace = tracing.trace_blocking(|| {
        let mut outer = connection.prepare("SELECT id FROM orders ORDER BY id").unwrap();
        let mut inner = connection.prepare("SELECT item FROM orders WHERE id = ?1").unwrap();
        let mut ids = outer.query([]).unwrap();
        while let Some(row) = ids.next().unwrap() {
            let id: i64 = row.get(0).unwrap();
            inner.query_row([id], |row| row.get::<_, String>(0)).unwrap();
        }
    });
    let nodes = subsegments(&trace);
    // The outer began first and was still open while both of the inner ran.
    assert_eq!(nodes.len(), 3, "{trace}");
    let time = |node: &Node, key: &str| node.get(key).as_f64().unwrap();
    for inner in &nodes[1..] {
        assert!(time(&nodes[0], "/start_time") <= time(inner, "/start_time"));
        assert!(time(inner, "/end_time") <= time(&nodes[0], "/end_time"));
    }
    assert!(nodes.iter().all(|node| node.get("/in_progress").is_null()));
}

#[test]
fn statements_are_children_of_what_is_current_when_they_run() {
    let tracing = tracing();
    let connection = orders();
    let trace = tracing.trace_blocking(|| {
        let mut statement = connection.prepare("SELECT count(*) FROM orders").unwrap();
        let load = xray_core::begin_subsegment("load").entered();
        statement.query_row([], |row| row.get::<_, i64>(0)).unwrap();
        load.end();
        statement.query_row([], |row| row.get::<_, i64>(0)).unwrap();
    });
    assert_eq!(trace.render(), "shop\n├─ load\n│  └─ :memory:\n└─ :memory:\n");
}

#[test]
fn fifty_threads_at_once_keep_their_parents() {
    let tracing = tracing();
    let directory = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for number in 0..50 {
            let (tracing, directory) = (&tracing, &directory);
            scope.spawn(move || {
                let name = format!("shop-{number}.db");
                let connection = Connection::open(directory.path().join(&name)).unwrap();
                let segment = tracing.recorder.begin_segment(&name).entered();
                connection.execute_batch("CREATE TABLE orders (id INTEGER)").unwrap();
                for id in 0..4 {
                    let add = xray_core::begin_subsegment("add").entered();
                    connection.execute("INSERT INTO orders VALUES (?1)", [id]).unwrap();
                    add.end();
                }
                segment.end();
            });
        }
    });
    let traces = tracing.documents().traces();
    assert_eq!(traces.len(), 50);
    for trace in traces {
        let name = trace.root().name().to_owned();
        let adds = format!("├─ add\n│  └─ {name}\n").repeat(3);
        assert_eq!(trace.render(), format!("{name}\n├─ {name}\n{adds}└─ add\n   └─ {name}\n"));
    }
}

#[test]
fn a_connection_that_moves_to_another_thread_takes_its_context_from_there() {
    let tracing = tracing();
    let connection = orders();
    let trace = tracing.trace_blocking(|| {
        let count = "SELECT count(*) FROM orders";
        drop(connection.prepare_cached(count).unwrap().query_row([], |row| row.get::<_, i64>(0)));
        // Nothing is current there.
        thread::spawn(move || {
            drop(connection.prepare_cached(count).unwrap().query_row([], |row| row.get::<_, i64>(0)))
        })
        .join()
        .unwrap();
    });
    assert_eq!(subsegments(&trace).len(), 1);
}

#[test]
fn without_a_recorded_segment_nothing_is_sent() {
    let tracing = tracing();
    let connection = orders();
    tracing.without_segment_blocking(|| connection.execute("DELETE FROM orders", []).unwrap());
    let unsampled = Fixture::with(|builder| builder.libraries([Library::Rusqlite]).sampler(FixedSampler::NONE));
    let segment = unsampled.recorder.begin_segment("unsampled").entered();
    connection.execute("DELETE FROM orders", []).unwrap();
    segment.end();
    let unpatched = Fixture::of([Library::Mongodb]);
    let trace = unpatched.trace_blocking(|| drop(connection.execute("DELETE FROM orders", [])));
    assert_eq!(trace.render(), "shop\n");
    unsampled.assert_nothing_sent();
}

#[test]
fn a_schema_that_another_connection_changes_gives_no_second_subsegment() {
    let tracing = tracing();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("shop.db");
    let (one, other) = (Connection::open(&path).unwrap(), Connection::open(&path).unwrap());
    one.execute_batch("CREATE TABLE orders (id INTEGER)").unwrap();
    let mut insert = one.prepare("INSERT INTO orders VALUES (?1)").unwrap();
    insert.execute([1]).unwrap();
    other.execute_batch("CREATE TABLE carts (id INTEGER)").unwrap();
    let trace = tracing.trace_blocking(|| {
        insert.execute([2]).unwrap();
        insert.execute(params![3]).unwrap();
    });
    assert_eq!(names(&subsegments(&trace)), ["shop.db"; 2]);
}

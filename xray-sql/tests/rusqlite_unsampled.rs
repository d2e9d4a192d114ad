//! What is not recorded costs nothing: not one allocation more than the same calls of an untraced connection.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

use rusqlite::Connection;
use test_support::allocations;
use xray_core::{Library, sampling::FixedSampler};
use xray_sql::rusqlite::ConnectionExt as _;

use self::support::Fixture;

fn orders() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE orders (item TEXT); INSERT INTO orders VALUES ('book'), ('pen')").unwrap();
    connection
}

/// Calls of each kind, one of which fails: a macro, because the traced connection is of another type.
macro_rules! calls {
    ($connection:expr) => {{
        $connection.execute("UPDATE orders SET item = ?1 WHERE item = ?1", ["pen"]).unwrap();
        $connection.execute("SELEKT 's3cret'", []).unwrap_err();
        let mut statement = $connection.prepare_cached("SELECT item FROM orders WHERE item <> 's3cret'").unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            assert!(row.get_ref(0).is_ok());
        }
        drop(rows);
        assert_eq!(statement.query_map([], |row| row.get_ref(0).map(drop)).unwrap().count(), 2);
        assert!(statement.exists([]).unwrap());
        drop(statement);
        $connection.execute_batch("SELECT 's3cret'; SELECT 2").unwrap();
        $connection.query_row("SELECT 's3cret'", [], |row| row.get_ref(0).map(drop)).unwrap();
        let mut insert = $connection.prepare("INSERT INTO orders VALUES (?1)").unwrap();
        insert.insert(["cup"]).unwrap();
        drop(insert);
        let mut transaction = $connection.transaction().unwrap();
        transaction.execute("DELETE FROM orders WHERE item = 'cup'", []).unwrap();
        transaction.savepoint().unwrap().commit().unwrap();
        transaction.commit().unwrap();
    }};
}

#[test]
fn what_is_not_recorded_allocates_nothing_more() {
    let mut original = orders();
    let untraced = allocations(|| calls!(original));
    assert!(untraced > 0);

    let mut connection = orders().xray();
    let mut counted = || allocations(|| calls!(connection));
    let tracing = Fixture::of([Library::Rusqlite]);
    assert_eq!(tracing.without_segment_blocking(&mut counted), untraced, "no segment");

    for (name, libraries, sampler, sent) in [
        ("unsampled", &[Library::Rusqlite][..], FixedSampler::NONE, ""),
        ("unpatched", &[], FixedSampler::ALL, "test\n"),
    ] {
        let libraries = libraries.iter().copied();
        let tracing = Fixture::with(|builder| builder.libraries(libraries).sampler(sampler).collect_sql(true));
        let segment = tracing.recorder.begin_segment("test").entered();
        assert_eq!(counted(), untraced, "{name}");
        segment.end();
        let rendered: String = tracing.documents().traces().iter().map(|trace| trace.render()).collect();
        assert_eq!(rendered, sent, "{name}");
    }

    let (allocated, trace) = tracing.traced_blocking(counted);
    assert!(allocated > untraced, "recorded");
    assert!(trace.nodes().len() > 1_000, "{} calls", trace.nodes().len());
}

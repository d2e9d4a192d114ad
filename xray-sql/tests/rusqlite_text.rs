//! The text of statements, where the recorder collects it.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

use rusqlite::Connection;
use serde_json::Value;
use xray_core::testing::Trace;
use xray_core::{Environment, Library, RecorderBuilder};
use xray_sql::rusqlite::ConnectionExt as _;

use self::support::{Fixture, subsegments, texts};

fn traced(configure: impl FnOnce(RecorderBuilder) -> RecorderBuilder, sql: &str) -> Trace {
    xray_sql::rusqlite::install().unwrap();
    let tracing = Fixture::with(|builder| configure(builder.libraries([Library::Rusqlite])));
    let connection = Connection::open_in_memory().unwrap();
    tracing.trace_blocking(|| connection.execute_batch(sql).unwrap())
}

#[test]
fn the_recorder_decides_whether_texts_are_recorded() {
    let variable = |value| Environment::from_iter([("AWS_XRAY_COLLECT_SQL_QUERIES", value)]);
    let sql = "CREATE TABLE orders (item TEXT)";
    for (trace, expected) in [
        (traced(|builder| builder, sql), Value::Null),
        (traced(|builder| builder.collect_sql(false), sql), Value::Null),
        (traced(|builder| builder.collect_sql(true), sql), sql.into()),
        (traced(|builder| builder.environment(variable("true")), sql), sql.into()),
        (traced(|builder| builder.environment(variable("false")).collect_sql(true), sql), Value::Null),
    ] {
        assert_eq!(texts(&trace), [expected], "{trace}");
    }
    let error = xray_core::Recorder::builder().environment(variable("perhaps")).build().unwrap_err();
    assert_eq!(error.to_string(), "AWS_XRAY_COLLECT_SQL_QUERIES is \"perhaps\": expected true or false");
}

#[test]
fn each_statement_has_its_own_text() {
    xray_sql::rusqlite::install().unwrap();
    let tracing = Fixture::with(|builder| builder.libraries([Library::Rusqlite]).collect_sql(true));
    let mut connection = Connection::open_in_memory().unwrap().xray();
    let trace = tracing.trace_blocking(|| {
        let table =
            "CREATE TABLE orders (item TEXT DEFAULT 's3cret'); -- s3cret\nINSERT INTO orders VALUES ('pen'), ('cup');";
        connection.execute_batch(table).unwrap();
        let transaction = connection.transaction().unwrap();
        let by_item = "SELECT count(*) FROM orders WHERE item = ?1 AND 1 = 1";
        let count = transaction.query_row(by_item, ["pen"], |row| row.get::<_, u8>(0));
        assert_eq!(count.unwrap(), 1);
        transaction.prepare_cached("DELETE FROM \"orders\"").unwrap().execute([]).unwrap();
        transaction.commit().unwrap();
        connection.execute("SELEKT 's3cret'", []).unwrap_err();
        connection.prepare("SELECT 's3cret").map(drop).unwrap_err();
    });
    let expected = [
        "CREATE TABLE orders (item TEXT DEFAULT ?);",
        "INSERT INTO orders VALUES (?), (?);",
        "BEGIN DEFERRED",
        "SELECT count(*) FROM orders WHERE item = ?1 AND ? = ?",
        "DELETE FROM \"orders\"",
        "COMMIT",
        "SELEKT ?",
    ];
    assert_eq!(texts(&trace), [&expected.map(Value::from)[..], &[Value::Null]].concat(), "{trace}");
    assert_eq!(subsegments(&trace)[3].get("/sql/preparation"), "statement");
}

#[test]
fn a_long_text_is_cut_and_the_document_fits() {
    let values = vec!["('s3cret')"; 20_000].join(", ");
    let trace = traced(|builder| builder.collect_sql(true), &format!("SELECT * FROM (VALUES {values}) LIMIT 0"));
    let texts = texts(&trace);
    let text = texts[0].as_str().unwrap();
    assert!(text.starts_with("SELECT * FROM (VALUES (?), (?)") && text.ends_with(" …"), "{text}");
    assert!(text.chars().count() <= 4_000);
}

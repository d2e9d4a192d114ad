//! The text of statements, where it is collected, against a real MariaDB.

#![cfg(feature = "mysql_async")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::TryStreamExt as _;
use mysql_async::TxOpts;
use mysql_async::prelude::Queryable;
use serde_json::Value;
use xray_core::{Library, XRayFutureExt as _, sampling::FixedSampler};
use xray_sql::mysql_async::{Conn, PoolExt as _};

use self::support::mariadb::{options, orders, tracing};
use self::support::{Fixture, texts};

fn collecting() -> Fixture {
    Fixture::with(|builder| builder.libraries([Library::MysqlAsync]).collect_sql(true))
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn every_call_has_its_text() {
    let tracing = collecting();
    let mut connection = orders().await;
    let (_, trace) = tracing.traced(some_of_each(&mut connection)).await;
    let by_id = "SELECT item FROM orders WHERE id = ? AND item <> ?";
    let expected = [
        Value::Null,
        "SELECT item, ? FROM orders WHERE item = ?".into(),
        "SET @a = ?".into(),
        "SELECT ?".into(),
        by_id.into(),
        by_id.into(),
        by_id.into(),
        "SELECT ?, ?".into(),
        by_id.into(),
        "INSERT INTO orders (item, amount) VALUES (?, ?)".into(),
        "SELEKT ?".into(),
        "START TRANSACTION".into(),
        by_id.into(),
        "COMMIT".into(),
        "START TRANSACTION".into(),
        "ROLLBACK".into(),
        by_id.into(),
    ];
    assert_eq!(texts(&trace), expected, "{trace}");
    assert!(!tracing.documents().texts().any(|text| text.contains("s3cret")), "{trace}");
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn nothing_has_a_text_that_was_not_asked_for() {
    let tracing = tracing();
    let mut connection = orders().await;
    let (_, trace) = tracing.traced(some_of_each(&mut connection)).await;
    assert_eq!(texts(&trace), [const { Value::Null }; 17], "{trace}");

    let unsampled =
        Fixture::with(|builder| builder.libraries([Library::MysqlAsync]).collect_sql(true).sampler(FixedSampler::NONE));
    let mut connection = orders().await;
    some_of_each(&mut connection).in_segment(unsampled.recorder.begin_segment("test")).await;
    unsampled.assert_nothing_sent();
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_pool_or_a_connection_may_ask_for_the_text_by_itself() {
    let tracing = tracing();
    let options = options();
    let pool = mysql_async::Pool::new(options.clone()).xray(&options).collect_sql(true);
    let mut own = orders().await.collect_sql(true);
    let (_, trace) = tracing
        .traced(async {
            let mut connection = pool.get_conn().await.unwrap();
            connection.query_drop("SELECT 's3cret'").await.unwrap();
            own.exec_drop("SELECT \"s3cret\"", ()).await.unwrap();
        })
        .await;
    assert_eq!(texts(&trace), [Value::Null, "SELECT ?".into(), "SELECT ?".into()]);
    pool.disconnect().await.unwrap();
}

/// Through the trait, the text of a query is known and that of a statement is not.
#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_statement_that_goes_through_the_trait_has_no_text() {
    async fn generic(connection: &mut impl Queryable) {
        connection.query_drop("SELECT 's3cret'").await.unwrap();
        connection.exec_drop("SELECT 's3cret'", ()).await.unwrap();
    }
    let tracing = collecting();
    let mut connection = orders().await;
    let (_, trace) = tracing.traced(generic(&mut connection)).await;
    assert_eq!(texts(&trace), ["SELECT ?".into(), Value::Null]);
}

async fn some_of_each(connection: &mut Conn) {
    connection.ping().await.unwrap();
    connection.query::<(String, String), _>("SELECT item, \"s3cret\" FROM orders WHERE item = 's3cret'").await.unwrap();
    connection.query_drop("SET @a = 's3cret'").await.unwrap();
    let answer = connection.query_iter(String::from("SELECT 's3cret'")).await.unwrap();
    answer.collect_and_drop::<String>().await.unwrap();
    let by_id = "SELECT item FROM orders WHERE id = ? AND item <> 's3cret'";
    connection.exec_first::<String, _, _>(by_id, (1,)).await.unwrap();
    let statement = connection.prep(by_id).await.unwrap();
    connection.exec::<String, _, _>(&statement, (1,)).await.unwrap();
    connection.exec_iter(b"SELECT 1, 's3cret'".as_slice(), ()).await.unwrap().drop_result().await.unwrap();
    let rows = connection.exec_stream::<String, _, _>(statement.clone(), (1,)).await.unwrap();
    rows.try_collect::<Vec<_>>().await.unwrap();
    connection.exec_batch("INSERT INTO orders (item, amount) VALUES (?, 1)", [("s3cret",)]).await.unwrap();
    connection.query_drop("SELEKT 's3cret'").await.unwrap_err();
    let mut transaction = connection.start_transaction(TxOpts::default()).await.unwrap();
    transaction.exec_drop(&statement, (1,)).await.unwrap();
    transaction.commit().await.unwrap();
    connection.start_transaction(TxOpts::default()).await.unwrap().rollback().await.unwrap();
    connection.close(statement).await.unwrap();
}

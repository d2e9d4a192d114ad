//! The text of statements, where it is collected, against a real PostgreSQL.

#![cfg(feature = "tokio-postgres")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::TryStreamExt as _;
use serde_json::Value;
use tokio_postgres::types::Type;
use xray_core::{Library, sampling::FixedSampler};
use xray_sql::tokio_postgres::{ClientExt as _, GenericClient, Server, ToStatement};

use self::support::postgres::{Traced, config, orders};
use self::support::{Fixture, texts};

fn collecting() -> Fixture {
    Fixture::with(|builder| builder.libraries([Library::TokioPostgres]).collect_sql(true))
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn every_call_has_its_text() {
    let tracing = collecting();
    let mut client = orders().await;
    let (_, trace) = tracing.traced(some_of_each(&mut client)).await;
    let expected = [
        "SELECT item FROM orders WHERE id = $1 AND item <> ?",
        "SELECT item FROM orders WHERE id = $1 AND item <> ?",
        "SELECT item FROM orders WHERE id = $1 AND item <> ?",
        "SELECT item FROM orders WHERE id = $1 AND item <> ?",
        "SELECT item FROM orders WHERE id = $1 AND item <> ?",
        "SELECT ?; SET application_name = ?",
        "COPY (SELECT ?) TO STDOUT",
        "SELEKT ?",
        "START TRANSACTION",
        "SAVEPOINT",
        "UPDATE orders SET amount = ? WHERE item = ?",
        "ROLLBACK TO",
        "COMMIT",
    ];
    assert_eq!(texts(&trace), expected, "{trace}");
    assert!(!tracing.documents().texts().any(|text| text.contains("s3cret")), "{trace}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn nothing_has_a_text_that_was_not_asked_for() {
    let tracing = support::postgres::tracing();
    let mut client = orders().await;
    let (_, trace) = tracing.traced(some_of_each(&mut client)).await;
    assert_eq!(texts(&trace), [const { Value::Null }; 13], "{trace}");

    let unsampled = Fixture::with(|builder| {
        builder.libraries([Library::TokioPostgres]).collect_sql(true).sampler(FixedSampler::NONE)
    });
    let segment = unsampled.recorder.begin_segment("test");
    xray_core::XRayFutureExt::in_segment(some_of_each(&mut client), segment).await;
    unsampled.assert_nothing_sent();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_client_may_ask_for_the_text_by_itself() {
    let tracing = support::postgres::tracing();
    let client = orders().await.into_inner().xray(Server::from(&config()).collect_sql(true));
    let (_, trace) = tracing.traced(async { client.query("SELECT 's3cret'", &[]).await.unwrap() }).await;
    assert_eq!(texts(&trace), ["SELECT ?"]);
}

/// A statement that was prepared elsewhere is one that nobody knows.
#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_statement_that_was_prepared_unrecorded_has_no_text() {
    let tracing = collecting();
    let client = orders().await;
    let statement = client.prepare("SELECT 1").await.unwrap();
    let (_, trace) = tracing.traced(async { client.query(&statement, &[]).await.unwrap() }).await;
    assert_eq!(texts(&trace), [Value::Null]);
}

async fn some_of_each(client: &mut Traced) {
    let by_id = "SELECT item FROM orders WHERE id = $1 AND item <> 's3cret'";
    client.query(by_id, &[&1]).await.unwrap();
    client.query_typed(by_id, &[(&1, Type::INT4)]).await.unwrap();
    let statement = client.prepare(by_id).await.unwrap();
    generic(client, &statement).await;
    client.query_raw(&statement.clone(), [1]).await.unwrap().try_collect::<Vec<_>>().await.unwrap();
    client.batch_execute("SELECT 's3cret'; SET application_name = s3cret").await.unwrap();
    client.copy_out("COPY (SELECT 's3cret') TO STDOUT").await.unwrap().try_collect::<Vec<_>>().await.unwrap();
    client.execute(&"SELEKT 's3cret'".to_owned(), &[]).await.unwrap_err();
    let mut transaction = client.transaction().await.unwrap();
    let savepoint = transaction.savepoint("s3cret").await.unwrap();
    savepoint.execute("UPDATE orders SET amount = 17 WHERE item = 's3cret'", &[]).await.unwrap();
    savepoint.rollback().await.unwrap();
    transaction.commit().await.unwrap();
}

/// As users' code may be.
async fn generic<T: ToStatement + Sync + Send + ?Sized>(client: &impl GenericClient, statement: &T) {
    client.query_opt(statement, &[&1]).await.unwrap();
}

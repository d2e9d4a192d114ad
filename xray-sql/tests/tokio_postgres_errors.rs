//! What is recorded of errors, and that nothing else of a statement leaves the process.

#![cfg(feature = "tokio-postgres")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::pin::pin;

use futures::{SinkExt as _, TryStreamExt as _};
use test_support::ClosedPort;
use tokio_postgres::{Config, NoTls};

use self::support::postgres::{orders, tracing};
use self::support::promises::{SECRET, assert_private, assert_referred_to, assert_refused};
use self::support::{exceptions, subsegments};

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn the_error_of_a_statement_is_recorded_without_values() {
    let tracing = tracing();
    let client = orders().await;
    client
        .batch_execute(&format!(
            "ALTER TABLE orders ADD CONSTRAINT no_secret CHECK (item <> '{SECRET}x');
             CREATE FUNCTION pg_temp.refuse(text) RETURNS text LANGUAGE plpgsql AS $$
                 BEGIN RAISE EXCEPTION 'no %', $1 USING ERRCODE = 'unique_violation'; END $$;
             INSERT INTO orders (item) VALUES ('{SECRET}')"
        ))
        .await
        .unwrap();
    let not_recorded = "the message may hold a value and is not recorded";
    let cases = [
        (
            "INSERT INTO orders (item) VALUES ('#')",
            "23505 unique_violation",
            "duplicate key value violates unique constraint \"orders_item_key\"",
        ),
        (
            "INSERT INTO orders (item) VALUES ('#x')",
            "23514 check_violation",
            "new row for relation \"orders\" violates check constraint \"no_secret\"",
        ),
        (
            "INSERT INTO orders (item, amount) VALUES (NULL, 31415926)",
            "23502 not_null_violation",
            "null value in column \"item\" of relation \"orders\" violates not-null constraint",
        ),
        ("SELEKT '#'", "42601 syntax_error", "syntax error at or near \"SELEKT\""),
        ("SELECT 1 '#'", "42601 syntax_error", "syntax error at or near \"?\""),
        ("SELECT '#", "42601 syntax_error", "unterminated quoted string at or near \"?\""),
        ("SELECT missing, '#'", "42703 undefined_column", "column \"missing\" does not exist"),
        ("SELECT '#' FROM carts", "42P01 undefined_table", "relation \"carts\" does not exist"),
        ("SELECT '#'::integer", "22P02 invalid_text_representation", "invalid input syntax for type integer: \"?\""),
        ("SELECT '{\"#'::json", "22P02 invalid_text_representation", not_recorded),
        (
            "SELECT '31415926535'::integer",
            "22003 numeric_value_out_of_range",
            "value \"?\" is out of range for type integer",
        ),
        ("SELECT 31415926 / 0", "22012 division_by_zero", "division by zero"),
        ("SELECT pg_temp.refuse('#')", "23505 unique_violation", not_recorded),
        ("DO $$ BEGIN RAISE 'no #'; END $$", "P0001 raise_exception", not_recorded),
    ];
    let (_, trace) = tracing
        .traced(async {
            for (sql, ..) in cases {
                let sql = sql.replace('#', SECRET);
                client.execute(&sql, &[]).await.unwrap_err();
                client.batch_execute(&sql).await.unwrap_err();
            }
        })
        .await;
    let nodes = subsegments(&trace);
    assert_eq!(nodes.len(), 2 * cases.len());
    for (node, (sql, type_name, message)) in nodes.iter().zip(cases.iter().flat_map(|case| [case, case])) {
        let expected = [("tokio_postgres::error::Error", "db error"), (*type_name, *message)];
        assert_eq!(exceptions(node), expected.map(|(kind, text)| (kind.to_owned(), text.to_owned())), "{sql}");
        assert_eq!(node.get("/cause/exceptions/1/remote"), true, "{sql}");
    }
    assert_private(&tracing);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn the_errors_of_streams_copies_and_conversions_are_recorded() {
    let tracing = tracing();
    let mut client = orders().await;
    let (_, trace) = tracing
        .traced(async {
            let rows = client.query_raw("SELECT 1 / (3 - n) FROM generate_series(1, 5) n", [0; 0]).await.unwrap();
            rows.try_collect::<Vec<_>>().await.unwrap_err();
            for _ in 0..2 {
                let mut sink = pin!(client.copy_in("COPY orders (item) FROM STDIN").await.unwrap());
                sink.send(format!("{SECRET}\n{SECRET}\n").as_bytes().to_vec().leak() as &[u8]).await.unwrap();
                sink.as_mut().finish().await.unwrap_err();
            }
            let mut sink = pin!(client.copy_in("COPY orders (item) FROM STDIN").await.unwrap());
            sink.send(&b"book\n"[..]).await.unwrap();
            sink.close().await.unwrap_err();
            client.query("SELECT $1::integer", &[&SECRET]).await.unwrap_err();
            client.query("SELECT 1", &[&SECRET]).await.unwrap_err();
            client.query_one("SELECT 1 WHERE false", &[]).await.unwrap_err();
            let transaction = client.transaction().await.unwrap();
            transaction.execute("SELECT 1 / 0", &[]).await.unwrap_err();
            transaction.query("SELECT 1", &[]).await.unwrap_err();
        })
        .await;
    let failures: Vec<_> = subsegments(&trace).iter().map(exceptions).filter(|chain| !chain.is_empty()).collect();
    let innermost: Vec<_> = failures.iter().map(|chain| chain.last().unwrap().1.as_str()).collect();
    let unique = "duplicate key value violates unique constraint \"orders_item_key\"";
    let expected = [
        "division by zero",
        unique,
        unique,
        unique,
        "cannot convert between the Rust type `&str` and the Postgres type `int4`",
        "expected 0 parameters but got 1",
        "query returned an unexpected number of rows",
        "division by zero",
        "current transaction is aborted, commands ignored until end of transaction block",
    ];
    assert_eq!(innermost, expected, "{trace}");
    assert_private(&tracing);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn an_error_that_the_program_records_as_well_is_referred_to() {
    let tracing = tracing();
    let client = orders().await;
    let (_, trace) = tracing
        .traced(async {
            let work = async {
                client.execute("INSERT INTO orders (item) VALUES ($1)", &[&SECRET]).await?;
                client.execute("INSERT INTO orders (item) VALUES ($1)", &[&SECRET]).await
            };
            xray_core::capture_async("program", work).await.unwrap_err();
        })
        .await;
    assert_referred_to(&trace);
    assert_private(&tracing);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_connection_that_is_lost_is_a_fault() {
    let tracing = tracing();
    let mut client = orders().await;
    let (_, trace) = tracing
        .traced(async {
            let transaction = client.transaction().await.unwrap();
            let terminate = "SELECT pg_terminate_backend(pg_backend_pid())";
            transaction.batch_execute(terminate).await.unwrap_err();
            test_support::until("the client knows", async || transaction.client().is_closed()).await;
            transaction.commit().await.unwrap_err();
        })
        .await;
    let failures: Vec<_> = subsegments(&trace).iter().map(|node| exceptions(node).pop()).collect();
    let messages: Vec<_> =
        failures.iter().map(|failure| failure.as_ref().map(|(_, message)| message.as_str())).collect();
    let terminated = "terminating connection due to administrator command";
    assert_eq!(messages, [None, Some(terminated), Some("connection closed")], "{trace}");
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_a_fault_with_the_reason() {
    let tracing = tracing();
    let closed = ClosedPort::hold();
    let config: Config = format!("postgresql://app:{SECRET}@{closed}/shop").parse().unwrap();
    let (_, trace) =
        tracing.traced(async { xray_sql::tokio_postgres::connect(&config, NoTls).await.map(drop).unwrap_err() }).await;
    assert_refused(&trace);
    assert_private(&tracing);
}

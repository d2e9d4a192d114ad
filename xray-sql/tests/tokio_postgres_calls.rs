//! Calls of a traced client, against a real PostgreSQL.

#![cfg(feature = "tokio-postgres")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::pin::pin;
use std::sync::Arc;

use futures::{SinkExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use tokio_postgres::{IsolationLevel, NoTls, types::Type};
use xray_core::Library;
use xray_sql::tokio_postgres::ClientExt as _;
use xray_sql::tokio_postgres::binary_copy::{BinaryCopyInWriter, BinaryCopyOutStream};

use self::support::postgres::{SLEEP, config, name, orders, tracing, untraced, wait_until_asleep};
use self::support::promises::{assert_databases, assert_not_recorded, assert_own_parents};
use self::support::{affected, exceptions, outlines, returned, subsegments};

const PREPARED: bool = true;
const SIMPLE: bool = false;

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn connecting_is_a_call_and_tells_the_version() {
    let tracing = tracing();
    let config = config();
    let (_, trace) = tracing
        .traced(async {
            let (client, connection) = xray_sql::tokio_postgres::connect(&config, NoTls).await.unwrap();
            tokio::spawn(connection);
            client.query("SELECT 1", &[]).await.unwrap();
        })
        .await;
    let version: String = untraced().await.query_one("SHOW server_version", &[]).await.unwrap().get(0);
    let user = config.get_user().unwrap();
    let database = config.get_dbname().unwrap();
    let url = format!("postgresql://{user}@{}:{}/{database}", name().split_once('@').unwrap().1, config.get_ports()[0]);
    let connecting =
        json!({ "url": url, "database_type": "PostgreSQL", "driver_version": "tokio-postgres", "user": user });
    let mut query = connecting.clone();
    query["database_version"] = version.split(' ').next().unwrap().into();
    query["preparation"] = "statement".into();
    assert_databases(&trace, &name(), &[connecting, query]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn every_call_is_a_subsegment() {
    let tracing = tracing();
    let client = orders().await;
    let (_, trace) = tracing
        .traced(async {
            let (all, by_id) = ("SELECT item FROM orders", "SELECT item FROM orders WHERE id = $1");
            let update = "UPDATE orders SET amount = amount + 1";
            client.query(all, &[]).await.unwrap();
            client.query_one(by_id, &[&1]).await.unwrap();
            client.query_opt(by_id, &[&9]).await.unwrap();
            client.query_typed(by_id, &[(&1, Type::INT4)]).await.unwrap();
            client.query_typed_one(by_id, &[(&1, Type::INT4)]).await.unwrap();
            client.query_typed_opt(by_id, &[(&1, Type::INT4)]).await.unwrap();
            client.query_scalar::<String, _>(all, &[]).await.unwrap();
            client.query_one_scalar::<String, _>(by_id, &[&1]).await.unwrap();
            client.query_opt_scalar::<String, _>(by_id, &[&9]).await.unwrap();
            client.execute(update, &[]).await.unwrap();
            client.execute_typed(update, &[]).await.unwrap();
            client.execute_raw::<_, i32, _>(update, []).await.unwrap();
            client.batch_execute("SELECT 1; SELECT 2").await.unwrap();
            client.simple_query(all).await.unwrap();
            client.check_connection().await.unwrap();
        })
        .await;
    let expected = [
        (PREPARED, returned(2)),
        (PREPARED, returned(1)),
        (PREPARED, returned(0)),
        (PREPARED, returned(1)),
        (PREPARED, returned(1)),
        (PREPARED, returned(1)),
        (PREPARED, returned(2)),
        (PREPARED, returned(1)),
        (PREPARED, returned(0)),
        (PREPARED, affected(2)),
        (PREPARED, affected(2)),
        (PREPARED, affected(2)),
        (SIMPLE, Value::Null),
        (SIMPLE, Value::Null),
        (SIMPLE, Value::Null),
    ];
    assert_eq!(outlines(&trace), expected);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_prepared_statement_is_prepared_once() {
    let tracing = tracing();
    let client = orders().await;
    let (_, trace) = tracing
        .traced(async {
            let statement = client.prepare("UPDATE orders SET amount = $1").await.unwrap();
            client.execute(&statement, &[&3]).await.unwrap();
            client.execute(&statement, &[&4]).await.unwrap();
            client.prepare_typed("SELECT $1", &[Type::INT4]).await.unwrap();
        })
        .await;
    let expected = [Value::Null, affected(2), affected(2), Value::Null].map(|rows| (PREPARED, rows));
    assert_eq!(outlines(&trace), expected);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn what_begins_and_ends_a_transaction_is_a_call() {
    let tracing = tracing();
    let mut client = orders().await;
    let add = "INSERT INTO orders (item) VALUES ($1)";
    let (_, trace) = tracing
        .traced(async {
            let mut transaction = client.transaction().await.unwrap();
            transaction.execute(add, &[&"cup"]).await.unwrap();
            let savepoint = transaction.savepoint("before").await.unwrap();
            savepoint.execute(add, &[&"hat"]).await.unwrap();
            savepoint.rollback().await.unwrap();
            let nested = transaction.transaction().await.unwrap();
            nested.commit().await.unwrap();
            transaction.commit().await.unwrap();
        })
        .await;
    // BEGIN, SAVEPOINT, ROLLBACK TO, …
    let (mark, insert) = ((SIMPLE, Value::Null), (PREPARED, affected(1)));
    let expected = [&mark, &insert, &mark, &insert, &mark, &mark, &mark, &mark].map(Clone::clone);
    assert_eq!(outlines(&trace), expected);

    let (_, trace) = tracing
        .traced(async {
            let builder = client.build_transaction().isolation_level(IsolationLevel::Serializable);
            let transaction = builder.read_only(false).deferrable(true).start().await.unwrap();
            transaction.execute_raw::<&str, _, _>(add, ["hat"]).await.unwrap();
            let portal = transaction.bind("SELECT item FROM orders", &[]).await.unwrap();
            transaction.query_portal(&portal, 3).await.unwrap();
            let rest = transaction.query_portal_raw(&portal, 3).await.unwrap();
            assert_eq!(rest.try_collect::<Vec<_>>().await.unwrap().len(), 1);
            transaction.rollback().await.unwrap();
        })
        .await;
    let portal = [(PREPARED, Value::Null), (PREPARED, returned(3)), (PREPARED, returned(1))];
    let expected = [&mark, &insert, &portal[0], &portal[1], &portal[2], &mark].map(Clone::clone);
    assert_eq!(outlines(&trace), expected);

    // Dropped, it is rolled back, for which nobody waits.
    let (_, trace) = tracing.traced(async { drop(client.transaction().await.unwrap()) }).await;
    assert_eq!(outlines(&trace), [(SIMPLE, Value::Null)]);
    let items = client.query("SELECT item FROM orders WHERE item IN ('cup', 'hat')", &[]).await.unwrap();
    assert_eq!(items.iter().map(|row| row.get(0)).collect::<Vec<&str>>(), ["cup"]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_stream_ends_when_it_ends_or_is_dropped() {
    let tracing = tracing();
    let client = orders().await;
    let numbers = "SELECT generate_series(1, 5)";
    let (_, trace) = tracing
        .traced(async {
            let mut whole = pin!(client.query_raw(numbers, [0; 0]).await.unwrap());
            while let Some(row) = whole.try_next().await.unwrap() {
                assert!(row.get::<_, i32>(0) < 6);
            }
            assert_eq!(whole.rows_affected(), Some(5));
            // It has ended although it is not dropped: the next is no child and no overlap of it.
            let mut half = Box::pin(client.query_typed_raw(numbers, [(0, Type::INT4); 0]).await.unwrap());
            half.try_next().await.unwrap();
            half.try_next().await.unwrap();
            drop(half);
            let simple = client.simple_query_raw("SELECT 1; SELECT 2").await.unwrap();
            simple.try_collect::<Vec<_>>().await.unwrap();
            drop(client.query_raw(numbers, [0; 0]).await.unwrap().into_inner());
        })
        .await;
    let expected = [(PREPARED, returned(5)), (PREPARED, returned(2)), (SIMPLE, Value::Null), (PREPARED, returned(0))];
    assert_eq!(outlines(&trace), expected);
    let times: Vec<_> = subsegments(&trace)
        .iter()
        .flat_map(|node| ["/start_time", "/end_time"].map(|time| node.get(time).as_f64().unwrap()))
        .collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_copy_ends_when_it_is_finished() {
    let tracing = tracing();
    let client = orders().await;
    let into = "COPY orders (item) FROM STDIN";
    let (_, trace) = tracing
        .traced(async {
            let mut sink = pin!(client.copy_in(into).await.unwrap());
            sink.send(&b"cup\nhat\n"[..]).await.unwrap();
            assert_eq!(sink.as_mut().finish().await.unwrap(), 2);
            let mut closed = pin!(client.copy_in(into).await.unwrap());
            closed.send(&b"box\n"[..]).await.unwrap();
            closed.close().await.unwrap();
            drop(client.copy_in::<_, &[u8]>(into).await.unwrap());
            let data = client.copy_out("COPY (SELECT item FROM orders ORDER BY id) TO STDOUT").await.unwrap();
            assert_eq!(data.try_collect::<Vec<_>>().await.unwrap().concat(), b"book\npen\ncup\nhat\nbox\n");
        })
        .await;
    let expected = [(PREPARED, affected(2)), (PREPARED, Value::Null), (PREPARED, Value::Null), (PREPARED, Value::Null)];
    assert_eq!(outlines(&trace), expected);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_binary_copy_ends_with_its_rows() {
    let tracing = tracing();
    let client = orders().await;
    let (into, types) = ("COPY orders (item) FROM STDIN BINARY", [Type::TEXT]);
    let (_, trace) = tracing
        .traced(async {
            let mut writer = pin!(BinaryCopyInWriter::new(client.copy_in(into).await.unwrap(), &types));
            writer.as_mut().write(&[&"cup"]).await.unwrap();
            writer.as_mut().write_raw(["hat"]).await.unwrap();
            assert_eq!(writer.finish().await.unwrap(), 2);
            drop(BinaryCopyInWriter::new(client.copy_in(into).await.unwrap(), &types));
            let data = client.copy_out("COPY (SELECT item FROM orders ORDER BY id) TO STDOUT BINARY").await.unwrap();
            let rows = BinaryCopyOutStream::new(data, &types).map_ok(|row| row.get::<String>(0));
            assert_eq!(rows.try_collect::<Vec<_>>().await.unwrap(), ["book", "pen", "cup", "hat"]);
        })
        .await;
    assert_eq!(outlines(&trace), [(PREPARED, affected(2)), (PREPARED, Value::Null), (PREPARED, returned(4))]);
}

/// A value of another type than the column's, and one that is there already.
#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn the_error_of_a_binary_copy_is_recorded_once() {
    let tracing = tracing();
    let client = orders().await;
    let (into, types) = ("COPY orders (item) FROM STDIN BINARY", [Type::TEXT]);
    let (_, trace) = tracing
        .traced(async {
            {
                let mut writer = pin!(BinaryCopyInWriter::new(client.copy_in(into).await.unwrap(), &types));
                writer.as_mut().write(&[&17]).await.unwrap_err();
            }
            let mut writer = pin!(BinaryCopyInWriter::new(client.copy_in(into).await.unwrap(), &types));
            writer.as_mut().write(&[&"book"]).await.unwrap();
            writer.finish().await.unwrap_err();
        })
        .await;
    let nodes = subsegments(&trace);
    let causes: Vec<_> = nodes.iter().map(|node| exceptions(node).pop().unwrap().0).collect();
    assert_eq!(causes, ["WrongType", "23505 unique_violation"], "{trace}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_cancelled_call_is_ended_and_not_at_fault() {
    let tracing = tracing();
    let client = orders().await;
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let (_, trace) = tracing
        .traced(async {
            tokio::select! {
                outcome = client.execute(SLEEP, &[]) => panic!("{outcome:?}"),
                () = wait_until_asleep(pid) => {}
            }
            client.cancel_token().cancel_query(NoTls).await.unwrap();
            client.query("SELECT 1", &[]).await.unwrap();
        })
        .await;
    assert_eq!(outlines(&trace), [(PREPARED, Value::Null), (PREPARED, returned(1))]);
    assert_eq!(trace.nodes().iter().filter(|node| node.is_document()).count(), 1, "{trace}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn concurrent_calls_have_their_own_parents() {
    let tracing = tracing();
    let clients = Arc::new([orders().await, orders().await, orders().await, orders().await]);
    assert_own_parents(&tracing, &name(), 2, |number| {
        let clients = Arc::clone(&clients);
        async move {
            let client = &clients[number as usize % clients.len()];
            let row = client.query_one("SELECT $1", &[&number.to_string()]).await.unwrap();
            assert_eq!(row.get::<_, String>(0), number.to_string());
            client.execute("UPDATE orders SET amount = 1 WHERE id = 1", &[]).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn calls_that_are_not_recorded_go_through() {
    let mut client = orders().await;
    assert_not_recorded(Library::TokioPostgres, async || all_kinds(&mut client).await).await;
}

/// One call of each kind, one of which fails.
async fn all_kinds(client: &mut support::postgres::Traced) {
    client.query("SELECT 1", &[]).await.unwrap();
    client.execute("SELEKT 1", &[]).await.unwrap_err();
    client.query_raw("SELECT 1", [0; 0]).await.unwrap().try_collect::<Vec<_>>().await.unwrap();
    let sink = client.copy_in::<_, &[u8]>("COPY orders FROM STDIN").await.unwrap();
    assert_eq!(pin!(sink).finish().await.unwrap(), 0);
    let transaction = client.transaction().await.unwrap();
    transaction.batch_execute("SELECT 1").await.unwrap();
    transaction.commit().await.unwrap();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_client_that_is_attached_twice_records_once() {
    let tracing = tracing();
    let client = orders().await.xray(&config());
    let (_, trace) = tracing.traced(async { client.query("SELECT 1", &[]).await.unwrap() }).await;
    assert_eq!(trace.render(), format!("shop\n└─ {}\n", name()));
}

//! Pools of `deadpool-postgres`, against a real PostgreSQL.

#![cfg(feature = "deadpool-postgres")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, Runtime, Timeouts};
use serde_json::Value;
use test_support::ClosedPort;
use tokio_postgres::{Config, NoTls};
use xray_core::testing::Node;
use xray_core::{Library, XRayFutureExt as _};
use xray_sql::tokio_postgres::{ClientExt as _, GenericClient, Pool, PoolExt as _};

use self::support::postgres::{SLEEP, config, name, tracing, wait_until_asleep};
use self::support::promises::{assert_not_recorded, assert_refused};
use self::support::{Fixture, exceptions, milliseconds, subsegments, texts};

fn pool(config: &Config, size: usize) -> Pool {
    let builder = deadpool_postgres::Pool::builder(Manager::new(config.clone(), NoTls)).runtime(Runtime::Tokio1);
    builder.max_size(size).build().unwrap().xray(config)
}

fn wait(node: &Node) -> Option<f64> {
    node.get("/metadata/sql/pool_wait_ms").as_f64()
}

/// In a pool of one connection the second who wants one waits for the first, which is no query's time.
#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn the_wait_for_a_client_is_told_apart_from_queries() {
    let tracing = tracing();
    let pool = pool(&config(), 1);
    let held = pool.get().await.unwrap();
    let began = Instant::now();
    let (waited, trace) = tracing
        .traced(async {
            let second = async {
                let client = pool.get().await.unwrap();
                let waited = began.elapsed();
                client.query("SELECT 1", &[]).await.unwrap();
                waited
            };
            let first = async {
                held.query("SELECT 1", &[]).await.unwrap();
                drop(held);
            };
            tokio::join!(second, first).0
        })
        .await;
    let nodes = subsegments(&trace);
    assert_eq!(nodes.iter().map(|node| wait(node).is_some()).collect::<Vec<_>>(), [true, false, false], "{trace}");
    let told = wait(&nodes[0]).unwrap();
    // At least as long as the call that held the client; times are rounded to microseconds.
    assert!(told + 0.01 > milliseconds(&nodes[1]) && told <= waited.as_secs_f64() * 1e3, "{told} {waited:?} {trace}");
    assert!(nodes.iter().all(|node| node.name() == name()), "{trace}");
}

/// Generic, as with `deadpool_postgres::GenericClient`.
async fn cached(client: &impl GenericClient, sql: &str) {
    client.prepare_cached(sql).await.unwrap();
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn cached_statements_are_traced_and_stay_cached() {
    let tracing = Fixture::with(|builder| builder.libraries([Library::TokioPostgres]).collect_sql(true));
    let pool = pool(&config(), 1);
    let sql = "SELECT $1::text || 's3cret'";
    let (_, trace) = tracing
        .traced(async {
            let mut client = pool.get().await.unwrap();
            let statement = client.prepare_cached(sql).await.unwrap();
            client.query(&statement, &[&"a"]).await.unwrap();
            let mut transaction = client.transaction().await.unwrap();
            let again = transaction.prepare_cached(sql).await.unwrap();
            transaction.query(&again, &[&"b"]).await.unwrap();
            let savepoint = transaction.savepoint("before").await.unwrap();
            savepoint.prepare_typed_cached(sql, &[]).await.unwrap();
            savepoint.commit().await.unwrap();
            cached(&transaction, sql).await;
            transaction.commit().await.unwrap();
            cached(&client, sql).await;
            assert_eq!(client.statement_cache.size(), 1);
            client.prepare_cached("SELEKT 1").await.unwrap_err();
        })
        .await;
    let text = Value::from("SELECT $1::text || ?");
    let [begin, savepoint, release, commit] = ["START TRANSACTION", "SAVEPOINT", "RELEASE", "COMMIT"].map(Value::from);
    let expected = [
        Value::Null,
        text.clone(),
        text.clone(),
        begin,
        text.clone(),
        text.clone(),
        savepoint,
        text.clone(),
        release,
        text.clone(),
        commit,
        text,
        "SELEKT ?".into(),
    ];
    assert_eq!(texts(&trace), expected, "{trace}");
    let nodes = subsegments(&trace);
    assert_eq!(exceptions(&nodes[12]).pop().unwrap().0, "42601 syntax_error");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_pool_that_has_no_client_in_time_is_a_fault() {
    let tracing = tracing();
    let pool = pool(&config(), 1);
    let held = pool.get().await.unwrap();
    let soon = Timeouts { wait: Some(Duration::from_millis(1)), ..Timeouts::default() };
    let (_, trace) = tracing.traced(async { pool.timeout_get(&soon).await.map(drop).unwrap_err() }).await;
    drop(held);
    let expected = "Timeout occurred while waiting for a slot to become available";
    let nodes = subsegments(&trace);
    assert_eq!(exceptions(&nodes[0]), [("deadpool_postgres::PoolError".to_owned(), expected.to_owned())]);
    assert!(wait(&nodes[0]).unwrap() >= 1.0);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_a_fault_with_the_reason() {
    let tracing = tracing();
    let closed = ClosedPort::hold();
    let config: Config = format!("postgresql://app:s3cret@{closed}/shop").parse().unwrap();
    let pool = pool(&config, 1);
    let (_, trace) = tracing.traced(async { pool.get().await.map(drop).unwrap_err() }).await;
    assert_refused(&trace);
    assert!(!tracing.documents().texts().any(|text| text.contains("s3cret")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn concurrent_calls_have_their_own_parents() {
    let tracing = tracing();
    let pool = pool(&config(), 5);
    let (_, trace) = tracing
        .traced(async {
            let orders = (0..50).map(|number| {
                let pool = pool.clone();
                let work = async move {
                    let row = pool.get().await.unwrap().query_one("SELECT $1::integer", &[&number]).await.unwrap();
                    assert_eq!(row.get::<_, i32>(0), number);
                };
                tokio::spawn(work.in_subsegment(format!("order {number}")))
            });
            futures::future::join_all(orders).await
        })
        .await;
    for number in 0..50 {
        let calls = trace.find(&format!("order {number}")).children();
        assert_eq!(calls.iter().map(|call| wait(call).is_some()).collect::<Vec<_>>(), [true, false], "{trace}");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_cancelled_call_is_ended_and_not_at_fault() {
    let tracing = tracing();
    let pool = pool(&config(), 1);
    let client = pool.get().await.unwrap();
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let (_, trace) = tracing
        .traced(async {
            tokio::select! {
                outcome = client.execute(SLEEP, &[]) => panic!("{outcome:?}"),
                () = wait_until_asleep(pid) => {}
            }
            // The pool's one client is held, so this waits until it is dropped.
            tokio::select! {
                biased;
                outcome = pool.get() => panic!("{outcome:?}"),
                () = std::future::ready(()) => {}
            }
            client.cancel_token().cancel_query(NoTls).await.unwrap();
            drop(client);
            pool.get().await.unwrap();
        })
        .await;
    let nodes = subsegments(&trace);
    let outlines: Vec<_> = nodes.iter().map(|node| (exceptions(node).len(), wait(node).is_some())).collect();
    assert_eq!(outlines, [(0, false), (0, false), (0, true)], "{trace}");
    assert_eq!(trace.nodes().iter().filter(|node| node.is_document()).count(), 1, "{trace}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn what_is_attached_twice_records_once() {
    let tracing = tracing();
    let pool = pool(&config(), 1).into_inner().xray(&config());
    let (_, trace) = tracing
        .traced(async {
            let mut client = pool.get().await.unwrap().xray(&config());
            let statement = client.prepare_cached("SELECT 1").await.unwrap();
            client.query(&statement, &[]).await.unwrap();
            let transaction = client.transaction().await.unwrap();
            transaction.query(&statement, &[]).await.unwrap();
            transaction.commit().await.unwrap();
        })
        .await;
    // The pool's client, the statement, its query; the beginning, the query and the end of the transaction.
    assert_eq!(trace.root().children().len(), 6, "{trace}");
    assert_eq!(trace.nodes().len(), 7, "{trace}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn what_is_not_recorded_goes_through() {
    let pool = pool(&config(), 1);
    let work = async || {
        let client = pool.get().await.unwrap();
        let statement = client.prepare_cached("SELECT 1").await.unwrap();
        assert_eq!(client.query(&statement, &[]).await.unwrap().len(), 1);
    };
    assert_not_recorded(Library::TokioPostgres, work).await;
}

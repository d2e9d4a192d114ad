//! Taking connections from a pool, against a real MariaDB.

#![cfg(feature = "mysql_async")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::time::Instant;

use mysql_async::prelude::Queryable as _;
use mysql_async::{OptsBuilder, PoolConstraints, PoolOpts, TxOpts};
use xray_core::testing::Node;
use xray_sql::mysql_async::PoolExt as _;

use self::support::mariadb::{options, tracing};
use self::support::subsegments;

fn wait(node: &Node) -> Option<f64> {
    node.get("/metadata/sql/pool_wait_ms").as_f64()
}

/// In a pool of one connection the second who wants one waits for the first, which is no query's time.
#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn the_wait_for_a_connection_is_told_apart_from_queries() {
    let tracing = tracing();
    let one = PoolOpts::default().with_constraints(PoolConstraints::new(0, 1).unwrap());
    let options: mysql_async::Opts = OptsBuilder::from_opts(options()).pool_opts(one).into();
    let pool = mysql_async::Pool::new(options.clone()).xray(&options);
    let mut held = pool.get_conn().await.unwrap();
    let began = Instant::now();
    let ((held_for, waited), trace) = tracing
        .traced_async(async {
            // Polled first, it is in the queue before the held connection does anything.
            let second = async {
                let mut connection = pool.get_conn().await.unwrap();
                let waited = began.elapsed();
                connection.query_drop("SELECT 1").await.unwrap();
                drop(connection);
                pool.start_transaction(TxOpts::default()).await.unwrap().rollback().await.unwrap();
                waited
            };
            let first = async {
                held.query_drop("SELECT SLEEP(0.2)").await.unwrap();
                let held_for = began.elapsed();
                drop(held);
                held_for
            };
            let (waited, held_for) = tokio::join!(second, first);
            (held_for, waited)
        })
        .await;
    let nodes = subsegments(&trace);
    let waits: Vec<_> = nodes.iter().map(wait).collect();
    // The wait, the sleep, the query, the transaction's own connection, the rollback.
    assert_eq!(waits.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false, true, false], "{trace}");
    let (waited_ms, held_ms) = (waited.as_secs_f64() * 1e3, held_for.as_secs_f64() * 1e3);
    assert!(
        waits[0].unwrap() <= waited_ms && waits[0].unwrap() >= 200.0 && held_ms >= 200.0,
        "{waits:?} {waited_ms} {held_ms}"
    );
    let seconds = nodes[0].get("/end_time").as_f64().unwrap() - nodes[0].get("/start_time").as_f64().unwrap();
    assert!((seconds * 1e3 - waits[0].unwrap()).abs() < 50.0, "{trace}");
    pool.disconnect().await.unwrap();
}

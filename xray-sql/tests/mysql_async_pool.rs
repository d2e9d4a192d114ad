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
use self::support::{milliseconds, subsegments};

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
    let (waited, trace) = tracing
        .traced(async {
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
                held.query_drop("SELECT 1").await.unwrap();
                drop(held);
            };
            tokio::join!(second, first).0
        })
        .await;
    let nodes = subsegments(&trace);
    let waits: Vec<_> = nodes.iter().map(wait).collect();
    // The wait, the call meanwhile, the query, the transaction's own connection, the rollback.
    assert_eq!(waits.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false, true, false], "{trace}");
    let told = waits[0].unwrap();
    // At least as long as the call that held the connection; times are rounded to microseconds.
    assert!(told + 0.01 > milliseconds(&nodes[1]) && told <= waited.as_secs_f64() * 1e3, "{told} {waited:?} {trace}");
    assert!(told < milliseconds(&nodes[0]) + 0.01, "{trace}");
    pool.disconnect().await.unwrap();
}

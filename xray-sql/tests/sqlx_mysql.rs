//! What only MySQL needs: to be asked for its version.

#![cfg(all(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use serde_json::Value;
use xray_core::testing::Trace;

use self::support::sqlx::{Dialect, MySql, pool};
use self::support::subsegments;

fn versions(trace: &Trace) -> Vec<Value> {
    subsegments(trace).iter().map(|node| node.get("/sql/database_version").clone()).collect()
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn the_version_is_known_once_the_server_was_asked() {
    let tracing = MySql::tracing();
    let pool = pool::<MySql>().await;
    let whole: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(&pool).await.unwrap();
    let version = Value::from(whole.split('-').next().unwrap());
    let (_, trace) = tracing
        .traced(async {
            sqlx::query("SELECT 1").execute(&pool).await.unwrap();
            let clone = pool.clone();
            // Not recorded itself.
            pool.ask_version().await.unwrap();
            sqlx::query("SELECT 1").execute(&clone).await.unwrap();
        })
        .await;
    assert_eq!(versions(&trace), [Value::Null, version], "{trace}");
    pool.close().await;
    pool.ask_version().await.unwrap();
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_connection_that_asks_tells_its_pool() {
    let tracing = MySql::tracing();
    let pool = pool::<MySql>().await;
    let (_, trace) = tracing
        .traced(async {
            let mut transaction = pool.begin().await.unwrap();
            transaction.ask_version().await.unwrap();
            transaction.commit().await.unwrap();
            sqlx::query("SELECT 1").execute(&pool).await.unwrap();
        })
        .await;
    let versions = versions(&trace);
    assert_eq!((versions.len(), &versions[0]), (3, &Value::Null), "{trace}");
    assert!(versions[1].is_string() && versions[1] == versions[2], "{trace}");
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_pool_that_cannot_ask_says_so() {
    let pool = pool::<MySql>().await;
    pool.close().await;
    assert!(matches!(pool.ask_version().await, Err(sqlx::Error::PoolClosed)));
}

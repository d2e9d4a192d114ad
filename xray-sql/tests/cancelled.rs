//! A call that was given up, or a stream of rows that was not read to its end, is told from one that was answered.

#![cfg(feature = "sqlx-sqlite")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::{StreamExt as _, TryStreamExt as _};
use sqlx::sqlite::SqlitePoolOptions;
use xray_sql::sqlx::PoolExt as _;

use self::support::{Fixture, marks};

const ROWS: &str = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3";
/// Takes longer than anybody waits.
const SLOW: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000000) SELECT count(*) FROM n";

#[tokio::test]
async fn what_is_dropped_before_its_end_is_cancelled_and_nothing_else_is() {
    let fixture = Fixture::start();
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap().xray();
    let (_, trace) = fixture
        .traced(async {
            sqlx::query(ROWS).execute(&pool).await.unwrap();
            sqlx::query(ROWS).fetch_all(&pool).await.unwrap();
            sqlx::query(ROWS).fetch_one(&pool).await.unwrap();
            sqlx::query("SELECT 1 WHERE 0").fetch_optional(&pool).await.unwrap();
            sqlx::query("SELEKT").execute(&pool).await.unwrap_err();
            sqlx::query(ROWS).fetch(&pool).try_collect::<Vec<_>>().await.unwrap();
            sqlx::query("SELEKT").fetch(&pool).try_collect::<Vec<_>>().await.unwrap_err();
            let mut transaction = pool.begin().await.unwrap();
            sqlx::query(ROWS).fetch_all(&mut *transaction).await.unwrap();
            transaction.commit().await.unwrap();
            let held = pool.acquire().await.unwrap();
            drop(held);
        })
        .await;
    assert_eq!(trace.root().children().len(), 11, "{trace}");
    assert!(marks(&trace).iter().all(|mark| !mark), "{trace}");

    let (_, trace) = fixture
        .traced(async {
            let mut rows = sqlx::query(ROWS).fetch(&pool);
            rows.next().await.unwrap().unwrap();
            drop(rows);
            let held = pool.acquire().await.unwrap();
            let mut waits = Box::pin(pool.acquire());
            assert!(futures::poll!(waits.as_mut()).is_pending());
            drop(waits);
            drop(held);
            let mut slow = Box::pin(sqlx::query(SLOW).execute(&pool));
            assert!(futures::poll!(slow.as_mut()).is_pending());
            drop(slow);
        })
        .await;
    assert_eq!(marks(&trace), [true, false, true, true], "{trace}");
    assert!(trace.root().children().iter().all(|call| call.get("/fault").is_null()), "{trace}");
}

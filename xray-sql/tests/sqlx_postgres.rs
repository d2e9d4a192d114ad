//! What only PostgreSQL has: copies, notifications, advisory locks.

#![cfg(all(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::TryStreamExt as _;
use serde_json::Value;
use sqlx::postgres::{PgAdvisoryLock, PgListener};
use xray_sql::sqlx::PgPool;

use self::support::sqlx::{Dialect, Postgres, outlines, pool};
use self::support::{affected, failure, subsegments};

const TEXT: bool = false;
const POOLED: bool = true;
const NOT_TOLD_APART: bool = false;
const HELD: bool = false;

/// A traced pool whose one connection has a table of its own.
async fn orders() -> PgPool {
    let pool = pool::<Postgres>().await;
    sqlx::raw_sql(Postgres::CREATE).execute(&pool).await.unwrap();
    pool
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_copy_ends_when_it_is_finished() {
    let tracing = Postgres::tracing();
    let pool = orders().await;
    let (into, out) = ("COPY orders (item) FROM STDIN", "COPY (SELECT item FROM orders ORDER BY id) TO STDOUT");
    let (_, trace) = tracing
        .traced(async {
            let mut copy = pool.copy_in_raw(into).await.unwrap();
            assert!(copy.is_textual());
            copy.send(&b"cup\n"[..]).await.unwrap().send(&b"hat\n"[..]).await.unwrap();
            copy.read_from(&b"box\n"[..]).await.unwrap();
            assert_eq!(copy.finish().await.unwrap(), 3);
            let mut held = pool.acquire().await.unwrap();
            held.copy_in_raw(into).await.unwrap().abort("no more").await.unwrap();
            let data = held.copy_out_raw(out).await.unwrap().try_collect::<Vec<_>>().await.unwrap();
            assert_eq!(data.concat(), b"cup\nhat\nbox\n");
            drop(held);
            drop(pool.copy_out_raw(out).await.unwrap());
        })
        .await;
    let expected = [
        (TEXT, NOT_TOLD_APART, affected(3)),
        (TEXT, POOLED, Value::Null),
        (TEXT, HELD, Value::Null),
        (TEXT, HELD, Value::Null),
        (TEXT, POOLED, Value::Null),
    ];
    assert_eq!(outlines(&trace), expected, "{trace}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn the_error_of_a_copy_is_recorded_without_values() {
    let tracing = Postgres::tracing();
    let pool = orders().await;
    let (_, trace) = tracing
        .traced(async {
            let mut copy = pool.copy_in_raw("COPY orders (item) FROM STDIN").await.unwrap();
            copy.send(&b"hunterzwei\nhunterzwei\n"[..]).await.unwrap();
            copy.finish().await.unwrap_err();
            let mut copy =
                pool.copy_out_raw("COPY (SELECT 1 / (2 - n) FROM generate_series(1, 3) n) TO STDOUT").await.unwrap();
            while copy.try_next().await.is_ok_and(|chunk| chunk.is_some()) {}
        })
        .await;
    let failures: Vec<_> = subsegments(&trace).iter().map(failure).collect();
    let owned = |(code, message): (&str, &str)| Some((code.to_owned(), message.to_owned()));
    assert_eq!(
        failures,
        [owned(Postgres::DUPLICATE), owned(("22012 division_by_zero", "division by zero"))],
        "{trace}"
    );
    assert!(!tracing.documents().texts().collect::<String>().contains("hunterzwei"));
}

/// Only a connection that was acquired in a recorded segment was asked for the version: one that was held from
/// before never told it.
#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_connection_that_was_taken_unrecorded_tells_the_version() {
    let tracing = Postgres::tracing();
    let version = Postgres::version(&pool::<Postgres>().await).await.unwrap();
    for call in ["query", "begin", "begin_with", "ping", "copy_in", "copy_out", "commit", "rollback", "try_begin"] {
        let pool = orders().await;
        let mut held = pool.acquire().await.unwrap();
        let (_, trace) = match call {
            "query" => {
                tracing.traced(async { drop(sqlx::query("SELECT 1").fetch_one(&mut *held).await.unwrap()) }).await
            }
            "begin" => tracing.traced(async { drop(held.begin().await.unwrap()) }).await,
            "begin_with" => tracing.traced(async { drop(held.begin_with("BEGIN").await.unwrap()) }).await,
            "ping" => tracing.traced(async { held.ping().await.unwrap() }).await,
            "copy_in" => {
                let copy =
                    async { held.copy_in_raw("COPY orders (item) FROM STDIN").await.unwrap().abort("").await.unwrap() };
                tracing.traced(copy).await
            }
            "copy_out" => {
                let copy = async { drop(held.copy_out_raw("COPY orders TO STDOUT").await.unwrap()) };
                tracing.traced(copy).await
            }
            "commit" => {
                let transaction = held.begin().await.unwrap();
                tracing.traced(async { transaction.commit().await.unwrap() }).await
            }
            "rollback" => {
                let transaction = held.begin().await.unwrap();
                tracing.traced(async { transaction.rollback().await.unwrap() }).await
            }
            _ => {
                drop(held);
                // It goes back to the pool in a task of its own; while there is none, nothing is recorded.
                let begins = async || pool.try_begin().await.unwrap().is_some();
                let begin = test_support::until("the connection is back", begins);
                tracing.traced(begin).await
            }
        };
        let nodes = subsegments(&trace);
        assert_eq!(nodes.len(), 1, "{call}: {trace}");
        assert_eq!(nodes[0].get("/sql/database_version"), &version, "{call}: {trace}");
    }
}

/// Copies of a pool hide their connection, and never told.
#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_copy_of_a_pool_tells_the_version() {
    let tracing = Postgres::tracing();
    let version = Postgres::version(&pool::<Postgres>().await).await.unwrap();
    for copies_in in [true, false] {
        let pool = orders().await;
        let copy = async {
            if copies_in {
                pool.copy_in_raw("COPY orders (item) FROM STDIN").await.unwrap().abort("").await.unwrap();
            } else {
                drop(pool.copy_out_raw("COPY orders TO STDOUT").await.unwrap());
            }
        };
        let (_, trace) = tracing.traced(copy).await;
        let nodes = subsegments(&trace);
        assert_eq!(nodes.len(), 1, "{trace}");
        assert_eq!(nodes[0].get("/sql/database_version"), &version, "{trace}");
        assert_eq!(pool.size(), 1, "it opened a connection to ask");
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_copy_that_does_not_begin_is_a_fault() {
    let tracing = Postgres::tracing();
    let pool = orders().await;
    let (_, trace) = tracing
        .traced(async {
            assert!(pool.copy_in_raw("COPY nothing (item) FROM STDIN").await.is_err());
            assert!(pool.copy_out_raw("COPY nothing TO STDOUT").await.is_err());
            pool.close().await;
            assert!(pool.copy_in_raw("COPY orders (item) FROM STDIN").await.is_err());
            assert!(pool.copy_out_raw("COPY orders TO STDOUT").await.is_err());
        })
        .await;
    let failures: Vec<_> = subsegments(&trace).iter().map(|node| failure(node).unwrap().1).collect();
    let (unknown, closed) =
        ("relation \"nothing\" does not exist", "attempted to acquire a connection on a closed pool");
    assert_eq!(failures, [unknown, unknown, closed, closed], "{trace}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn what_takes_the_originals_takes_the_wrappers() {
    let tracing = Postgres::tracing();
    let pool = Postgres::untraced(2).await;
    let pool = xray_sql::sqlx::PoolExt::xray(pool);
    let (_, trace) = tracing
        .traced(async {
            let mut listener = PgListener::connect_with(&pool).await.unwrap();
            listener.listen("xray_orders").await.unwrap();
            sqlx::query("NOTIFY xray_orders, 'book'").execute(&pool).await.unwrap();
            assert_eq!(listener.recv().await.unwrap().payload(), "book");
            let lock = PgAdvisoryLock::new("xray_orders");
            let locked = lock.acquire(pool.acquire().await.unwrap()).await.unwrap();
            locked.release_now().await.unwrap();
        })
        .await;
    assert_eq!(outlines(&trace).len(), 2, "the notification and the connection for the lock: {trace}");
}

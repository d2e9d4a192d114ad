//! Calls of traced pools, connections and transactions, against SQLite and against a real PostgreSQL and MariaDB.

#![cfg(all(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::pin::pin;

use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;
use sqlx::{ConnectOptions as _, Either, Executor as _};
use xray_core::{XRayFutureExt as _, sampling::FixedSampler};
use xray_sql::sqlx::{ConnectionExt as _, Pool, PoolExt as _};

use self::support::sqlx::{Dialect, outlines, pool, pool_wait, rows};
use self::support::{Fixture, affected, marks, milliseconds, returned, subsegments};

const PREPARED: bool = true;
const TEXT: bool = false;
const POOLED: bool = true;
const HELD: bool = false;

/// A traced pool with two orders in a table of its one connection, made while nothing is traced.
macro_rules! orders {
    ($dialect:ident) => {{
        let pool = pool::<$dialect>().await;
        sqlx::raw_sql($dialect::CREATE).execute(&pool).await.unwrap();
        for item in ["book", "pen"] {
            sqlx::query($dialect::ADD).bind(item).execute(&pool).await.unwrap();
        }
        pool
    }};
}

/// One call of each kind, one of which fails.
macro_rules! all_kinds {
    ($pool:ident) => {
        async {
            sqlx::query("SELECT 1").fetch_one(&$pool).await.unwrap();
            sqlx::query("SELEKT 1").execute(&$pool).await.unwrap_err();
            sqlx::query("SELECT 1").fetch(&$pool).try_collect::<Vec<_>>().await.unwrap();
            sqlx::raw_sql("SELECT 1; SELECT 2").execute(&$pool).await.unwrap();
            let mut transaction = $pool.begin().await.unwrap();
            sqlx::query("SELECT 1").execute(&mut *transaction).await.unwrap();
            transaction.commit().await.unwrap();
            $pool.acquire().await.unwrap().ping().await.unwrap();
        }
    };
}

macro_rules! tests {
    ($module:ident, $dialect:ident $(, $ignored:meta)?) => {
        mod $module {
            use super::*;
            use crate::support::sqlx::$dialect as D;

            #[tokio::test]
            $(#[$ignored])?
            async fn every_call_is_a_subsegment() {
                let tracing = D::tracing();
                let pool = orders!(D);
                let (_, trace) = tracing
                    .traced(async {
                        let all = "SELECT item FROM orders";
                        sqlx::query(all).fetch_all(&pool).await.unwrap();
                        sqlx::query(D::BY_ID).bind(1).fetch_one(&pool).await.unwrap();
                        sqlx::query(D::BY_ID).bind(9).fetch_one(&pool).await.unwrap_err();
                        assert!(sqlx::query(D::BY_ID).bind(9).fetch_optional(&pool).await.unwrap().is_none());
                        sqlx::query_scalar::<_, String>(all).fetch_all(&pool).await.unwrap();
                        sqlx::query_as::<_, (String,)>(D::BY_ID).bind(1).fetch_one(&pool).await.unwrap();
                        sqlx::query("UPDATE orders SET amount = 3").execute(&pool).await.unwrap();
                        sqlx::raw_sql("UPDATE orders SET amount = 4; UPDATE orders SET amount = 5 WHERE id = 1")
                            .execute(&pool)
                            .await
                            .unwrap();
                        pool.execute("UPDATE orders SET amount = 6 WHERE id = 1").await.unwrap();
                        let statement = pool.prepare(sqlx::SqlSafeStr::into_sql_str(D::BY_ID)).await.unwrap();
                        drop(statement);
                        let mut held = pool.acquire().await.unwrap();
                        sqlx::query(all).fetch_all(&mut *held).await.unwrap();
                        held.ping().await.unwrap();
                    })
                    .await;
                let expected = [
                    (PREPARED, POOLED, returned(2)),
                    (PREPARED, POOLED, returned(1)),
                    (PREPARED, POOLED, returned(0)),
                    (PREPARED, POOLED, returned(0)),
                    (PREPARED, POOLED, returned(2)),
                    (PREPARED, POOLED, returned(1)),
                    (PREPARED, POOLED, affected(2)),
                    (TEXT, POOLED, affected(3)),
                    (TEXT, POOLED, affected(1)),
                    (PREPARED, POOLED, Value::Null),
                    (TEXT, POOLED, Value::Null),
                    (PREPARED, HELD, returned(2)),
                    (TEXT, HELD, Value::Null),
                ];
                assert_eq!(outlines(&trace), expected, "{trace}");
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn what_is_known_of_the_database_is_recorded() {
                let tracing = D::tracing();
                let pool = pool::<D>().await;
                let connection = D::options().connect().await.unwrap();
                let mut connection = connection.xray(&D::options());
                let (_, trace) = tracing
                    .traced(async {
                        sqlx::query("SELECT 1").fetch_all(&pool).await.unwrap();
                        sqlx::query("SELECT 1").fetch_all(&pool).await.unwrap();
                        sqlx::query("SELECT 1").fetch_all(&mut connection).await.unwrap();
                        connection.close().await.unwrap();
                    })
                    .await;
                let nodes = subsegments(&trace);
                assert_eq!(nodes.len(), 3, "{trace}");
                for node in nodes {
                    assert_eq!(node.name(), D::name());
                    assert_eq!(node.get("/namespace"), "remote");
                    let mut sql = node.get("/sql").clone();
                    let version = sql.as_object_mut().unwrap().remove("database_version");
                    assert_eq!(version, D::version(&pool).await, "{trace}");
                    assert_eq!(sql, D::sql());
                }
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn what_begins_and_ends_a_transaction_is_a_call() {
                let tracing = D::tracing();
                let pool = orders!(D);
                let add = async |connection: &mut xray_sql::sqlx::Connection<'_, _>, item: &str| {
                    sqlx::query(D::ADD).bind(item.to_owned()).execute(connection).await.unwrap();
                };
                let (_, trace) = tracing
                    .traced(async {
                        #[allow(unused_imports, reason = "with the originals it is needed; here other methods come first")]
                        use sqlx::Acquire as _;
                        let mut transaction = pool.begin().await.unwrap();
                        add(&mut transaction, "cup").await;
                        let mut savepoint = transaction.begin().await.unwrap();
                        add(&mut savepoint, "hat").await;
                        savepoint.rollback().await.unwrap();
                        let nested = transaction.begin().await.unwrap();
                        nested.commit().await.unwrap();
                        transaction.commit().await.unwrap();
                        let mut held = pool.acquire().await.unwrap();
                        let rolled_back = held.begin().await.unwrap();
                        rolled_back.rollback().await.unwrap();
                    })
                    .await;
                let (begin, mark) = ((TEXT, POOLED, Value::Null), (TEXT, HELD, Value::Null));
                let insert = (PREPARED, HELD, affected(1));
                let acquire = begin.clone();
                let expected =
                    [&begin, &insert, &mark, &insert, &mark, &mark, &mark, &mark, &acquire, &mark, &mark].map(Clone::clone);
                assert_eq!(outlines(&trace), expected, "{trace}");

                let (_, trace) = tracing
                    .traced(async {
                        let mut held = pool.acquire().await.unwrap();
                        let work = held.transaction(|transaction| {
                            Box::pin(async move {
                                sqlx::query(D::ADD).bind("box").execute(&mut **transaction).await?;
                                sqlx::query(D::ADD).bind("box").execute(&mut **transaction).await
                            })
                        });
                        work.await.unwrap_err();
                        drop(held);
                        drop(pool.try_begin().await.unwrap());
                    })
                    .await;
                // acquire, BEGIN, two orders, ROLLBACK; BEGIN if the connection is back already.
                assert!([5, 6].contains(&subsegments(&trace).len()), "{trace}");
                let items: Vec<String> =
                    sqlx::query_scalar("SELECT item FROM orders ORDER BY id").fetch_all(&pool).await.unwrap();
                assert_eq!(items, ["book", "pen", "cup"]);
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_stream_ends_when_it_ends_or_is_dropped() {
                let tracing = D::tracing();
                let pool = orders!(D);
                let numbers = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3";
                let (_, trace) = tracing
                    .traced(async {
                        let mut whole = sqlx::query(numbers).fetch(&pool);
                        while whole.try_next().await.unwrap().is_some() {}
                        // It has ended although it is not dropped: the next is no overlap of it.
                        let mut held = pool.acquire().await.unwrap();
                        let mut half = sqlx::query(numbers).fetch(&mut *held);
                        half.try_next().await.unwrap().unwrap();
                        half.try_next().await.unwrap().unwrap();
                        drop(half);
                        let both = "UPDATE orders SET amount = 7; SELECT item FROM orders";
                        let answers: Vec<_> = sqlx::raw_sql(both).fetch_many(&mut *held).try_collect().await.unwrap();
                        assert_eq!(answers.iter().filter(|answer| matches!(answer, Either::Right(_))).count(), 2);
                        let two = "UPDATE orders SET amount = 7; UPDATE orders SET amount = 8 WHERE id = 1";
                        let results = sqlx::raw_sql(two).execute_many(&mut *held);
                        assert_eq!(results.count().await, 2);
                    })
                    .await;
                let expected = [
                    (PREPARED, POOLED, returned(3)),
                    (TEXT, POOLED, Value::Null),
                    (PREPARED, HELD, returned(2)),
                    (TEXT, HELD, returned(2)),
                    (TEXT, HELD, affected(3)),
                ];
                assert_eq!(outlines(&trace), expected, "{trace}");
                let times: Vec<_> = subsegments(&trace)
                    .iter()
                    .flat_map(|node| ["/start_time", "/end_time"].map(|time| node.get(time).as_f64().unwrap()))
                    .collect();
                assert!(times.is_sorted(), "{times:?}");
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn the_wait_for_a_connection_is_told_apart() {
                let tracing = D::tracing();
                let pool = orders!(D);
                let (_, trace) = tracing
                    .traced(async {
                        let held = pool.acquire().await.unwrap();
                        let mut waiting = pin!(sqlx::query("SELECT 1").fetch_all(&pool));
                        assert!(futures::poll!(&mut waiting).is_pending());
                        sqlx::query("SELECT 1").fetch_all(&mut *{ held }).await.unwrap();
                        waiting.await.unwrap();
                    })
                    .await;
                let nodes = subsegments(&trace);
                let waited = pool_wait(&nodes[1]).unwrap();
                // As long as the call that held the connection, and no longer than the call that waited; times are
                // rounded to microseconds.
                assert!(waited + 0.01 > milliseconds(&nodes[2]) && waited < milliseconds(&nodes[1]) + 0.01, "{trace}");
                assert_eq!([pool_wait(&nodes[2]), None], [None, None]);
                assert!(pool_wait(&nodes[0]).unwrap() < milliseconds(&nodes[0]) + 0.01, "{trace}");
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_cancelled_call_is_ended_and_not_at_fault() {
                let tracing = D::tracing();
                let pool = orders!(D);
                let (_, trace) = tracing
                    .traced(async {
                        let mut held = pool.acquire().await.unwrap();
                        {
                            let mut waiting = pin!(sqlx::query("SELECT 1").fetch_all(&pool));
                            assert!(futures::poll!(&mut waiting).is_pending());
                        }
                        {
                            let mut running = pin!(sqlx::raw_sql(D::SLOW).execute(&mut *held));
                            assert!(futures::poll!(&mut running).is_pending());
                        }
                        held.close_on_drop();
                    })
                    .await;
                let expected = [
                    (TEXT, POOLED, Value::Null),
                    (PREPARED, HELD, Value::Null),
                    (TEXT, HELD, Value::Null),
                ];
                assert_eq!(outlines(&trace), expected, "{trace}");
                assert_eq!(trace.nodes().iter().filter(|node| node.is_document()).count(), 1, "{trace}");
                assert_eq!(marks(&trace), [false, true, true], "{trace}");
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            $(#[$ignored])?
            async fn concurrent_calls_have_their_own_parents() {
                let tracing = D::tracing();
                let pool = D::untraced(4).await.xray();
                let (_, trace) = tracing
                    .traced(async {
                        let orders = (0..50).map(|number| {
                            let pool = pool.clone();
                            let work = async move {
                                sqlx::query("SELECT 1").fetch_all(&pool).await.unwrap();
                                let mut transaction = pool.begin().await.unwrap();
                                sqlx::query("SELECT 1 WHERE 1 = 2").fetch_all(&mut *transaction).await.unwrap();
                                transaction.commit().await.unwrap();
                            };
                            let work = work.in_subsegment(format!("order {number}"));
                            async move {
                                if number % 2 == 0 { tokio::spawn(work.in_current()).await.unwrap() } else { work.await }
                            }
                        });
                        futures::future::join_all(orders).await
                    })
                    .await;
                assert_eq!(trace.root().children().len(), 50, "{trace}");
                for number in 0..50 {
                    let calls = trace.find(&format!("order {number}")).children();
                    let rows: Vec<_> = calls.iter().map(rows).collect();
                    assert_eq!(rows, [returned(1), Value::Null, returned(0), Value::Null], "{trace}");
                }
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn calls_that_are_not_recorded_go_through() {
                let unpatched = Fixture::of([]);
                let unsampled = Fixture::with(|builder| builder.libraries([D::LIBRARY]).sampler(FixedSampler::NONE));
                let pool = orders!(D);
                let (_, trace) = unpatched.traced(all_kinds!(pool)).await;
                assert_eq!(trace.render(), "shop\n");
                all_kinds!(pool).await;
                all_kinds!(pool).in_segment(unsampled.recorder.begin_segment("test")).await;
                unsampled.assert_nothing_sent();
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_pool_that_is_attached_twice_records_once() {
                let tracing = D::tracing();
                let pool: Pool<_> = pool::<D>().await.xray().xray();
                let (_, trace) =
                    tracing.traced(async { sqlx::query("SELECT 1").execute(&pool).await.unwrap() }).await;
                assert_eq!(trace.render(), format!("shop\n└─ {}\n", D::name()));
            }
        }
    };
}

tests!(sqlite, Sqlite);
tests!(postgres, Postgres, ignore = "needs PostgreSQL: run tests/run");
tests!(mysql, MySql, ignore = "needs MariaDB: run tests/run");

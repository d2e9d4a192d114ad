//! What is not recorded costs nothing: no call allocates more than it does without the wrapper, whatever it is made on.

#![cfg(all(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::TryStreamExt as _;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgPoolCopyExt as _;
use sqlx::{Acquire, AssertSqlSafe, Connection as _, Executor as _, SqlSafeStr as _, Statement as _};
use test_support::compared_allocations;
use xray_core::{Library, RecorderBuilder, XRayFutureExt as _, sampling::FixedSampler};
use xray_sql::sqlx::PoolExt as _;

use self::support::Fixture;
use self::support::sqlx::Dialect;

/// Makes each call on the original place and on the traced one: a macro, because the places have types of their own.
macro_rules! no_more {
    ($when:expr, $settle:expr, [$untraced:expr, $traced:expr], $place:ident: { $($call:expr),* $(,)? }) => {
        $({
            let (untraced, traced) = compared_allocations(
                $settle,
                async || {
                    let $place = $untraced;
                    let _ = $call;
                },
                async || {
                    let $place = $traced;
                    let _ = $call;
                },
            )
            .await;
            assert!(traced <= untraced, "{}: {traced} instead of {untraced} of {}", $when, stringify!($call));
        })*
    };
}

/// The calls of executors.
macro_rules! no_more_of_executors {
    ($dialect:ident, $when:expr, $settle:expr, [$untraced:expr, $traced:expr]) => {{
        let (one, both) = ("SELECT 'book'", "SELECT 'book'; SELECT 'pen'");
        // Of a text that a clone of the statement would copy.
        let dynamic = || AssertSqlSafe(String::from("SELECT 'cup'")).into_sql_str();
        let statement = $untraced.prepare(dynamic()).await.unwrap();
        no_more!($when, $settle, [$untraced, $traced], executor: {
            sqlx::query($dialect::BY_ID).bind(1).execute(executor).await.unwrap(),
            executor.execute(one).await.unwrap(),
            executor.execute_many(both).try_collect::<Vec<_>>().await.unwrap(),
            sqlx::query(one).fetch(executor).try_collect::<Vec<_>>().await.unwrap(),
            sqlx::query_scalar::<_, String>(one).fetch(executor).try_collect::<Vec<_>>().await.unwrap(),
            sqlx::raw_sql(both).fetch_many(executor).try_collect::<Vec<_>>().await.unwrap(),
            sqlx::query(one).fetch_all(executor).await.unwrap(),
            sqlx::query(one).fetch_one(executor).await.unwrap(),
            sqlx::query(one).fetch_optional(executor).await.unwrap(),
            statement.query().fetch_optional(executor).await.unwrap(),
            statement.query().execute(executor).await.unwrap(),
            sqlx::query("SELEKT 1").execute(executor).await.unwrap_err(),
            executor.fetch(one).try_next().await.unwrap(),
            executor.prepare(dynamic()).await.unwrap(),
        });
        // A statement that MySQL describes is closed without an answer, after which its server waits for the network.
        if $dialect::LIBRARY != Library::SqlxMysql {
            no_more!($when, $settle, [$untraced, $traced], executor: { executor.describe(dynamic()).await.unwrap() });
        }
    }};
}

macro_rules! tests {
    ($module:ident, $dialect:ident $(, $ignored:meta)?) => {
        mod $module {
            use super::*;
            use crate::support::sqlx::$dialect as D;

            #[tokio::test]
            $(#[$ignored])?
            async fn what_is_not_recorded_allocates_no_more_than_without_the_wrapper() {
                Fixture::of([D::LIBRARY]).without_segment(no_call_allocates_more("no segment")).await;
                let unsampled = |builder: RecorderBuilder| builder.libraries([D::LIBRARY]).sampler(FixedSampler::NONE);
                let unsampled = Fixture::with(|builder| unsampled(builder).collect_sql(true));
                no_call_allocates_more("unsampled").in_segment(unsampled.recorder.begin_segment("test")).await;
                unsampled.assert_nothing_sent();
                let unpatched = Fixture::with(|builder| builder.libraries([]).collect_sql(true));
                assert_eq!(unpatched.trace(no_call_allocates_more("unpatched")).await.render(), "shop\n");
            }

            async fn no_call_allocates_more(when: &str) {
                let (untraced, traced) = (pool().await, pool().await.xray());
                let both_idle = async || {
 idle(&untraced).await;
 idle(&traced).await;
};
                no_more_of_executors!(D, when, both_idle, [&untraced, &traced]);
                no_more!(when, both_idle, [&untraced, &traced], pool: {
                    pool.acquire().await.unwrap(),
                    pool.begin().await.unwrap().rollback().await.unwrap(),
                    pool.begin().await.unwrap().commit().await.unwrap(),
                    Acquire::acquire(pool).await.unwrap(),
                    Acquire::begin(pool).await.unwrap().commit().await.unwrap(),
                });

                let (mut untraced, mut traced) = (untraced.acquire().await.unwrap(), traced.acquire().await.unwrap());
                no_more_of_executors!(D, when, async || {}, [&mut *untraced, &mut *traced]);
                no_more!(when, async || {}, [&mut untraced, &mut traced], connection: {
                    connection.begin().await.unwrap().rollback().await.unwrap(),
                    connection.begin().await.unwrap().commit().await.unwrap(),
                    connection.ping().await.unwrap(),
                    Acquire::acquire(&mut **connection).await.unwrap(),
                    Acquire::acquire(connection).await.unwrap(),
                    Acquire::begin(connection).await.unwrap().commit().await.unwrap(),
                });
                no_more!(when, async || {}, [&mut *untraced, &mut *traced], connection: {
                    Acquire::begin(connection).await.unwrap().commit().await.unwrap(),
                });

                let (mut untraced, mut traced) = (untraced.begin().await.unwrap(), traced.begin().await.unwrap());
                // A transaction of PostgreSQL that has seen an error goes no further.
                if D::LIBRARY != Library::SqlxPostgres {
                    no_more_of_executors!(D, when, async || {}, [&mut *untraced, &mut *traced]);
                }
                no_more!(when, async || {}, [&mut untraced, &mut traced], transaction: {
                    transaction.begin().await.unwrap().rollback().await.unwrap(),
                    Acquire::begin(transaction).await.unwrap().commit().await.unwrap(),
                });
            }

            async fn pool() -> sqlx::Pool<<D as Dialect>::Driver> {
                // Of the waits of a call, only those for its answers: testing the connection is one of another kind.
                let options = PoolOptions::new().max_connections(1).test_before_acquire(false);
                let pool = options.connect_lazy_with(D::options());
                sqlx::raw_sql(D::CREATE).execute(&pool).await.unwrap();
                pool
            }
        }
    };
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_copy_that_is_not_recorded_allocates_no_more_than_without_the_wrapper() {
    use self::support::sqlx::Postgres as D;
    let (untraced, traced) = (D::untraced(1).await, D::untraced(1).await.xray());
    let (out, into) = ("COPY (SELECT 17) TO STDOUT", "COPY orders (item) FROM STDIN");
    for pool in [&untraced, &*traced] {
        sqlx::raw_sql(D::CREATE).execute(pool).await.unwrap();
    }
    let both_idle = async || {
        idle(&untraced).await;
        idle(&traced).await;
    };
    no_more!("no segment", both_idle, [&untraced, &traced], pool: {
        pool.copy_out_raw(out).await.unwrap().try_collect::<Vec<_>>().await.unwrap(),
        pool.copy_in_raw(into).await.unwrap().finish().await.unwrap(),
    });
    let (mut untraced, mut traced) = (untraced.acquire().await.unwrap(), traced.acquire().await.unwrap());
    no_more!("no segment", async || {}, [&mut *untraced, &mut *traced], connection: {
        connection.copy_out_raw(out).await.unwrap().try_collect::<Vec<_>>().await.unwrap(),
        connection.copy_in_raw(into).await.unwrap().finish().await.unwrap(),
    });
}

/// Waits for the connection: it comes back in a task of its own.
async fn idle<DB: sqlx::Database>(pool: &sqlx::Pool<DB>) {
    test_support::until("the connection is back", async || pool.num_idle() > 0).await;
}

tests!(sqlite, Sqlite);
tests!(postgres, Postgres, ignore = "needs PostgreSQL: run tests/run");
tests!(mysql, MySql, ignore = "needs MariaDB: run tests/run");

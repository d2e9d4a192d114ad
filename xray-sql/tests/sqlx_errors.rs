//! What is recorded of errors, and that nothing else of a statement leaves the process.

#![cfg(all(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::time::Duration;

use futures::TryStreamExt as _;
use sqlx::pool::PoolOptions;
use test_support::ClosedPort;
use xray_sql::sqlx::{Pool, PoolExt as _};

use self::support::sqlx::{Dialect, is_mariadb, pool, pool_wait};
use self::support::{exceptions, failure, subsegments};

/// Stands for a password, a name, a number of a card; in letters only, as an unquoted value would be.
const SECRET: &str = "hunterzwei";
const NOT_RECORDED: &str = "the message may hold a value and is not recorded";

macro_rules! tests {
    ($module:ident, $dialect:ident $(, $ignored:meta)?) => {
        mod $module {
            use super::*;
            use crate::support::sqlx::$dialect as D;

            #[tokio::test]
            $(#[$ignored])?
            async fn the_error_of_a_statement_is_recorded_without_values() {
                let tracing = D::tracing();
                let pool = pool::<D>().await;
                sqlx::raw_sql(D::CREATE).execute(&pool).await.unwrap();
                sqlx::query(D::ADD).bind(SECRET).execute(&pool).await.unwrap();
                let (_, trace) = tracing
                    .traced(async {
                        sqlx::query("SELEKT 'hunterzwei'").execute(&pool).await.unwrap_err();
                        sqlx::query(D::ADD).bind(SECRET).execute(&pool).await.unwrap_err();
                        sqlx::query(D::ADD).bind(SECRET).fetch_all(&pool).await.unwrap_err();
                        sqlx::query(D::ADD).bind(SECRET).fetch_optional(&pool).await.unwrap_err();
                        let mut transaction = pool.begin().await.unwrap();
                        let rows = sqlx::query(D::ADD).bind(SECRET).fetch(&mut *transaction);
                        rows.try_collect::<Vec<_>>().await.unwrap_err();
                    })
                    .await;
                let failures: Vec<_> = subsegments(&trace).iter().map(failure).collect();
                let owned = |(code, message): (&str, &str)| Some((code.to_owned(), message.to_owned()));
                let duplicate = owned(D::duplicate(&pool).await);
                let expected =
                    [owned(D::SYNTAX_ERROR), duplicate.clone(), duplicate.clone(), duplicate.clone(), None, duplicate];
                assert_eq!(failures, expected, "{trace}");
                assert_private(&tracing);
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn an_error_that_the_program_records_as_well_is_referred_to() {
                let tracing = D::tracing();
                let pool = pool::<D>().await;
                sqlx::raw_sql(D::CREATE).execute(&pool).await.unwrap();
                let (_, trace) = tracing
                    .traced(async {
                        let work = async {
                            sqlx::query(D::ADD).bind(SECRET).execute(&pool).await?;
                            sqlx::query(D::ADD).bind(SECRET).execute(&pool).await
                        };
                        xray_core::capture_async("add", work).await.unwrap_err();
                    })
                    .await;
                let add = trace.find("add");
                let exception = add.children()[1].get("/cause/exceptions/0/id").clone();
                assert!(exception.is_string());
                assert_eq!(add.get("/cause"), &exception);
                assert_private(&tracing);
            }

            #[tokio::test]
            $(#[$ignored])?
            async fn a_pool_that_gives_no_connection_is_a_fault() {
                let tracing = D::tracing();
                let options = PoolOptions::<<D as Dialect>::Driver>::new();
                let options = options.max_connections(1).acquire_timeout(Duration::from_secs(1));
                let pool = options.connect_lazy_with(D::options()).xray();
                let held = pool.acquire().await.unwrap();
                let (_, trace) = tracing
                    .traced(async {
                        let query = sqlx::query("SELECT 1").execute(&pool);
                        let (queried, begun) = futures::join!(query, pool.begin());
                        assert!(queried.is_err() && begun.is_err());
                        drop(held);
                        pool.close().await;
                        pool.acquire().await.unwrap_err();
                    })
                    .await;
                let nodes = subsegments(&trace);
                let messages: Vec<_> = nodes.iter().map(|node| failure(node).unwrap().1).collect();
                let timed_out = "pool timed out while waiting for an open connection";
                let closed = "attempted to acquire a connection on a closed pool";
                assert_eq!(messages, [timed_out, timed_out, closed], "{trace}");
                assert!(nodes[..2].iter().all(|node| pool_wait(node).unwrap() >= 999.0), "{trace}");
            }
        }
    };
}

tests!(sqlite, Sqlite);
tests!(postgres, Postgres, ignore = "needs PostgreSQL: run tests/run");
tests!(mysql, MySql, ignore = "needs MariaDB: run tests/run");

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn what_a_function_of_the_database_says_is_not_recorded() {
    use self::support::sqlx::Postgres as D;
    let tracing = D::tracing();
    let pool = pool::<D>().await;
    let function = "CREATE FUNCTION pg_temp.refuse(text) RETURNS text LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'no %', $1 USING ERRCODE = 'unique_violation'; END $$";
    sqlx::raw_sql(function).execute(&pool).await.unwrap();
    let (_, trace) = tracing
        .traced(async {
            sqlx::query("SELECT pg_temp.refuse($1)").bind(SECRET).execute(&pool).await.unwrap_err();
            sqlx::query("SELECT $1::text::integer").bind(SECRET).execute(&pool).await.unwrap_err();
            sqlx::query("SELECT $1::text::xml").bind(format!("<{SECRET}")).execute(&pool).await.unwrap_err();
        })
        .await;
    let failures: Vec<_> = subsegments(&trace).iter().map(|node| failure(node).unwrap()).collect();
    let expected = [
        ("23505 unique_violation", NOT_RECORDED),
        ("22P02 invalid_text_representation", "invalid input syntax for type integer: \"?\""),
    ]
    .map(|(code, message)| (code.to_owned(), message.to_owned()));
    assert_eq!(failures[..2], expected, "{trace}");
    assert_private(&tracing);
}

/// The types of the error of a call on a connection that is closed, outermost first.
const CLOSED: [&str; 2] = ["sqlx_core::error::Error", "std::io::error::Error"];

/// The types of the errors of four calls: a connection is taken, and ended by its own statement; it is used again, and so is
/// the pool.
macro_rules! calls_on_an_ended_connection {
    ($dialect:ident, $end:literal) => {{
        use self::support::sqlx::$dialect as D;
        let pool = pool::<D>().await;
        let (_, trace) = D::tracing()
            .traced(async {
                let mut held = pool.acquire().await.unwrap();
                sqlx::raw_sql($end).execute(&mut *held).await.unwrap_err();
                sqlx::query("SELECT 1").execute(&mut *held).await.unwrap_err();
                drop(held);
                sqlx::query("SELECT 1").execute(&pool).await.unwrap();
            })
            .await;
        let types = |node| exceptions(node).into_iter().map(|(error_type, _)| error_type).collect::<Vec<_>>();
        subsegments(&trace).iter().map(types).collect::<Vec<_>>()
    }};
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_connection_that_postgresql_ends_is_a_fault() {
    let failures = calls_on_an_ended_connection!(Postgres, "SELECT pg_terminate_backend(pg_backend_pid())");
    assert_eq!(failures, [vec![], vec!["57P01 admin_shutdown"], CLOSED.into(), vec![]]);
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_connection_that_mysql_ends_is_a_fault() {
    let killed = if is_mariadb(&pool::<self::support::sqlx::MySql>().await).await {
        "1927 ER_CONNECTION_KILLED"
    } else {
        "1317 ER_QUERY_INTERRUPTED"
    };
    let failures = calls_on_an_ended_connection!(MySql, "KILL CONNECTION_ID()");
    assert_eq!(failures, [vec![], vec![killed], CLOSED.into(), vec![]]);
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_a_fault() {
    let closed = ClosedPort::hold();
    let tracing = support::Fixture::of(xray_core::Library::ALL);
    let patience = Duration::from_millis(50);
    let url = |scheme: &str| format!("{scheme}://app:{SECRET}@{closed}/shop");
    let postgres: Pool<_> =
        PoolOptions::<sqlx::Postgres>::new().acquire_timeout(patience).connect_lazy(&url("postgresql")).unwrap().xray();
    let mysql: Pool<_> =
        PoolOptions::<sqlx::MySql>::new().acquire_timeout(patience).connect_lazy(&url("mysql")).unwrap().xray();
    let sqlite: Pool<_> = xray_sql::sqlx::SqlitePool::connect_lazy("sqlite:///nowhere/at/all/orders.db").unwrap();
    let (_, trace) = tracing
        .traced(async {
            sqlx::query("SELECT 1").execute(&postgres).await.unwrap_err();
            mysql.begin().await.unwrap_err();
            sqlx::query("SELECT 1").fetch(&sqlite).try_collect::<Vec<_>>().await.unwrap_err();
        })
        .await;
    let nodes = subsegments(&trace);
    let found: Vec<_> = nodes.iter().map(|node| (node.name().to_owned(), failure(node).unwrap().1)).collect();
    let timed_out = "pool timed out while waiting for an open connection";
    let expected =
        [("shop@127.0.0.1", timed_out), ("shop@127.0.0.1", timed_out), ("orders.db", "unable to open database file")];
    assert_eq!(found, expected.map(|(name, message)| (name.to_owned(), message.to_owned())), "{trace}");
    assert_private(&tracing);
}

#[track_caller]
fn assert_private(tracing: &support::Fixture) {
    let text: String = tracing.documents().texts().collect();
    for private in [SECRET, "INSERT", "SELECT", "RAISE", "DETAIL"] {
        assert!(!text.contains(private), "{private} in {text}");
    }
}

//! A call that was given up, or whose answer was not read to its end, is told from one that was answered; against a real
//! PostgreSQL.

#![cfg(all(feature = "deadpool-postgres", feature = "tokio-postgres"))]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::pin::pin;

use futures::{SinkExt as _, TryStreamExt as _};
use tokio_postgres::NoTls;
use tokio_postgres::types::Type;
use xray_core::Library;
use xray_sql::tokio_postgres::PoolExt as _;

use self::support::postgres::{config, orders};
use self::support::{Fixture, marks};

const SELECT: &str = "SELECT item FROM orders";
const INTO: &str = "COPY orders (item) FROM STDIN";
const OUT: &str = "COPY orders (item) TO STDOUT";

/// The one whether each call of some work is cancelled.
macro_rules! marks {
    ($work:expr) => {{
        let tracing = Fixture::of([Library::TokioPostgres]);
        let (_, trace) = tracing.traced(async { $work }).await;
        marks(&trace)
    }};
}

/// Polls a future once, which then waits, as its connection is driven by another task of the same thread, and drops it.
macro_rules! give_up {
    ($call:expr) => {{
        let mut call = Box::pin($call);
        assert!(futures::poll!(call.as_mut()).is_pending());
        drop(call);
    }};
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_call_that_is_dropped_before_its_answer_is_cancelled() {
    let config = config();
    let mut client = orders().await;
    let prepared = client.prepare(SELECT).await.unwrap();
    let calls: [(&str, Vec<bool>); 13] = [
        ("connect", marks!(give_up!(xray_sql::tokio_postgres::connect(&config, NoTls)))),
        ("query", marks!(give_up!(client.query(SELECT, &[])))),
        ("query, prepared", marks!(give_up!(client.query(&prepared, &[])))),
        ("query_one", marks!(give_up!(client.query_one(SELECT, &[])))),
        ("query_typed", marks!(give_up!(client.query_typed(SELECT, &[])))),
        ("query_raw", marks!(give_up!(client.query_raw(SELECT, [0; 0])))),
        ("execute", marks!(give_up!(client.execute("UPDATE orders SET amount = 3", &[])))),
        ("prepare", marks!(give_up!(client.prepare_typed(SELECT, &[])))),
        ("simple_query", marks!(give_up!(client.simple_query(SELECT)))),
        ("batch_execute", marks!(give_up!(client.batch_execute(SELECT)))),
        ("copy_in", marks!(give_up!(client.copy_in::<_, &[u8]>(INTO)))),
        ("copy_out", marks!(give_up!(client.copy_out(OUT)))),
        ("transaction", marks!(give_up!(client.transaction()))),
    ];
    for (call, marks) in calls {
        assert_eq!(marks, [true], "{call}");
    }
    let mut transaction = client.transaction().await.unwrap();
    let savepoint = marks!(give_up!(transaction.savepoint("point")));
    let query = marks!(give_up!(transaction.query(SELECT, &[])));
    let commit = marks!(give_up!(transaction.commit()));
    let transaction = client.transaction().await.unwrap();
    let rollback = marks!(give_up!(transaction.rollback()));
    assert_eq!([savepoint, query, commit, rollback], [[true]; 4]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn an_answer_that_is_not_read_to_its_end_is_cancelled() {
    let client = orders().await;
    let rows = marks!({
        let mut rows = Box::pin(client.query_raw(SELECT, [0; 0]).await.unwrap());
        rows.try_next().await.unwrap().unwrap();
    });
    let typed = marks!(drop(client.query_typed_raw(SELECT, [(0, Type::INT4); 0]).await.unwrap()));
    let simple = marks!(drop(client.simple_query_raw(SELECT).await.unwrap()));
    let out = marks!(drop(client.copy_out(OUT).await.unwrap()));
    let into = marks!({
        let mut sink = pin!(client.copy_in(INTO).await.unwrap());
        sink.send(&b"cup\n"[..]).await.unwrap();
    });
    assert_eq!([rows, typed, simple, out, into], [[true]; 5]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_wait_for_the_pool_that_is_given_up_is_cancelled() {
    let manager = deadpool_postgres::Manager::new(config(), NoTls);
    let pool = deadpool_postgres::Pool::builder(manager).max_size(1).build().unwrap().xray(&config());
    let held = pool.get().await.unwrap();
    assert_eq!(marks!(give_up!(pool.get())), [true]);
    drop(held);
    assert_eq!(marks!(drop(pool.get().await.unwrap())), [false]);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn what_is_answered_or_fails_or_never_began_is_not_cancelled() {
    let mut client = orders().await;
    let answered = marks!({
        client.query(SELECT, &[]).await.unwrap();
        client.query_opt("SELECT item FROM orders WHERE id = 9", &[]).await.unwrap();
        client.execute("UPDATE orders SET amount = 3", &[]).await.unwrap();
        client.query("SELEKT", &[]).await.unwrap_err();
        client.batch_execute("SELEKT").await.unwrap_err();
        client.query_raw(SELECT, [0; 0]).await.unwrap().try_collect::<Vec<_>>().await.unwrap();
        client.copy_out(OUT).await.unwrap().try_collect::<Vec<_>>().await.unwrap();
        drop(client.query_raw(SELECT, [0; 0]).await.unwrap().into_inner());
        let mut sink = pin!(client.copy_in(INTO).await.unwrap());
        sink.send(&b"cup\n"[..]).await.unwrap();
        sink.finish().await.unwrap();
        let transaction = client.transaction().await.unwrap();
        transaction.query(SELECT, &[]).await.unwrap();
        transaction.commit().await.unwrap();
        drop(client.query(SELECT, &[])); // never polled
    });
    assert_eq!(answered, [false; 12]);
}

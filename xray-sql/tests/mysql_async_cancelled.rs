//! A call that was given up, or whose answer was not read to its end, is told from one that was answered; against a real
//! MariaDB.

#![cfg(feature = "mysql_async")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::TryStreamExt as _;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Opts, OptsBuilder, PoolConstraints, PoolOpts, TxOpts};
use xray_core::Library;
use xray_sql::mysql_async::prelude::{Query as _, WithParams as _};
use xray_sql::mysql_async::{Conn, PoolExt as _};

use self::support::mariadb::{options, orders, untraced};
use self::support::{Fixture, marks};

const SELECT: &str = "SELECT item FROM orders";
/// Not answered as long as anybody looks.
const SLEEP: &str = "SELECT SLEEP(600)";

/// Whether each call of some work on a connection of its own is cancelled. Its server thread does not outlive it.
async fn marks_of(work: impl AsyncFnOnce(&mut Conn)) -> Vec<bool> {
    let tracing = Fixture::of([Library::MysqlAsync]);
    let mut connection = orders().await;
    let id = connection.id();
    let (_, trace) = tracing.traced(work(&mut connection)).await;
    untraced().await.query_drop(format!("KILL {id}")).await.unwrap();
    marks(&trace)
}

/// Polls a future once, which then waits for the server, and drops it.
macro_rules! give_up {
    ($call:expr) => {{
        let mut call = Box::pin($call);
        assert!(futures::poll!(call.as_mut()).is_pending());
        drop(call);
    }};
}

macro_rules! marks {
    (|$connection:ident| $work:expr) => {
        marks_of(async |$connection| $work).await
    };
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_call_that_is_dropped_before_its_answer_is_cancelled() {
    let calls: [(&str, Vec<bool>); 11] = [
        ("query_drop", marks!(|connection| give_up!(connection.query_drop(SLEEP)))),
        ("query_iter", marks!(|connection| give_up!(connection.query_iter(SLEEP)))),
        ("query", marks!(|connection| give_up!(connection.query::<u8, _>(SLEEP)))),
        ("query_first", marks!(|connection| give_up!(connection.query_first::<u8, _>(SLEEP)))),
        ("query_stream", marks!(|connection| give_up!(connection.query_stream::<u8, _>(SLEEP)))),
        ("query_fold", marks!(|connection| give_up!(connection.query_fold(SLEEP, 0, |sum, row: u8| sum + row)))),
        ("exec_drop", marks!(|connection| give_up!(connection.exec_drop(SLEEP, ())))),
        ("exec", marks!(|connection| give_up!(connection.exec::<u8, _, _>(SLEEP, ())))),
        ("exec_first", marks!(|connection| give_up!(connection.exec_first::<u8, _, _>(SLEEP, ())))),
        ("run", marks!(|connection| give_up!(SLEEP.run(&mut *connection)))),
        ("with", marks!(|connection| give_up!(SLEEP.with(()).run(&mut *connection)))),
    ];
    for (call, marks) in calls {
        assert_eq!(marks, [true], "{call}");
    }
    let in_transaction = marks!(|connection| {
        let mut transaction = connection.start_transaction(TxOpts::default()).await.unwrap();
        give_up!(transaction.query_drop(SLEEP));
    });
    assert_eq!(in_transaction, [false, true], "its begin and the call");
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn an_answer_that_is_not_read_to_its_end_is_cancelled() {
    let unread = marks!(|connection| drop(connection.query_iter(SELECT).await.unwrap()));
    let half = marks!(|connection| {
        let mut rows = connection.exec_iter(SELECT, ()).await.unwrap();
        rows.next().await.unwrap().unwrap();
    });
    let stream = marks!(|connection| {
        let mut rows = connection.query_stream::<String, _>(SELECT).await.unwrap();
        rows.try_next().await.unwrap().unwrap();
    });
    assert_eq!([unread, half, stream], [[true]; 3]);
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_wait_for_the_pool_that_is_given_up_is_cancelled() {
    let tracing = Fixture::of([Library::MysqlAsync]);
    let one = PoolOpts::default().with_constraints(PoolConstraints::new(0, 1).unwrap());
    let options: Opts = OptsBuilder::from_opts(options()).pool_opts(one).into();
    let pool = mysql_async::Pool::new(options.clone()).xray(&options);
    let held = pool.get_conn().await.unwrap();
    let (_, trace) = tracing.traced(async { give_up!(pool.get_conn()) }).await;
    assert_eq!(marks(&trace), [true]);
    drop(held);
    let (_, trace) = tracing.traced(async { drop(pool.get_conn().await.unwrap()) }).await;
    assert_eq!(marks(&trace), [false]);
    pool.disconnect().await.unwrap();
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn what_is_answered_or_fails_or_never_began_is_not_cancelled() {
    let answered = marks!(|connection| {
        connection.query_drop(SELECT).await.unwrap();
        connection.query_first::<String, _>(SELECT).await.unwrap();
        connection.exec::<String, _, _>(SELECT, ()).await.unwrap();
        connection.query_drop("SELEKT").await.unwrap_err();
        connection.exec_drop("SELEKT", ()).await.unwrap_err();
        connection.query_iter(SELECT).await.unwrap().drop_result().await.unwrap();
        connection.query_stream::<String, _>(SELECT).await.unwrap().try_collect::<Vec<_>>().await.unwrap();
        drop(connection.query_iter(SELECT).await.unwrap().into_inner());
        connection.ping().await.unwrap();
        drop(connection.query_drop(SELECT)); // never polled
        let mut transaction = connection.start_transaction(TxOpts::default()).await.unwrap();
        transaction.query_drop(SELECT).await.unwrap();
        transaction.commit().await.unwrap();
    });
    assert_eq!(answered, [false; 12]);
}

//! What is not recorded costs nothing: not one allocation more than the same calls of an untraced connection.

#![cfg(feature = "mysql_async")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/unrecorded.rs"]
mod unrecorded;

use futures::TryStreamExt as _;
use mysql_async::prelude::Queryable;
use mysql_async::{Row, TxOpts};
use xray_core::Library;
use xray_sql::mysql_async::{ConnExt as _, PoolExt as _};

use self::support::mariadb::{options, untraced};
use self::unrecorded::{Allocations, allocations_of, assert_no_more};

const TEXT: &str = "SELECT 's3cret'";
const VALUE: &str = "SELECT ?";

/// Each kind of call: a macro, because the traced connection is of another type.
macro_rules! each_call {
    ($connection:expr) => {{
        let connection = &mut $connection;
        let statement = connection.prep(VALUE).await.unwrap();
        allocations_of! {
            "ping": connection.ping().await.unwrap(),
            "query": connection.query::<Row, _>(TEXT).await.unwrap(),
            "query_first": connection.query_first::<Row, _>(TEXT).await.unwrap(),
            "query_map": connection.query_map(TEXT, |row: Row| row).await.unwrap(),
            "query_fold": connection.query_fold(TEXT, 0, |count, _: Row| count + 1).await.unwrap(),
            "query_drop": connection.query_drop(TEXT).await.unwrap(),
            "query_iter": connection.query_iter(TEXT).await.unwrap().drop_result().await.unwrap(),
            "query_stream": connection.query_stream::<Row, _>(TEXT).await.unwrap().try_collect::<Vec<_>>().await.unwrap(),
            "syntax error": connection.query_drop("SELEKT 's3cret'").await.unwrap_err(),
            "prep": connection.prep(VALUE).await.unwrap(),
            "exec": connection.exec::<Row, _, _>(VALUE, ("s3cret",)).await.unwrap(),
            "exec_first": connection.exec_first::<Row, _, _>(&statement, ("s3cret",)).await.unwrap(),
            "exec_map": connection.exec_map(&statement, ("s3cret",), |row: Row| row).await.unwrap(),
            "exec_fold": connection.exec_fold(&statement, ("s3cret",), 0, |count, _: Row| count + 1).await.unwrap(),
            "exec_drop": connection.exec_drop(&statement, ("s3cret",)).await.unwrap(),
            "exec_iter": connection.exec_iter(VALUE, ("s3cret",)).await.unwrap().drop_result().await.unwrap(),
            "exec_stream": {
                let rows = connection.exec_stream::<Row, _, _>(VALUE, ("s3cret",)).await.unwrap();
                rows.try_collect::<Vec<_>>().await.unwrap()
            },
            "exec_batch": connection.exec_batch("UPDATE orders SET item = ?", [(1,), (2,)]).await.unwrap(),
            "close": {
                let other = connection.prep("SELECT ? + 1").await.unwrap();
                connection.close(other).await.unwrap()
            },
            "transaction": connection.start_transaction(TxOpts::default()).await.unwrap().commit().await.unwrap(),
            "rollback": connection.start_transaction(TxOpts::default()).await.unwrap().rollback().await.unwrap(),
        }
    }};
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn what_is_not_recorded_allocates_nothing_more() {
    let mut original = untraced().await;
    original.query_drop("CREATE TEMPORARY TABLE orders (item int)").await.unwrap();
    let untraced = each_call!(original);
    let mut connection = original.xray();
    assert_no_more(Library::MysqlAsync, &untraced, async || each_call!(connection)).await;
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn taking_a_connection_that_is_not_recorded_allocates_nothing_more() {
    let options = options();
    let original = mysql_async::Pool::new(options.clone());
    drop(original.get_conn().await.unwrap());
    let untraced = allocations_of! { "get_conn": original.get_conn().await.unwrap(), };
    let pool = original.xray(&options);
    assert_no_more(Library::MysqlAsync, &untraced, async || {
        allocations_of! { "get_conn": pool.get_conn().await.unwrap(), }
    })
    .await;
    pool.disconnect().await.unwrap();
}

/// As users write it who are generic over `Queryable`.
async fn each_generic_call(connection: &mut impl Queryable) -> Allocations {
    allocations_of! {
        "query": connection.query::<Row, _>(TEXT).await.unwrap(),
        "query_first": connection.query_first::<Row, _>(TEXT).await.unwrap(),
        "query_map": connection.query_map(TEXT, |row: Row| row).await.unwrap(),
        "query_fold": connection.query_fold(TEXT, 0, |count, _: Row| count + 1).await.unwrap(),
        "query_drop": connection.query_drop(TEXT).await.unwrap(),
        "exec": connection.exec::<Row, _, _>(VALUE, ("s3cret",)).await.unwrap(),
        "exec_first": connection.exec_first::<Row, _, _>(VALUE, ("s3cret",)).await.unwrap(),
        "exec_map": connection.exec_map(VALUE, ("s3cret",), |row: Row| row).await.unwrap(),
        "exec_fold": connection.exec_fold(VALUE, ("s3cret",), 0, |count, _: Row| count + 1).await.unwrap(),
        "exec_drop": connection.exec_drop(VALUE, ("s3cret",)).await.unwrap(),
    }
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn generic_calls_that_read_the_whole_answer_allocate_nothing_more() {
    let mut original = untraced().await;
    let untraced = each_generic_call(&mut original).await;
    let mut connection = original.xray();
    assert_no_more(Library::MysqlAsync, &untraced, async || each_generic_call(&mut connection).await).await;
}

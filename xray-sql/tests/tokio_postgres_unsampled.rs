//! What is not recorded costs nothing: not one allocation more than the same calls of an untraced client.

#![cfg(feature = "tokio-postgres")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/unrecorded.rs"]
mod unrecorded;

use std::pin::pin;

use futures::TryStreamExt as _;
use tokio_postgres::types::Type;
use xray_core::Library;
use xray_sql::tokio_postgres::ClientExt as _;

use self::support::postgres::{config, untraced};
use self::unrecorded::{allocations_of, assert_no_more};

const TEXT: &str = "SELECT 's3cret'";

/// Each kind of call: a macro, because the traced client is of another type.
macro_rules! each_call {
    ($client:expr) => {{
        let client = &mut $client;
        let statement = client.prepare("SELECT $1::text").await.unwrap();
        let typed: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 1] = [(&"s3cret", Type::TEXT)];
        allocations_of! {
            "prepare": client.prepare("SELECT $1::text").await.unwrap(),
            "prepare_typed": client.prepare_typed("SELECT $1", &[Type::TEXT]).await.unwrap(),
            "query": client.query(&statement, &[&"s3cret"]).await.unwrap(),
            "query_one": client.query_one(TEXT, &[]).await.unwrap(),
            "query_opt": client.query_opt(&statement, &[&"s3cret"]).await.unwrap(),
            "query_scalar": client.query_scalar::<String, _>(&statement, &[&"s3cret"]).await.unwrap(),
            "query_raw": client.query_raw(&statement, ["s3cret"]).await.unwrap().try_collect::<Vec<_>>().await.unwrap(),
            "query_typed": client.query_typed("SELECT $1", &typed).await.unwrap(),
            "query_typed_one": client.query_typed_one("SELECT $1", &typed).await.unwrap(),
            "query_typed_opt": client.query_typed_opt("SELECT $1", &typed).await.unwrap(),
            "execute": client.execute(&statement, &[&"s3cret"]).await.unwrap(),
            "execute_typed": client.execute_typed("SELECT $1", &typed).await.unwrap(),
            "syntax error": client.execute("SELEKT 's3cret'", &[]).await.unwrap_err(),
            "simple_query": client.simple_query(TEXT).await.unwrap(),
            "batch_execute": client.batch_execute(TEXT).await.unwrap(),
            "check_connection": client.check_connection().await.unwrap(),
            "copy_in": {
                let sink = client.copy_in::<_, &[u8]>("COPY orders FROM STDIN").await.unwrap();
                pin!(sink).finish().await.unwrap()
            },
            "copy_out": {
                let data = client.copy_out("COPY orders TO STDOUT").await.unwrap();
                data.try_collect::<Vec<_>>().await.unwrap()
            },
            "transaction": client.transaction().await.unwrap().commit().await.unwrap(),
            "savepoint and portal": {
                let mut transaction = client.transaction().await.unwrap();
                let savepoint = transaction.savepoint("s").await.unwrap();
                let portal = savepoint.bind(&statement, &[&"s3cret"]).await.unwrap();
                savepoint.query_portal(&portal, 1).await.unwrap();
                savepoint.rollback().await.unwrap();
                transaction.rollback().await.unwrap()
            },
        }
    }};
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn what_is_not_recorded_allocates_nothing_more() {
    let mut original = untraced().await;
    original.batch_execute("CREATE TEMP TABLE orders (item text)").await.unwrap();
    let untraced = each_call!(original);
    let mut client = original.xray(&config());
    assert_no_more(Library::TokioPostgres, &untraced, async || each_call!(client)).await;
}

//! SQLite, in memory.

use aws_xray_sdk as xray;
use tokio::runtime::Runtime;
use xray::prelude::*;

use crate::contender::{Contender, Library};
use crate::{opentelemetry_peer, ours};

const URL: &str = "sqlite::memory:";

pub fn libraries(runtime: &'static Runtime) -> Vec<Library> {
    vec![rusqlite(runtime), sqlx(runtime), sqlx_tracing(runtime)]
}

fn rusqlite(runtime: &'static Runtime) -> Library {
    let plain = rusqlite::Connection::open_in_memory().expect("a database");
    // Connections that are opened from now on have the hook.
    xray::patch([xray::Library::Rusqlite]).expect("a hook");
    let traced = rusqlite::Connection::open_in_memory().expect("a database");
    let select = |connection: rusqlite::Connection| {
        async move || {
            let mut statement = connection.prepare_cached("SELECT 17").expect("a statement");
            let _: i64 = statement.query_row([], |row| row.get(0)).expect("a row");
        }
    };
    Library {
        name: "rusqlite, `SELECT 17`",
        untraced: Contender::plain(runtime, select(plain)),
        traced: ours::states(runtime, select(traced)),
    }
}

fn sqlx(runtime: &'static Runtime) -> Library {
    let plain = runtime.block_on(sqlx::SqlitePool::connect(URL)).expect("a database");
    let traced = runtime.block_on(sqlx::SqlitePool::connect(URL)).expect("a database").xray();
    Library {
        name: "sqlx 0.9 with SQLite, `SELECT 17`",
        untraced: Contender::plain(runtime, async move || {
            let _: i64 = sqlx::query_scalar("SELECT 17").fetch_one(&plain).await.expect("a row");
        }),
        traced: ours::states(runtime, async move || {
            let _: i64 = sqlx::query_scalar("SELECT 17").fetch_one(&traced).await.expect("a row");
        }),
    }
}

fn sqlx_tracing(runtime: &'static Runtime) -> Library {
    let connect = || runtime.block_on(sqlx_0_8::SqlitePool::connect(URL)).expect("a database");
    let (plain, traced) = (connect(), sqlx_tracing::Pool::from(connect()));
    Library {
        name: "*sqlx-tracing* 0.2 with OpenTelemetry, sqlx 0.8",
        untraced: Contender::plain(runtime, async move || {
            let _: i64 = sqlx_0_8::query_scalar("SELECT 17").fetch_one(&plain).await.expect("a row");
        }),
        traced: opentelemetry_peer::states(runtime, async move || {
            let _: i64 = sqlx_0_8::query_scalar("SELECT 17").fetch_one(&traced).await.expect("a row");
        }),
    }
}

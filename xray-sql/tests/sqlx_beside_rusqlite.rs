//! SQLite's process-wide hook, which traces `rusqlite`, reaches the connections of `sqlx` as well: these run on threads of
//! their own, which know of no segment.
//!
//! One test in a process of its own: it sets what happens without a segment for all threads.

#![cfg(all(feature = "rusqlite", feature = "sqlx-sqlite"))]
#![allow(clippy::unwrap_used)] // as in tests

use std::sync::atomic::{AtomicU32, Ordering};

use test_support::Fixture;
use xray_core::{ContextMissing, Library, XRayFutureExt as _};
use xray_sql::sqlx::SqlitePool;

#[tokio::test]
async fn a_statement_is_recorded_once_and_its_thread_misses_no_segment() {
    static PANICS: AtomicU32 = AtomicU32::new(0);
    std::panic::set_hook(Box::new(|_| {
        PANICS.fetch_add(1, Ordering::Relaxed);
    }));
    let fixture = Fixture::start();
    let recorder = fixture.another(|builder| {
        let builder = builder.context_missing(ContextMissing::RuntimeError);
        builder.libraries([Library::Rusqlite, Library::SqlxSqlite]).install().unwrap()
    });
    xray_sql::rusqlite::install().unwrap();
    let compiled = xray_core::Compiled { library: Library::Rusqlite, install: xray_sql::rusqlite::install };
    xray_core::patch(&[compiled], [Library::Rusqlite]).unwrap();

    let pool = SqlitePool::connect_lazy("sqlite::memory:").unwrap();
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    let segment = recorder.begin_segment("test");
    async {
        sqlx::query("SELECT 1").execute(&pool).await.unwrap();
        connection.execute_batch("SELECT 1").unwrap();
        // Not attached: not traced, and no reason to complain.
        sqlx::query("SELECT 1").execute(&*pool).await.unwrap();
    }
    .in_segment(segment)
    .await;
    let trace = fixture.only_trace();
    drop(std::panic::take_hook());
    let drivers: Vec<_> = trace.root().children().iter().map(|node| node.get("/sql/driver_version").clone()).collect();
    assert_eq!(drivers, ["sqlx-sqlite", "rusqlite"], "{trace}");
    assert_eq!(PANICS.load(Ordering::Relaxed), 0);
}

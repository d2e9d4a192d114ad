//! Queries through sqlx in a trace: `cargo run -p example-sqlx`.

use std::error::Error;
use std::time::Duration;

use aws_xray_sdk as xray;
use xray::prelude::*;
// The traced types have the names of the originals.
use xray::sqlx::{SqliteConnection, SqlitePool};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A daemon in this process, to show the trace. In your program `xray::Recorder::builder().install()?` is enough:
    // it sends to the daemon at 127.0.0.1:2000.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .install()?;
    xray::patch_all();

    let directory = tempfile::tempdir()?;
    let url = format!("sqlite://{}/shop.db?mode=rwc", directory.path().display());
    // The line to add: `.xray()`.
    let pool = sqlx::SqlitePool::connect(&url).await?.xray();

    take_orders(&pool).in_segment(xray::begin_segment("shop")).await?;

    xray::testing::print_trace(&daemon.wait_for(1, Duration::from_secs(5)).only_trace());
    pool.close().await;
    Ok(())
}

/// Ordinary code.
async fn take_orders(pool: &SqlitePool) -> sqlx::Result<()> {
    sqlx::raw_sql("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT UNIQUE)").execute(pool).await?;
    let mut transaction = pool.begin().await?;
    for item in ["book", "pen"] {
        add(&mut transaction, item).await?;
    }
    transaction.commit().await?;
    // Refused: its subsegment has SQLite's code and message.
    let again = add(&mut *pool.acquire().await?, "book").await;
    xray::put_annotation("refused", again.is_err());
    let items: Vec<String> = sqlx::query_scalar("SELECT item FROM orders").fetch_all(pool).await?;
    xray::put_annotation("items", items.join(", "));
    Ok(())
}

/// A connection in a signature has a lifetime: it may be a transaction, as here.
async fn add(connection: &mut SqliteConnection<'_>, item: &str) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO orders (item) VALUES (?)").bind(item).execute(connection).await.map(drop)
}

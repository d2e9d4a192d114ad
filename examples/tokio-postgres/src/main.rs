//! Queries of PostgreSQL in a trace: `cargo run -p example-tokio-postgres -- postgresql://user:password@localhost/shop`.

use std::error::Error;
use std::time::Duration;

use aws_xray_sdk as xray;
use tokio_postgres::{Config, NoTls};
use xray::prelude::*;
use xray::sql::tokio_postgres::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url =
        std::env::args().nth(1).ok_or("the URL of a database is missing: postgresql://user:password@host/database")?;

    // A daemon in this process, to show the trace. In your program `xray::Recorder::builder().install()?` is enough:
    // it sends to the daemon at 127.0.0.1:2000.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .install()?;
    xray::patch_all();

    let config: Config = url.parse()?;
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    // The line to add. It is used like the client that it wraps.
    let mut client = client.xray(&config);

    take_orders(&mut client).in_segment(xray::begin_segment("shop")).await?;

    xray::testing::print_trace(&daemon.wait_for(1, Duration::from_secs(5)).only_trace());
    Ok(())
}

async fn take_orders(client: &mut Client) -> Result<(), tokio_postgres::Error> {
    client.batch_execute("CREATE TEMPORARY TABLE orders (id integer PRIMARY KEY, item text)").await?;
    let transaction = client.transaction().await?;
    let add = transaction.prepare("INSERT INTO orders VALUES ($1, $2)").await?;
    transaction.execute(&add, &[&17, &"book"]).await?;
    transaction.execute(&add, &[&18, &"pen"]).await?;
    transaction.commit().await?;

    let orders = client.query("SELECT item FROM orders", &[]).await?;
    xray::put_annotation("orders", orders.len());
    // The trace says why: 23505 unique_violation.
    let repeated = client.execute(&add, &[&17, &"book"]).await;
    xray::put_annotation("refused", repeated.is_err());
    Ok(())
}

//! Queries of MySQL or MariaDB in a trace: `cargo run -p example-mysql-async -- mysql://user:password@localhost/shop`.

use std::error::Error;
use std::time::Duration;

use aws_xray_sdk as xray;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Opts, TxOpts};
use xray::prelude::*;
use xray::sql::mysql_async::Pool;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("the URL of a database is missing: mysql://user:password@host/database")?;

    // A daemon in this process, to show the trace. In your program `xray::Recorder::builder().install()?` is enough:
    // it sends to the daemon at 127.0.0.1:2000.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .install()?;
    xray::patch_all();

    let options = Opts::from_url(&url)?;
    // The line to add is its end. It is used like the pool that it wraps.
    let pool = mysql_async::Pool::new(options.clone()).xray(&options);

    take_orders(&pool).in_segment(xray::begin_segment("shop")).await?;
    pool.disconnect().await?;

    xray::testing::print_trace(&daemon.wait_for(1, Duration::from_secs(5)).only_trace());
    Ok(())
}

async fn take_orders(pool: &Pool) -> mysql_async::Result<()> {
    let mut connection = pool.get_conn().await?;
    connection.query_drop("CREATE TEMPORARY TABLE orders (id int PRIMARY KEY, item text)").await?;
    let mut transaction = connection.start_transaction(TxOpts::default()).await?;
    let add = "INSERT INTO orders VALUES (?, ?)";
    transaction.exec_batch(add, [(17, "book"), (18, "pen")]).await?;
    transaction.commit().await?;

    let items: Vec<String> = connection.query("SELECT item FROM orders").await?;
    xray::put_annotation("items", items.join(", "));
    // The trace says why: 1062 ER_DUP_ENTRY.
    let repeated = connection.exec_drop(add, (17, "book")).await;
    xray::put_annotation("refused", repeated.is_err());
    Ok(())
}

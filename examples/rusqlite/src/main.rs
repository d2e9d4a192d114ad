//! Statements of SQLite in a trace: `cargo run -p example-rusqlite`.

use std::error::Error;
use std::time::Duration;

use aws_xray_sdk as xray;
use rusqlite::Connection;
use xray::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    // A daemon in this process, to show the trace. In your program `xray::Recorder::builder().install()?` is enough:
    // it sends to the daemon at 127.0.0.1:2000.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .install()?;

    // The line to add: every connection that is opened afterwards is traced.
    xray::patch_all();

    let segment = xray::begin_segment("shop").entered();
    take_orders(Connection::open_in_memory()?)?;
    // Attached to a connection, errors are recorded too.
    repeat_an_order(&Connection::open_in_memory()?.xray())?;
    segment.end();

    xray::testing::print_trace(&daemon.wait_for(1, Duration::from_secs(5)).only_trace());
    Ok(())
}

/// Ordinary code.
fn take_orders(mut database: Connection) -> rusqlite::Result<()> {
    database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT)", ())?;
    let transaction = database.transaction()?;
    for (id, item) in [(17, "book"), (18, "pen")] {
        transaction.execute("INSERT INTO orders VALUES (?, ?)", (id, item))?;
    }
    transaction.commit()?;
    let items = database
        .prepare("SELECT item FROM orders")?
        .query_map((), |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    xray::put_annotation("items", items.join(", "));
    Ok(())
}

/// What takes a `&Connection` gets one; what is called on the wrapper has its errors recorded.
fn repeat_an_order(database: &xray::sql::rusqlite::Connection) -> rusqlite::Result<()> {
    database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)", ())?;
    let add = || database.execute("INSERT INTO orders VALUES (17)", ());
    add()?;
    xray::put_annotation("refused", add().is_err());
    Ok(())
}

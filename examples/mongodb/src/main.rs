//! Commands to MongoDB in a trace: `cargo run -p example-mongodb -- mongodb://localhost`.

use std::error::Error;
use std::time::Duration;

use aws_xray_sdk as xray;
use mongodb::bson::{Document, doc};
use mongodb::options::ClientOptions;
use mongodb::{Client, Collection};
use xray::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("the URL of a server is missing: mongodb://user:password@host")?;

    // A daemon in this process, to show the trace. In your program `xray::Recorder::builder().install()?` is enough:
    // it sends to the daemon at 127.0.0.1:2000.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .install()?;
    xray::patch_all();

    let options = ClientOptions::parse(url).await?;
    // The line to add is its end: the client is one of `mongodb`, as ever.
    let client = Client::with_options(options.xray())?;

    let orders = client.database("example").collection("orders");
    take_orders(&orders).in_segment(xray::begin_segment("shop")).await?;

    xray::testing::print_trace(&daemon.wait_for(1, Duration::from_secs(5)).only_trace());
    Ok(())
}

async fn take_orders(orders: &Collection<Document>) -> mongodb::error::Result<()> {
    // Of an operation that finds no server the driver says nothing: `traced` records it.
    orders.drop().traced("example").await?;
    orders.insert_many([doc! { "_id": 17, "item": "book" }, doc! { "_id": 18, "item": "pen" }]).await?;
    orders.update_one(doc! { "_id": 18 }, doc! { "$set": { "sent": true } }).await?;

    // More than one batch: `find`, then `getMore`.
    let mut found = orders.find(doc! {}).batch_size(1).await?;
    while found.advance().await? {}
    // The trace says why: E11000, a duplicate key.
    let repeated = orders.insert_one(doc! { "_id": 17, "item": "cup" }).await;
    xray::put_annotation("refused", repeated.is_err());
    orders.drop().await
}

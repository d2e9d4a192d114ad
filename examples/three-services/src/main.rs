//! Three services and a database in one trace: `cargo run -p example-three-services`.
//!
//! The shop (axum, `shop.rs`) asks the stock (actix-web, `stock.rs`) over HTTP, which asks the warehouse (tonic,
//! `warehouse.rs`) over gRPC, which asks SQLite. They run in this process, but know of each other only by what goes over
//! their sockets, so that each could be a program of its own.

mod shop;
mod stock;
mod warehouse;

use std::error::Error;
use std::time::Duration;

use aws_xray_sdk as xray;
use xray::TRACE_HEADER;
use xray::sampling::FixedSampler;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A daemon in this process, to show the trace. In your program `xray::Recorder::builder().install()?` is enough.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .sampler(FixedSampler::ALL)
        .install()?;
    xray::patch_all();

    let warehouse = warehouse::serve().await?;
    let stock = stock::serve(warehouse).await?;
    let shop = shop::serve(stock).await?;

    let client = reqwest::Client::builder().no_proxy().build()?;
    let response = client.get(format!("http://{shop}/orders/book")).send().await?;
    // The answer says which trace it was: `Root=1-…`.
    let header = response.headers().get(TRACE_HEADER).ok_or("the answer has no trace header")?.to_str()?;
    let trace_id = header.trim_start_matches("Root=").to_owned();
    response.error_for_status()?.bytes().await?;

    // A document from each service, joined to one tree.
    let documents = daemon.wait_for(3, Duration::from_secs(5));
    xray::testing::print_trace(&documents.trace(&trace_id));
    Ok(())
}

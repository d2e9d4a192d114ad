//! A first trace: an order service that calls an HTTP service, SQLite and S3.
//!
//! `cargo run -p quickstart` needs nothing installed and no network. The shop (`shop.rs`) reads its orders from
//! `orders.csv`, some of which cannot be fulfilled. What it talks to runs in this process (`world.rs`), and so does
//! the X-Ray daemon, which shows what it received.

mod orders;
mod shop;
mod world;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use aws_xray_sdk as xray;
use xray::prelude::*;

use crate::shop::Shop;
use crate::world::World;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "this program is made to be watched")]
async fn main() -> Result<(), Box<dyn Error>> {
    let world = World::start().await?;

    // Once, at start-up. All of it is optional: by default the daemon is at 127.0.0.1:2000, the environment is that
    // of the process, and one request a second is sampled and 5 % of the others.
    xray::Recorder::builder()
        .daemon_address(world.daemon.address().into())
        .environment(world.environment())
        .sampler(xray::sampling::FixedSampler::ALL)
        .install()?;
    xray::patch_all();

    // The work, in a segment. Whatever happens until it ends is in the same trace.
    let segment = xray::begin_segment("order-service");
    let trace_id = segment.trace_id().ok_or("the segment has no trace")?.to_string();
    place_orders(&world).in_segment(segment).await?;

    // The trace, as it arrived at the daemon.
    let trace = world.daemon.wait_for_trace(&trace_id, Duration::from_secs(5));
    xray::testing::print_trace(&trace);
    println!("{WHAT_NEXT}");
    Ok(())
}

async fn place_orders(world: &World) -> Result<(), Box<dyn Error>> {
    // A word to each client that it is traced; rusqlite needs none.
    let database = rusqlite::Connection::open(world.directory().join("orders.db"))?;
    let payments = world.http_client()?.xray();
    let receipts = world.s3_config().interceptor(xray::aws::XRayInterceptor::new()).build();

    let shop = Shop::open(database, payments, aws_sdk_s3::Client::from_conf(receipts))?;
    let (mut placed, mut refused) = (0, 0);
    for line in orders::read_lines(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/orders.csv")))? {
        match shop.place_order(&line).await {
            Ok(()) => placed += 1,
            // The trace says why.
            Err(_) => refused += 1,
        }
    }
    xray::put_annotation("placed", placed);
    xray::put_annotation("refused", refused);
    Ok(())
}

const WHAT_NEXT: &str = "
This is what X-Ray received. What next?
  examples/quickstart/src     the program; change orders.csv and run it again
  README.md                   what can be traced, and the line each client needs
  cargo doc --no-deps --open  the documentation
  tests/run                   all of it against real servers";

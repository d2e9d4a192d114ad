//! Calls to an HTTP service in a trace: `cargo run -p example-reqwest`.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_xray_sdk as xray;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use xray::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let stock = start_service().await?;

    // A daemon in this process, to show the trace. In your program `xray::Recorder::builder().install()?` is enough:
    // it sends to the daemon at 127.0.0.1:2000.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .install()?;
    xray::patch_all();

    order(&stock).in_segment(xray::begin_segment("shop")).await?;

    xray::testing::print_trace(&daemon.wait_for(1, Duration::from_secs(5)).only_trace());
    Ok(())
}

async fn order(stock: &str) -> reqwest::Result<()> {
    // The line to add. It is used like the client that it wraps.
    let http = reqwest::Client::new().xray();

    let price = http.get(format!("{stock}/price")).send().await?.text().await?;
    xray::put_annotation("price", price);

    // Each call belongs to the subsegment that it is made in, also side by side.
    let item = async |id: u32| http.get(format!("{stock}/items/{id}")).send().await;
    let (book, pen) = tokio::join!(item(17).in_subsegment("book"), item(18).in_subsegment("pen"));
    xray::put_annotation("on_stock", book?.status().is_success() && pen?.status().is_success());

    // Where only a `reqwest::Client` will do, a request is traced when it is sent.
    let plain = reqwest::Client::new();
    plain.post(format!("{stock}/orders")).body("17").send_traced().await?;
    Ok(())
}

/// The service that is called. It could read the trace from the header `X-Amzn-Trace-Id`, which every call sends.
async fn start_service() -> io::Result<String> {
    let stock = Router::new()
        .route("/price", get(async || "25"))
        .route("/items/17", get(async || "book"))
        .route("/orders", post(async || StatusCode::TOO_MANY_REQUESTS));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, stock).await });
    Ok(format!("http://{address}"))
}

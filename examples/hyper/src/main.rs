//! Calls through hyper-util's client in a trace: `cargo run -p example-hyper`.
//!
//! The same layer goes around every client that is a tower service of HTTP requests, such as a channel of tonic.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_xray_sdk as xray;
use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt as _};
use xray::http::tower::XRayClientLayer;
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

async fn order(stock: &str) -> Result<(), Box<dyn Error>> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    // The line to add.
    let client = ServiceBuilder::new().layer(XRayClientLayer::new()).service(client);

    for item in ["book", "teleporter"] {
        let request = Request::get(format!("{stock}/{item}")).body(Empty::new())?;
        let response = client.clone().oneshot(request).await?;
        // A call ends with the headers of its response. What reads the body is recorded by a subsegment around it.
        let body = response.into_body().collect().in_subsegment("read").await?.to_bytes();
        xray::put_annotation(item, String::from_utf8_lossy(&body).as_ref());
    }
    Ok(())
}

/// The service that is called.
async fn start_service() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, Router::new().route("/book", get(async || "25"))).await });
    Ok(format!("http://{address}"))
}

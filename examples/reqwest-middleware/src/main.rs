//! Calls through a client with middleware in a trace: `cargo run -p example-reqwest-middleware`.

use std::error::Error;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_xray_sdk as xray;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next, Result};
use tokio::net::TcpListener;
use xray::http::reqwest_middleware::XRayMiddleware;
use xray::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let stock = start_service().await?;

    // A daemon in this process, to show the trace. In your program `xray::Recorder::builder().install()?` is enough:
    // it sends to the daemon at 127.0.0.1:2000.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .install()?;
    xray::patch_all();

    let http = ClientBuilder::new(reqwest::Client::new())
        .with(OnceMore)
        // The line to add. After what tries again, so that each attempt has a subsegment.
        .with(XRayMiddleware::new())
        .build();
    let order = async { http.get(format!("{stock}/items/17")).send().await?.error_for_status().map_err(Into::into) };
    let order: Result<Response> = order.in_segment(xray::begin_segment("shop")).await;
    order?;

    xray::testing::print_trace(&daemon.wait_for(1, Duration::from_secs(5)).only_trace());
    Ok(())
}

/// Middleware of the program: repeats a call that the service had no time for.
struct OnceMore;

#[async_trait::async_trait]
impl Middleware for OnceMore {
    async fn handle(&self, request: Request, extensions: &mut Extensions, next: Next<'_>) -> Result<Response> {
        let again = request.try_clone();
        let response = next.clone().run(request, extensions).await?;
        match again {
            Some(request) if response.status() == StatusCode::SERVICE_UNAVAILABLE => {
                next.run(request, extensions).await
            }
            _ => Ok(response),
        }
    }
}

/// The service that is called, which is busy at first.
async fn start_service() -> io::Result<String> {
    static AWAKE: AtomicBool = AtomicBool::new(false);
    let item =
        async || if AWAKE.swap(true, Ordering::Relaxed) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/items/17", get(item))).await });
    Ok(format!("http://{address}"))
}

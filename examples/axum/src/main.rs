//! Requests to an axum server in traces: `cargo run -p example-axum`.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_xray_sdk as xray;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;

fn shop() -> Router {
    Router::new()
        .route("/carts/{id}", get(cart))
        .route("/health", get(async || "fine"))
        // The line to add; and, if you like, which requests are not worth a trace.
        .layer(xray::http::XRayLayer::new("shop").with_options(xray::http::ServerOptions::new().ignore_path("/health")))
}

/// What a handler does is in the segment of its request.
async fn cart(Path(id): Path<u32>) -> Result<String, StatusCode> {
    xray::put_annotation("cart", id);
    let price = load(id).await.map_err(|_| StatusCode::NOT_FOUND)?;
    Ok(format!("cart {id}: {price}"))
}

#[xray::capture]
async fn load(id: u32) -> Result<u32, io::Error> {
    if id == 17 { Ok(25) } else { Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no cart {id}"))) }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "this program is made to be watched")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A daemon in this process, to show the traces. In your program `xray::Recorder::builder().install()?` is enough:
    // it sends to the daemon at 127.0.0.1:2000, and samples one request a second and 5 % of the others.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .sampler(xray::sampling::FixedSampler::ALL)
        .install()?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async { axum::serve(listener, shop()).await });

    // What load balancers and other services send: the trace goes on, and they are told whether it is sampled.
    let client = reqwest::Client::builder().no_proxy().build()?;
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?";
    for path in ["/carts/17?token=secret", "/carts/18", "/health"] {
        let response = client.get(format!("{url}{path}")).header(xray::TRACE_HEADER, header).send().await?;
        println!("{path} answers {} {:?}", response.status(), response.headers().get(xray::TRACE_HEADER));
        response.text().await?;
    }

    xray::testing::print_trace(&daemon.wait_for(2, Duration::from_secs(5)).only_trace());
    Ok(())
}

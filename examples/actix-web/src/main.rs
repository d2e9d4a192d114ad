//! Requests to an actix-web server, each in a trace: `cargo run -p example-actix-web`.

use std::io;
use std::time::Duration;

use actix_web::{App, HttpServer, error, web};
use aws_xray_sdk as xray;
use xray::http::ServerOptions;
use xray::http::actix_web::XRayMiddleware;
use xray::sampling::FixedSampler;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A daemon in this process, to show the traces. In your program `xray::Recorder::builder().install()?` is enough:
    // it sends to the daemon at 127.0.0.1:2000, and samples one request a second and 5 % of the others.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .sampler(FixedSampler::ALL)
        .install()?;

    let server = HttpServer::new(|| {
        App::new()
            .route("/orders/{id}", web::get().to(order))
            .route("/health", web::get().to(|| async { "well" }))
            // The line to add. The options are for requests that nobody wants to see.
            .wrap(XRayMiddleware::new("shop").with_options(ServerOptions::new().ignore_path("/health")))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0))?;
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());

    let client = reqwest::Client::builder().no_proxy().build()?;
    for path in ["/health", "/orders/17", "/orders/18", "/orders/seventeen"] {
        client.get(format!("{url}{path}")).send().await?.bytes().await?;
    }
    for trace in daemon.wait_for(3, Duration::from_secs(5)).traces() {
        xray::testing::print_trace(&trace);
    }
    Ok(())
}

/// What a handler calls is in the request's segment; the error that it returns is the segment's cause.
async fn order(id: web::Path<u32>) -> actix_web::Result<String> {
    xray::put_annotation("order", *id);
    let load = || if *id == 17 { Ok("a book") } else { Err(io::Error::other("the database is closed")) };
    let order = xray::capture("load", |_| load()).map_err(error::ErrorServiceUnavailable)?;
    Ok(order.to_owned())
}

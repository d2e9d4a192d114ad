//! The shop, made with axum. It calls the stock by reqwest.

use std::io;
use std::net::SocketAddr;

use aws_xray_sdk as xray;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use xray::http::XRayLayer;
use xray::prelude::*;

pub(crate) async fn serve(stock: SocketAddr) -> io::Result<SocketAddr> {
    let http = reqwest::Client::builder().no_proxy().build().map_err(io::Error::other)?;
    let stock = Stock { url: format!("http://{stock}/stock"), http: http.xray() }; // a line to add: `.xray()`
    let router = Router::new().route("/orders/{product}", get(order)).with_state(stock).layer(XRayLayer::new("shop")); // and this one

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, service).await });
    Ok(address)
}

#[derive(Clone)]
struct Stock {
    url: String,
    http: xray::http::reqwest::Client,
}

async fn order(State(stock): State<Stock>, Path(product): Path<String>) -> Result<String, StatusCode> {
    xray::put_annotation("product", product.as_str());
    let response = stock.http.get(format!("{}/{product}", stock.url)).send().await;
    let response = response.and_then(reqwest::Response::error_for_status).map_err(|_| StatusCode::BAD_GATEWAY)?;
    response.text().await.map_err(|_| StatusCode::BAD_GATEWAY)
}

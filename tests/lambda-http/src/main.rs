//! A function on `lambda_http`, which calls another service and answers with what it was called with, and with what that
//! service was called with.

use aws_xray_sdk as xray;
use lambda_http::{Adapter, Error, Request, Response, lambda_runtime, service_fn};
use serde_json::json;
use tower::Layer as _;
use xray::http::XRayLayer;
use xray::lambda::handler;
use xray::prelude::*;

#[tokio::main]
async fn main() -> Result<(), Error> {
    xray::Recorder::builder().install()?;
    xray::patch_all();
    let order = service_fn(order);
    if std::env::var_os("XRAY_TEST_LAYER").is_some() {
        let layered = XRayLayer::new("shop").layer(order);
        return lambda_runtime::run(handler(Adapter::from(layered))).await;
    }
    lambda_runtime::run(handler(Adapter::from(order))).await
}

async fn order(request: Request) -> Result<Response<String>, Error> {
    let incoming = request.headers().get("x-amzn-trace-id").map(|header| header.to_str()).transpose()?;
    let outgoing = call().in_subsegment("price").await?;
    let answer = json!({ "path": request.uri().path(), "incoming": incoming, "outgoing": outgoing });
    Ok(Response::new(answer.to_string()))
}

async fn call() -> Result<String, Error> {
    let client = reqwest::Client::builder().no_proxy().build()?.xray();
    Ok(client.get(std::env::var("XRAY_TEST_CALLED_URL")?).send().await?.text().await?)
}

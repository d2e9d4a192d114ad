//! The same function, traced, with a subsegment of its own.

use aws_xray_sdk as xray;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    xray::Recorder::builder().install()?;
    lambda_runtime::run(xray::lambda::handler(service_fn(order))).await
}

async fn order(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let subsegment = xray::begin_subsegment("order");
    subsegment.put_annotation("customer", "c-17");
    subsegment.end();
    Ok(event.payload)
}

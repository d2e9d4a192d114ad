//! A function that answers with what it was sent.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(order)).await
}

async fn order(event: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(event.payload)
}

//! A function on AWS Lambda that puts an object into S3 and gets it back: `cargo run -p example-lambda`.
//!
//! Where there is no Lambda the program plays it as well (`local.rs`), and shows the traces. With one it is the function:
//! `cargo lambda watch` runs it as it is. To be deployed it needs S3 by TLS, see below, and a function whose tracing is
//! `Active`.

mod local;

use aws_sdk_s3 as s3;
use aws_xray_sdk as xray;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use s3::primitives::ByteStream;
use xray::prelude::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    if !local::is_in_lambda() {
        return local::play_lambda().await;
    }

    // Once, when the function starts. Where the daemon is, Lambda's environment tells.
    xray::Recorder::builder().install()?;
    xray::patch_all();

    // Plain HTTP builds faster and is enough for the S3 of `local.rs`. In your function: aws_config::load_from_env().await
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = aws_config::from_env().http_client(http).load().await;
    let client = xray::aws::client!(aws_sdk_s3, &config);

    // The line that traces the function.
    lambda_runtime::run(xray::lambda::handler(service_fn(|event| handle(&client, event)))).await
}

#[derive(serde::Deserialize)]
struct Receipt {
    key: String,
    /// Without it the receipt should be there already.
    text: Option<String>,
}

async fn handle(client: &s3::Client, event: LambdaEvent<Receipt>) -> Result<String, Error> {
    let Receipt { key, text } = event.payload;
    if let Some(text) = text {
        put_object(client, &key, text).await?;
    }
    get_object(client, &key).await
}

/// A subsegment begun by hand.
async fn put_object(client: &s3::Client, key: &str, text: String) -> Result<(), Error> {
    async {
        let put = client.put_object().bucket(BUCKET).key(key).body(ByteStream::from(text.into_bytes())).send().await;
        xray::put_annotation("status", if put.is_ok() { "stored" } else { "not stored" });
        put?;
        Ok(())
    }
    .in_subsegment("put_object")
    .await
}

/// A subsegment for each call. An error is recorded with all its causes.
#[xray::capture]
async fn get_object(client: &s3::Client, key: &str) -> Result<String, Error> {
    let got = client.get_object().bucket(BUCKET).key(key).send().await;
    xray::put_annotation("status", if got.is_ok() { "found" } else { "not found" });
    let text = got?.body.collect().await?;
    Ok(String::from_utf8(text.to_vec())?)
}

const BUCKET: &str = "receipts";

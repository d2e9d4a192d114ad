//! Calls to AWS in a trace: `cargo run -p example-aws-sdk`. They go to an S3 in this process (`storage.rs`).

mod storage;

use std::error::Error;
use std::time::Duration;

use aws_sdk_s3 as s3;
use aws_xray_sdk as xray;
use s3::primitives::ByteStream;
use xray::prelude::*;

use crate::storage::Storage;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let storage = Storage::start().await?;

    // A daemon in this process, to show the trace. In your program `xray::Recorder::builder().install()?` is enough:
    // it sends to the daemon at 127.0.0.1:2000.
    let daemon = xray::testing::Daemon::start()?;
    xray::Recorder::builder()
        .environment(xray::Environment::empty())
        .daemon_address(daemon.address().into())
        .install()?;
    xray::patch_all();

    // In your program: aws_config::load_from_env().await
    let config = storage.config().await;
    // The line to add, in place of s3::Client::new(&config). The client is one of `aws_sdk_s3`, as ever.
    let client = xray::aws::client!(aws_sdk_s3, &config);

    file_receipts(&client).in_segment(xray::begin_segment("shop")).await?;

    xray::testing::print_trace(&daemon.wait_for(1, Duration::from_secs(5)).only_trace());
    Ok(())
}

async fn file_receipts(client: &s3::Client) -> Result<(), s3::Error> {
    client.create_bucket().bucket("receipts").send().await?;
    for id in ["17.txt", "18.txt", "19.txt"] {
        client.put_object().bucket("receipts").key(id).body(ByteStream::from_static(b"2500 cents")).send().await?;
    }
    // Each page is a call.
    let mut pages = client.list_objects_v2().bucket("receipts").max_keys(2).into_paginator().send();
    while pages.try_next().await?.is_some() {}
    // The trace says why: NoSuchKey.
    let missing = client.get_object().bucket("receipts").key("20.txt").send().await;
    xray::put_annotation("missing", missing.is_err());
    Ok(())
}

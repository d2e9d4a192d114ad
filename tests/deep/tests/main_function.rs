//! A program whose `main` runs in a segment, and is eight captured functions above a call of the AWS SDK.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

use aws_sdk_dynamodb::Client;
use aws_xray_sdk as xray;
use deep_programs::chain;
use test_support::Fixture;
use xray::prelude::*;

type Error = Box<dyn std::error::Error + Send + Sync>;

chain! {
    #[xray::capture]
    (client: &Client, more: usize) -> Result<usize, Error>:
    one two, two three, three four, four five, five six, six seven, seven eight, eight tables
}

async fn tables(client: &Client, more: usize) -> Result<usize, Error> {
    Ok(client.list_tables().send().await?.table_names().len() + more)
}

#[tokio::main]
async fn program(recorder: &xray::Recorder) -> Result<usize, Error> {
    let client = support::dynamodb(&support::serve().await);
    let segment = recorder.begin_segment("program");
    async { one(&client, 7).await }.in_segment(segment).await
}

#[test]
fn a_program_in_a_segment_with_eight_captures_above_a_call_runs_and_is_traced() {
    let fixture = Fixture::start();
    assert_eq!(program(&fixture.recorder).unwrap(), 7);
    let trace = fixture.wait_for(1).only_trace();
    let names: Vec<_> = trace.nodes().iter().map(|node| node.name().to_owned()).collect();
    let functions = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
    assert_eq!(names[..9], [&["program"], &functions[..]].concat(), "{trace}");
    assert_eq!(names[9..], ["DynamoDB"], "{trace}");
}

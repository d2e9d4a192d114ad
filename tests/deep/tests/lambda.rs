//! A Lambda function whose handler is six captured functions above a call of the AWS SDK.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

#[path = "../../../xray-aws/tests/lambda_invocations/runtime_api.rs"]
#[allow(dead_code)] // it is part of other tests, too
mod runtime_api;

use std::process::{Command, Stdio};

use aws_sdk_dynamodb::Client;
use aws_xray_sdk as xray;
use deep_programs::chain;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use test_support::PATIENCE;
use xray::testing::{Daemon, Documents};

chain! {
    #[xray::capture]
    (client: &Client, event: &Value) -> Result<usize, Error>:
    one two, two three, three four, four five, five six, six tables
}

async fn tables(client: &Client, event: &Value) -> Result<usize, Error> {
    let answer = client.list_tables().send().await?;
    Ok(answer.table_names().len() + event["more"].as_u64().unwrap_or(0) as usize)
}

const URL: &str = "XRAY_TEST_URL";

#[test]
#[ignore = "it is the function, which the test below starts in a process of its own"]
fn function() {
    let Ok(url) = std::env::var(URL) else { return };
    run(url);
}

#[tokio::main]
async fn run(url: String) {
    xray::Recorder::builder().install().unwrap();
    xray::patch_all();
    let client = support::dynamodb(&url);
    let handle = |event: LambdaEvent<Value>| {
        let client = client.clone();
        async move { one(&client, &event.payload).await }
    };
    lambda_runtime::run(xray::lambda::handler(service_fn(handle))).await.unwrap();
}

#[tokio::test]
async fn a_function_with_six_captures_above_a_call_answers_and_is_traced() {
    let (mut api, daemon) = (runtime_api::RuntimeApi::start().await, Daemon::start().unwrap());
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["function", "--exact", "--ignored", "--nocapture"]).stdout(Stdio::null());
    command.env(URL, support::serve().await).env("AWS_XRAY_DAEMON_ADDRESS", daemon.address().to_string());
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("LAMBDA_TASK_ROOT", "/var/task");
    command.env("AWS_LAMBDA_FUNCTION_NAME", "order").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
    command.env("AWS_LAMBDA_FUNCTION_VERSION", "1");
    let mut function = command.spawn().unwrap();
    let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
    api.invoke("deep", Some(header), json!({ "more": 7 }));
    let answer = api.answer().await;
    assert_eq!((answer.kind.as_str(), answer.body), ("response", json!(7)));
    let all_there = |documents: &Documents| documents.iter().map(entities).sum::<usize>() >= 7;
    let trace = daemon.wait_until(all_there, PATIENCE).only_trace();
    let names: Vec<_> = trace.nodes().iter().map(|node| node.name().to_owned()).collect();
    assert_eq!(names, ["one", "two", "three", "four", "five", "six", "DynamoDB"], "{trace}");
    function.kill().unwrap();
    function.wait().unwrap();
}

/// How many segments and subsegments are in a document.
fn entities(document: &Value) -> usize {
    1 + document["subsegments"].as_array().map_or(0, |subsegments| subsegments.iter().map(entities).sum())
}

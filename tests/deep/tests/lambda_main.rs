//! Functions whose `main` is one line of `lambda_main!`, with and without clients, each in a process of its own.

#![allow(clippy::unwrap_used)] // as in tests

mod support;

#[path = "../../../xray-aws/tests/lambda_invocations/runtime_api.rs"]
#[allow(dead_code)] // it is part of other tests, too
mod runtime_api;

use std::process::{Command, Stdio};

use aws_xray_sdk as xray;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};
use test_support::PATIENCE;
use xray::testing::{Daemon, Documents};

mod alone {
    use super::*;

    xray::lambda_main!(order);

    async fn order(event: LambdaEvent<Value>) -> Result<Value, Error> {
        xray::put_annotation("name", event.payload["name"].as_str());
        match event.payload["fails"].as_bool() {
            Some(true) => Err("out of stock".into()),
            _ => Ok(json!("alone")),
        }
    }

    #[test]
    #[ignore = "it is the function, which the test below starts in a process of its own"]
    fn function() {
        super::run(main);
    }
}

/// It is only built: the configuration of the environment wants a client for HTTPS, which these tests do without.
mod with_a_client {
    use super::*;

    xray::lambda_main!(order, aws_sdk_dynamodb,);

    async fn order(_: LambdaEvent<Value>, dynamodb: &aws_sdk_dynamodb::Client) -> Result<usize, Error> {
        Ok(dynamodb.list_tables().send().await?.table_names().len())
    }

    pub(super) const MAIN: fn() -> Result<(), Error> = main;
}

mod with_a_configuration {
    use super::*;

    xray::lambda_main!(orders::order, super::configuration().await => aws_sdk_dynamodb, aws_sdk_dynamodb_again);

    /// Whatever looks like the crate of a client.
    use aws_sdk_dynamodb as aws_sdk_dynamodb_again;

    mod orders {
        use super::*;

        pub(super) async fn order(
            event: LambdaEvent<Value>,
            dynamodb: &aws_sdk_dynamodb::Client,
            again: &aws_sdk_dynamodb::Client,
        ) -> Result<usize, Error> {
            let tables = dynamodb.list_tables().send().await?;
            again.describe_endpoints().send().await.ok();
            Ok(tables.table_names().len() + event.payload["more"].as_u64().unwrap_or(0) as usize)
        }
    }

    #[test]
    #[ignore = "it is the function, which the test below starts in a process of its own"]
    fn function() {
        super::run(main);
    }
}

async fn configuration() -> aws_config::SdkConfig {
    let http = aws_smithy_http_client::Builder::new().build_http();
    aws_config::from_env().http_client(http).load().await
}

fn run(main: fn() -> Result<(), Error>) {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        main().unwrap();
    }
}

#[tokio::test]
async fn one_line_is_all_that_a_function_needs() {
    let _builds = with_a_client::MAIN;
    let url = support::serve().await;
    for (function, event, kind, answer, expected) in [
        (
            "alone",
            json!({ "name": "a" }),
            "response",
            json!("alone"),
            "## order {ColdStart=true, name=\"a\"} (parent not captured)\n",
        ),
        (
            "alone",
            json!({ "name": "b", "fails": true }),
            "error",
            Value::Null,
            "## order [fault] {ColdStart=true, name=\"b\"} (parent not captured)\n",
        ),
        (
            "with_a_configuration",
            json!({ "more": 7 }),
            "response",
            json!(7),
            "## orders::order {ColdStart=true} (parent not captured)\n├─ DynamoDB ListTables 200\n└─ DynamoDB DescribeEndpoints 200\n",
        ),
    ] {
        let (mut api, daemon) = (runtime_api::RuntimeApi::start().await, Daemon::start().unwrap());
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([&format!("{function}::function"), "--exact", "--ignored", "--nocapture"]).stdout(Stdio::null());
        command.env("AWS_XRAY_DAEMON_ADDRESS", daemon.address().to_string()).env("AWS_ENDPOINT_URL", &url);
        command.env("AWS_REGION", "us-east-1").env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("LAMBDA_TASK_ROOT", "/var/task");
        command.env("AWS_LAMBDA_FUNCTION_NAME", "order").env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "1");
        let mut process = command.spawn().unwrap();
        api.invoke("1", Some("Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1"), event);
        let answered = tokio::time::timeout(PATIENCE, api.answer()).await.unwrap();
        assert_eq!(answered.kind, kind, "{function}");
        if kind == "response" {
            assert_eq!(answered.body, answer, "{function}");
        }
        let all_there = |documents: &Documents| documents.iter().count() >= expected.lines().count();
        let trace = daemon.wait_until(all_there, PATIENCE).only_trace();
        assert_eq!(trace.render(), expected, "{function}");
        process.kill().unwrap();
        process.wait().unwrap();
    }
}

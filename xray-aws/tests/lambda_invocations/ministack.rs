//! The function under ministack, which unpacks and runs it as Lambda does, at `XRAY_TEST_MINISTACK_URL`.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_lambda::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, FunctionCode, Runtime, TracingConfig, TracingMode};
use serde_json::{Value, json};
use test_support::Elsewhere;

use super::archive::archive;
use super::function::{become_function, environment};

#[test]
#[ignore = "needs ministack: run tests/run"]
fn a_function_under_ministack_is_traced_if_its_tracing_is_active() {
    become_function();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let url = std::env::var("XRAY_TEST_MINISTACK_URL")
            .expect("XRAY_TEST_MINISTACK_URL is not set: it is the URL of a ministack server");
        let client = client(&url);
        let daemon = Elsewhere::start();
        let active = create(&client, &daemon, TracingMode::Active).await;
        let mut traces = Vec::new();
        for number in 0..2 {
            let body = invoke(&client, &active, json!({ "name": number.to_string() })).await;
            let documents = daemon.sent_by_now();
            let document = &documents[number];
            let header = body["of_function"].as_str().unwrap();
            let expected =
                format!("Root={};Parent={};Sampled=1", text(document, "trace_id"), text(document, "parent_id"));
            assert_eq!(header, expected);
            assert_eq!(
                (text(document, "name"), &document["annotations"]["event"]),
                ("price", &json!(number.to_string()))
            );
            assert_eq!(documents.len(), number + 1);
            traces.push(document["trace_id"].clone());
        }
        assert_ne!(traces[0], traces[1]);
        // Without tracing it runs all the same.
        let passed_through = create(&client, &daemon, TracingMode::PassThrough).await;
        let body = invoke(&client, &passed_through, json!({ "name": "silent" })).await;
        assert_eq!((&body["of_function"], daemon.sent_by_now().len()), (&Value::Null, 2));
    });
}

async fn create(client: &aws_sdk_lambda::Client, daemon: &Elsewhere, tracing: TracingMode) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let name = format!("order-{}-{now}", tracing.as_str());
    // The program of this test is the function.
    let test = "ministack::a_function_under_ministack_is_traced_if_its_tracing_is_active";
    let bootstrap = format!("#!/bin/sh\nexec \"$LAMBDA_TASK_ROOT/function\" {test} --exact --ignored --nocapture\n");
    let function = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let code = archive(&[("bootstrap", bootstrap.as_bytes()), ("function", &function)]);
    let variables = environment("sequential", &daemon.address().to_string());
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let create = client.create_function().function_name(&name).runtime(Runtime::Providedal2023).handler("bootstrap");
    let create = create.role("arn:aws:iam::000000000000:role/order").timeout(60);
    let create = create.code(FunctionCode::builder().zip_file(Blob::new(code)).build());
    let create = create.environment(Environment::builder().set_variables(Some(variables)).build());
    create.tracing_config(TracingConfig::builder().mode(tracing).build()).send().await.unwrap();
    name
}

pub(crate) async fn invoke(client: &aws_sdk_lambda::Client, name: &str, event: Value) -> Value {
    let output = client.invoke().function_name(name).payload(Blob::new(event.to_string())).send().await.unwrap();
    let body = output.payload().unwrap().as_ref();
    assert_eq!(output.function_error(), None, "{}", String::from_utf8_lossy(body));
    serde_json::from_slice(body).unwrap()
}

pub(crate) fn client(url: &str) -> aws_sdk_lambda::Client {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_lambda::Client::new(&config)
}

fn text<'a>(document: &'a Value, key: &str) -> &'a str {
    document[key].as_str().unwrap_or_default()
}

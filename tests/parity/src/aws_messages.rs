//! Calls to SQS and SNS on moto, and to Lambda on ministack: the AWS SDK for Rust here, boto3 in Python.

use aws_sdk_lambda as lambda;
use aws_sdk_sns as sns;
use aws_sdk_sqs as sqs;
use aws_xray_sdk as xray;
use lambda::primitives::Blob;
use lambda::types::InvocationType;
use sns::types::PublishBatchRequestEntry;
use sqs::types::SendMessageBatchRequestEntry;
use xray::Library;

use crate::aws::{attempt, configuration, id, in_segment, moto};
use crate::scenario::{Scenario, refused_url, scenarios, unique_name, variable};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    sqs_messages,
    sqs_missing_queue,
    sqs_connection_refused,
    sns_messages,
    sns_missing_topic,
    sns_connection_refused,
    lambda_invocations,
    lambda_missing_function,
    lambda_connection_refused,
    dynamodb_connection_refused,
];

/// A client of a service crate at an endpoint.
macro_rules! client {
    ($service:ident, $endpoint:expr) => {{
        xray::patch([Library::AwsSdk]).unwrap();
        xray::aws::client!($service, &configuration($endpoint))
    }};
}

fn ministack() -> String {
    variable("XRAY_TEST_MINISTACK_URL")
}

fn sqs_messages() {
    let sqs = client!(aws_sdk_sqs, &moto());
    let entry = |id| SendMessageBatchRequestEntry::builder().id(id).message_body("secret").build().unwrap();
    in_segment(async {
        let queue = sqs.create_queue().queue_name(unique_name()).send().await.unwrap().queue_url.unwrap();
        attempt(sqs.get_queue_url().queue_name(unique_name()).send()).await;
        attempt(sqs.send_message().queue_url(&queue).message_body("secret").delay_seconds(0).send()).await;
        attempt(sqs.send_message_batch().queue_url(&queue).entries(entry("a")).entries(entry("b")).send()).await;
        let receive = sqs.receive_message().queue_url(&queue).max_number_of_messages(10).visibility_timeout(60);
        let received = receive.wait_time_seconds(0).send().await.unwrap().messages.unwrap();
        println!("{} messages", received.len());
        let handle = received[0].receipt_handle().unwrap();
        attempt(sqs.delete_message().queue_url(&queue).receipt_handle(handle).send()).await;
        attempt(sqs.list_queues().queue_name_prefix(unique_name()).send()).await;
        attempt(sqs.delete_queue().queue_url(&queue).send()).await;
    });
}

fn sqs_missing_queue() {
    let sqs = client!(aws_sdk_sqs, &moto());
    in_segment(attempt(sqs.get_queue_url().queue_name(unique_name()).send()));
}

fn sqs_connection_refused() {
    let sqs = client!(aws_sdk_sqs, &refused_url());
    in_segment(attempt(sqs.send_message().queue_url(refused_url() + "/queue").message_body("secret").send()));
}

fn sns_messages() {
    let sns = client!(aws_sdk_sns, &moto());
    let entry = |id| PublishBatchRequestEntry::builder().id(id).message("secret").build().unwrap();
    in_segment(async {
        let topic = sns.create_topic().name(unique_name()).send().await.unwrap().topic_arn.unwrap();
        attempt(sns.publish().topic_arn(&topic).message("secret").subject("secret").send()).await;
        let batch = sns.publish_batch().topic_arn(&topic);
        attempt(batch.publish_batch_request_entries(entry("a")).publish_batch_request_entries(entry("b")).send()).await;
        attempt(sns.delete_topic().topic_arn(&topic).send()).await;
    });
}

fn sns_missing_topic() {
    let sns = client!(aws_sdk_sns, &moto());
    let topic = format!("arn:aws:sns:us-east-1:123456789012:{}", unique_name());
    in_segment(attempt(sns.publish().topic_arn(topic).message("secret").send()));
}

fn sns_connection_refused() {
    let sns = client!(aws_sdk_sns, &refused_url());
    let topic = "arn:aws:sns:us-east-1:123456789012:orders";
    in_segment(attempt(sns.publish().topic_arn(topic).message("secret").send()));
}

fn lambda_invocations() {
    let lambda = client!(aws_sdk_lambda, &ministack());
    let function = variable("XRAY_PARITY_FUNCTION");
    in_segment(async {
        for payload in [r#"{"for":"secret"}"#, r#"{"fail":true}"#] {
            let invoke = lambda.invoke().function_name(&function).invocation_type(InvocationType::RequestResponse);
            attempt(invoke.payload(Blob::new(payload)).send()).await;
        }
    });
}

fn lambda_missing_function() {
    let lambda = client!(aws_sdk_lambda, &ministack());
    in_segment(attempt(lambda.invoke().function_name(unique_name()).payload(Blob::new("{}")).send()));
}

fn lambda_connection_refused() {
    let lambda = client!(aws_sdk_lambda, &refused_url());
    in_segment(attempt(lambda.invoke().function_name("price").payload(Blob::new("{}")).send()));
}

fn dynamodb_connection_refused() {
    let dynamodb = client!(aws_sdk_dynamodb, &refused_url());
    in_segment(attempt(dynamodb.get_item().table_name("orders").key("id", id()).send()));
}

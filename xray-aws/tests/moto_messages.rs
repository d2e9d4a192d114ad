//! SQS and SNS against moto, at `XRAY_TEST_MOTO_URL`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName,
    MessageSystemAttributeNameForSends, MessageSystemAttributeValue, SendMessageBatchRequestEntry,
};
use serde_json::json;
use support::moto::{config, parameters, unique};
use support::{Fixture, assert_flags, assert_raised_there};
use xray_aws::SdkConfigExt as _;
use xray_core::current_trace_header;

/// That of moto.
const ACCOUNT: &str = "123456789012";

fn sqs() -> aws_sdk_sqs::Client {
    xray_aws::client!(aws_sdk_sqs, &config())
}

fn sns() -> aws_sdk_sns::Client {
    xray_aws::client!(aws_sdk_sns, &config())
}

fn message(id: &str) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder().id(id).message_body("secret").build().unwrap()
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn sqs_good_calls() {
    let fixture = Fixture::start();
    let (client, name) = (sqs(), unique("queue"));
    let work = async {
        let url = client.create_queue().queue_name(&name).send().await.unwrap().queue_url.unwrap();
        let attribute = MessageAttributeValue::builder().data_type("String").string_value("secret").build().unwrap();
        let send = client.send_message().queue_url(&url).message_body("secret").delay_seconds(0);
        let sent = send.message_attributes("customer", attribute).send().await.unwrap();
        let entries = ["a", "b", "c"].map(message).to_vec();
        client.send_message_batch().queue_url(&url).set_entries(Some(entries)).send().await.unwrap();
        let receive = client.receive_message().queue_url(&url).max_number_of_messages(10).visibility_timeout(60);
        let messages = receive.send().await.unwrap().messages.unwrap();
        let entry =
            |(number, handle)| DeleteMessageBatchRequestEntry::builder().id(number).receipt_handle(handle).build();
        let handles = ["x", "y", "z"].into_iter().zip(messages.iter().filter_map(|message| message.receipt_handle()));
        let entries = handles.map(entry).collect::<Result<_, _>>().unwrap();
        client.delete_message_batch().queue_url(&url).set_entries(Some(entries)).send().await.unwrap();
        client.get_queue_url().queue_name(&name).send().await.unwrap();
        client.list_queues().queue_name_prefix(&name).send().await.unwrap();
        client.delete_queue().queue_url(&url).send().await.unwrap();
        (url, sent.message_id.unwrap())
    };
    let ((url, id), trace) = fixture.traced(work).await;
    let calls = trace.root().children();
    assert_eq!(calls.len(), 8, "{trace}");
    for (call, (operation, expected)) in calls.iter().zip([
        ("CreateQueue", json!({ "queue_name": name, "queue_url": url, "account_id": ACCOUNT })),
        (
            "SendMessage",
            json!({ "queue_url": url, "account_id": ACCOUNT, "delay_seconds": 0, "message_attribute_names": ["customer"], "message_id": id }),
        ),
        ("SendMessageBatch", json!({ "queue_url": url, "account_id": ACCOUNT, "message_count": 3, "successful_count": 3, "failed_count": 0 })),
        (
            "ReceiveMessage",
            json!({ "queue_url": url, "account_id": ACCOUNT, "max_number_of_messages": 10, "visibility_timeout": 60, "message_count": 4 }),
        ),
        (
            "DeleteMessageBatch",
            json!({ "queue_url": url, "account_id": ACCOUNT, "message_count": 3, "successful_count": 3, "failed_count": 0 }),
        ),
        ("GetQueueUrl", json!({ "queue_name": name, "queue_url": url, "account_id": ACCOUNT })),
        ("ListQueues", json!({ "queue_name_prefix": name, "queue_count": 1 })),
        ("DeleteQueue", json!({ "queue_url": url, "account_id": ACCOUNT })),
    ]) {
        assert_eq!(parameters(call, operation), expected);
        assert_eq!((call.name(), call.get("/http/response/status")), ("SQS", &json!(200)));
        assert_flags(call, &[]);
    }
    assert!(!fixture.documents().texts().any(|text| text.contains("secret")));
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn sqs_bad_calls() {
    let fixture = Fixture::start();
    let (outcome, call) = fixture.call(sqs().get_queue_url().queue_name(unique("missing")).send()).await;
    assert_raised_there(&call, &outcome.unwrap_err());
    assert_flags(&call, &["error"]);
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn a_trace_goes_through_a_queue() {
    let fixture = Fixture::start();
    let client = sqs();
    let work = async {
        let url = client.create_queue().queue_name(unique("queue")).send().await.unwrap().queue_url.unwrap();
        // SQS does that by itself with the header of the request; this server does not.
        let header = current_trace_header().unwrap().to_string();
        let value = MessageSystemAttributeValue::builder().data_type("String").string_value(&header).build().unwrap();
        let send = client.send_message().queue_url(&url).message_body("order");
        send.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value).send().await.unwrap();
        let receive = client.receive_message().queue_url(&url);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::AwsTraceHeader);
        let received = receive.send().await.unwrap().messages.unwrap().remove(0).attributes.unwrap();
        (header, received[&MessageSystemAttributeName::AwsTraceHeader].clone())
    };
    let ((sent, received), trace) = fixture.traced(work).await;
    assert_eq!(sent, received);
    assert!(received.contains(trace.id()), "{received}");
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn sns_good_and_bad_calls() {
    let fixture = Fixture::start();
    let (client, name) = (sns(), unique("topic"));
    let work = async {
        let arn = client.create_topic().name(&name).send().await.unwrap().topic_arn.unwrap();
        client.publish().topic_arn(&arn).subject("secret").message("secret").send().await.unwrap();
        arn
    };
    let (arn, trace) = fixture.traced(work).await;
    let calls = trace.root().children();
    assert_eq!(calls.len(), 2, "{trace}");
    assert_eq!(parameters(&calls[0], "CreateTopic"), json!({}));
    assert_eq!(parameters(&calls[1], "Publish"), json!({ "topic_arn": arn, "account_id": ACCOUNT }));
    assert!(calls.iter().all(|call| call.name() == "SNS"), "{trace}");
    assert!(!fixture.documents().texts().any(|text| text.contains("secret")));
    let missing = format!("{arn}-missing");
    let (outcome, call) = fixture.call(client.publish().topic_arn(&missing).message("secret").send()).await;
    assert_raised_there(&call, &outcome.unwrap_err());
    assert_eq!(call.get("/aws/topic_arn"), &json!(missing));
    assert_flags(&call, &["error"]);
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn a_configuration_s_clients_are_traced_alike() {
    let fixture = Fixture::start();
    let config = config().xray();
    let (queues, topics) = (aws_sdk_sqs::Client::new(&config), aws_sdk_sns::Client::new(&config));
    let name = unique("both");
    let work = async {
        let url = queues.create_queue().queue_name(&name).send().await.unwrap().queue_url.unwrap();
        let entries = ["a", "b"].map(message).to_vec();
        queues.send_message_batch().queue_url(&url).set_entries(Some(entries)).send().await.unwrap();
        let topic = topics.create_topic().name(&name).send().await.unwrap().topic_arn.unwrap();
        topics.publish().topic_arn(&topic).message("secret").send().await.unwrap();
        topics.publish().topic_arn("arn:aws:sns:us-east-1:1:missing").message("secret").send().await.unwrap_err();
        (url, topic)
    };
    let ((url, topic), trace) = fixture.traced(work).await;
    let calls = trace.root().children();
    assert_eq!(calls.len(), 5, "{trace}");
    assert_eq!(
        parameters(&calls[0], "CreateQueue"),
        json!({ "queue_name": name, "queue_url": url, "account_id": ACCOUNT })
    );
    assert_eq!(
        parameters(&calls[1], "SendMessageBatch"),
        json!({ "queue_url": url, "account_id": ACCOUNT, "message_count": 2, "successful_count": 2, "failed_count": 0 })
    );
    assert_eq!(parameters(&calls[3], "Publish"), json!({ "topic_arn": topic, "account_id": ACCOUNT }));
    assert_flags(&calls[4], &["error"]);
    assert_eq!(calls[4].get("/cause/exceptions/0/type"), "NotFound");
    assert_eq!(calls.iter().map(|call| call.name()).collect::<Vec<_>>(), ["SQS", "SQS", "SNS", "SNS", "SNS"]);
    assert!(!fixture.documents().texts().any(|text| text.contains("secret")));
}

//! Ordinary code whose clients of the AWS SDK are switched from untraced to traced by one line each.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use aws_config::SdkConfig;
use serde_json::json;
use support::scripted::{Answer, Server};
use support::{Fixture, sdk_config, storage};
use xray_aws::SdkConfigExt as _;

/// Keeps large files in S3, a part at a time.
mod archive {
    use std::path::Path;

    use aws_sdk_s3::error::SdkError;
    use aws_sdk_s3::operation::get_object::GetObjectError;
    use aws_sdk_s3::primitives::{ByteStream, Length};
    use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};
    use aws_sdk_s3::{Client, Error};

    #[derive(Clone, Debug)]
    pub(super) struct Archive {
        client: Client,
        bucket: String,
    }

    impl Archive {
        pub(super) async fn create(client: Client, bucket: impl Into<String>) -> Result<Self, Error> {
            let bucket = bucket.into();
            client.create_bucket().bucket(&bucket).send().await?;
            Ok(Self { client, bucket })
        }

        pub(super) async fn upload(
            &self,
            key: &str,
            path: &Path,
            part_size: u64,
        ) -> Result<usize, Box<dyn std::error::Error>> {
            let upload = self.client.create_multipart_upload().bucket(&self.bucket).key(key).send().await?;
            let id = upload.upload_id().ok_or("no upload")?;
            let size = tokio::fs::metadata(path).await?.len();
            let mut parts = Vec::new();
            for (number, offset) in (1..).zip((0..size).step_by(part_size.try_into()?)) {
                let length = Length::Exact(part_size.min(size - offset));
                let body = ByteStream::read_from().path(path).offset(offset).length(length).build().await?;
                let part = self.client.upload_part().bucket(&self.bucket).key(key).upload_id(id).part_number(number);
                let part = part.body(body).send().await?;
                let tag = part.e_tag().unwrap_or_default();
                parts.push(CompletedPart::builder().e_tag(tag).part_number(number).build());
            }
            let count = parts.len();
            let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
            let complete = self.client.complete_multipart_upload().bucket(&self.bucket).key(key).upload_id(id);
            complete.multipart_upload(parts).send().await?;
            Ok(count)
        }

        pub(super) async fn size(&self, key: &str) -> Result<Option<usize>, Error> {
            let mut output = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
                Err(SdkError::ServiceError(error)) if matches!(error.err(), GetObjectError::NoSuchKey(_)) => {
                    return Ok(None);
                }
                output => output?,
            };
            let mut size = 0;
            while let Some(bytes) = output.body.try_next().await.expect("a body") {
                size += bytes.len();
            }
            Ok(Some(size))
        }

        pub(super) async fn clear(&self) -> Result<usize, Error> {
            let mut pages = self.client.list_objects_v2().bucket(&self.bucket).into_paginator().send();
            let mut objects = Vec::new();
            while let Some(page) = pages.try_next().await? {
                for object in page.contents() {
                    objects.extend(object.key().map(|key| ObjectIdentifier::builder().key(key).build().unwrap()));
                }
            }
            let count = objects.len();
            let objects = Delete::builder().set_objects(Some(objects)).build()?;
            self.client.delete_objects().bucket(&self.bucket).delete(objects).send().await?;
            Ok(count)
        }
    }
}

/// Takes orders from a queue, asks a function for their price, and puts them into a table.
mod orders {
    use std::collections::HashMap;
    use std::time::Duration;

    use anyhow::{Context as _, Result, bail};
    use aws_sdk_dynamodb::operation::put_item::PutItemError;
    use aws_sdk_dynamodb::types::AttributeValue;
    use aws_sdk_lambda::primitives::Blob;
    use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message};
    use serde::{Deserialize, Serialize};
    use tokio::task::JoinSet;

    #[derive(Clone, Debug, Deserialize, Serialize)]
    struct Order {
        id: String,
        items: Vec<String>,
    }

    impl Order {
        fn into_item(self, cents: u64) -> HashMap<String, AttributeValue> {
            let items = self.items.into_iter().map(AttributeValue::S).collect();
            HashMap::from([
                ("id".to_owned(), AttributeValue::S(self.id)),
                ("items".to_owned(), AttributeValue::L(items)),
                ("cents".to_owned(), AttributeValue::N(cents.to_string())),
            ])
        }
    }

    pub(super) struct Worker {
        pub(super) queue: aws_sdk_sqs::Client,
        pub(super) queue_url: String,
        pub(super) prices: aws_sdk_lambda::Client,
        pub(super) table: aws_sdk_dynamodb::Client,
    }

    impl Worker {
        /// How many orders were new.
        pub(super) async fn work_once(&self) -> Result<usize> {
            let receive = self.queue.receive_message().queue_url(&self.queue_url).max_number_of_messages(10);
            let messages = receive.wait_time_seconds(20).send().await?.messages.unwrap_or_default();
            let mut new = 0;
            let mut done = Vec::new();
            for (number, message) in messages.iter().enumerate() {
                new += usize::from(self.handle(message).await.context("an order")?);
                let handle = message.receipt_handle().context("no handle")?;
                let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string()).receipt_handle(handle);
                done.push(entry.build()?);
            }
            let delete = self.queue.delete_message_batch().queue_url(&self.queue_url).set_entries(Some(done));
            match delete.send().await?.failed() {
                [] => Ok(new),
                failed => bail!("{} messages stay", failed.len()),
            }
        }

        async fn handle(&self, message: &Message) -> Result<bool> {
            let order: Order = serde_json::from_str(message.body().unwrap_or_default())?;
            let mut prices = JoinSet::new();
            for item in order.items.clone() {
                let invoke = self.prices.invoke().function_name("price").payload(Blob::new(serde_json::to_vec(&item)?));
                // As programs do that know nothing of traces: the task has no segment.
                prices.spawn(tokio::time::timeout(Duration::from_secs(20), invoke.send()));
            }
            let mut cents = 0;
            while let Some(price) = prices.join_next().await {
                cents += serde_json::from_slice::<u64>(price???.payload().context("no price")?.as_ref())?;
            }
            let put = self.table.put_item().table_name("orders").set_item(Some(order.into_item(cents)));
            match put.condition_expression("attribute_not_exists(id)").send().await {
                Ok(_) => Ok(true),
                Err(error) => match error.into_service_error() {
                    PutItemError::ConditionalCheckFailedException(_) => Ok(false),
                    error => Err(error.into()),
                },
            }
        }
    }
}

async fn archive(client: aws_sdk_s3::Client) {
    /// The least that S3 takes, but for the last part.
    const PART: u64 = 5 << 20;
    const SIZE: usize = 11 << 20;
    let archive = archive::Archive::create(client, "archive").await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large");
    tokio::fs::write(&path, vec![7; SIZE]).await.unwrap();
    assert_eq!(archive.upload("2026/large", &path, PART).await.unwrap(), 3);
    assert_eq!(archive.size("2026/large").await.unwrap(), Some(SIZE));
    assert_eq!(archive.size("2026/small").await.unwrap(), None);
    assert_eq!(archive.clear().await.unwrap(), 1);
}

#[tokio::test]
async fn large_files_in_parts() {
    let fixture = Fixture::start();
    let path_style = |config: &SdkConfig| aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
    for (line, traced) in [("none", false), ("attach!", true), ("config.xray()", true)] {
        let (config, _directory) = storage::start().await;
        let client = match line {
            "attach!" => xray_aws::attach!(aws_sdk_s3, aws_sdk_s3::Client::from_conf(path_style(&config))),
            "config.xray()" => aws_sdk_s3::Client::from_conf(path_style(&config.xray())),
            _ => aws_sdk_s3::Client::from_conf(path_style(&config)),
        };
        let ((), trace) = fixture.traced(archive(client)).await;
        let calls = trace.root().children();
        let made: Vec<_> = calls.iter().map(|call| call.get("/aws/operation").as_str().unwrap()).collect();
        let expected = [
            "CreateBucket",
            "CreateMultipartUpload",
            "UploadPart",
            "UploadPart",
            "UploadPart",
            "CompleteMultipartUpload",
            "GetObject",
            "GetObject",
            "ListObjectsV2",
            "DeleteObjects",
        ];
        assert_eq!(made, if traced { expected.as_slice() } else { &[] }, "{line}");
        for call in &calls {
            assert_eq!(call.get("/aws/bucket_name"), "archive", "{line} {call:?}");
            let failed = call.get("/aws/key") == "2026/small";
            assert_eq!(call.get("/error"), &if failed { json!(true) } else { json!(null) }, "{line} {call:?}");
        }
    }
}

#[tokio::test]
async fn orders_from_a_queue() {
    const JSON: &str = "content-type: application/x-amz-json-1.0\r\n";
    const MESSAGES: &str =
        r#"{"Messages":[{"MessageId":"m","ReceiptHandle":"h","Body":"{\"id\":\"17\",\"items\":[\"s3cret\"]}"}]}"#;
    const THERE: &str = r#"{"__type":"ConditionalCheckFailedException","message":"The conditional request failed"}"#;
    let fixture = Fixture::start();
    for traced in [false, true] {
        let server = Server::start([
            Answer::Http(200, JSON, MESSAGES),
            Answer::Http(200, "", "250"),
            Answer::Http(400, JSON, THERE),
            Answer::Http(200, JSON, r#"{"Successful":[{"Id":"0"}],"Failed":[]}"#),
        ])
        .await;
        let config = sdk_config(&server.url);
        let queue_url = format!("{}/123456789012/orders", server.url);
        let worker = if traced {
            orders::Worker {
                queue: xray_aws::client!(aws_sdk_sqs, &config),
                queue_url,
                prices: xray_aws::client!(aws_sdk_lambda, &config),
                table: xray_aws::client!(aws_sdk_dynamodb, &config),
            }
        } else {
            orders::Worker {
                queue: aws_sdk_sqs::Client::new(&config),
                queue_url,
                prices: aws_sdk_lambda::Client::new(&config),
                table: aws_sdk_dynamodb::Client::new(&config),
            }
        };
        let (outcome, trace) = fixture.traced(worker.work_once()).await;
        assert_eq!(outcome.unwrap(), 0);
        let calls = trace.root().children();
        let made: Vec<_> =
            calls.iter().map(|call| (call.name(), call.get("/aws/operation").as_str().unwrap())).collect();
        let expected = [("SQS", "ReceiveMessage"), ("DynamoDB", "PutItem"), ("SQS", "DeleteMessageBatch")];
        assert_eq!(made, if traced { expected.as_slice() } else { &[] });
        if traced {
            let aws = |call: usize, key: &str| calls[call].get(&format!("/aws/{key}")).clone();
            assert_eq!((aws(0, "message_count"), aws(0, "wait_time_seconds")), (json!(1), json!(20)));
            assert_eq!((aws(1, "table_name"), calls[1].get("/error")), (json!("orders"), &json!(true)));
            assert_eq!((aws(2, "successful_count"), aws(2, "account_id")), (json!(1), json!("123456789012")));
        }
    }
    assert!(!fixture.documents().texts().any(|text| text.contains("s3cret")));
}

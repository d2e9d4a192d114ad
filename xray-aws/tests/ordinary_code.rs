//! Ordinary code that uses AWS, switched from untraced to traced by one line. Against moto, at `XRAY_TEST_MOTO_URL`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use support::Fixture;
use support::moto::{config, unique};
use xray_aws::SdkConfigExt as _;

/// A program as it was before it was traced.
mod shop {
    use std::collections::HashMap;
    use std::error::Error;
    use std::future::Future;
    use std::sync::Arc;
    use std::time::Duration;

    use aws_config::SdkConfig;
    use aws_sdk_dynamodb::client::Waiters as _;
    use aws_sdk_dynamodb::error::SdkError;
    use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemOutput};
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    };
    use aws_sdk_s3::error::ProvideErrorMetadata as _;
    use aws_sdk_s3::primitives::ByteStream;
    use futures::future::{join_all, try_join};

    type Failure = Box<dyn Error + Send + Sync>;

    /// What the service needs of its database.
    trait Orders: Clone + Send + Sync + 'static {
        fn place(&self, id: u32) -> impl Future<Output = Result<bool, Failure>> + Send;
        fn all(&self) -> impl Future<Output = Result<Vec<HashMap<String, AttributeValue>>, Failure>> + Send;
    }

    #[derive(Clone, Debug)]
    struct Table {
        client: aws_sdk_dynamodb::Client,
        name: Arc<str>,
    }

    impl Table {
        async fn create(client: aws_sdk_dynamodb::Client, name: &str) -> Result<Self, Failure> {
            let id =
                AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::N).build()?;
            let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build()?;
            let create = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
            create.attribute_definitions(id).key_schema(key).send().await?;
            client.wait_until_table_exists().table_name(name).wait(Duration::from_secs(20)).await?;
            Ok(Self { client, name: name.into() })
        }

        /// A function that names the types of the SDK.
        async fn put(&self, id: u32) -> Result<PutItemOutput, SdkError<PutItemError>> {
            let put = self.client.put_item().table_name(&*self.name).item("id", AttributeValue::N(id.to_string()));
            put.item("customer", AttributeValue::S("lovelace".to_owned()))
                .condition_expression("attribute_not_exists(id)")
                .send()
                .await
        }
    }

    impl Orders for Table {
        async fn place(&self, id: u32) -> Result<bool, Failure> {
            match self.put(id).await {
                Ok(_) => Ok(true),
                Err(SdkError::ServiceError(failed)) if failed.err().is_conditional_check_failed_exception() => {
                    Ok(false)
                }
                Err(error) => Err(error.into()),
            }
        }

        async fn all(&self) -> Result<Vec<HashMap<String, AttributeValue>>, Failure> {
            let pages = self.client.scan().table_name(&*self.name).limit(2).into_paginator();
            Ok(pages.items().send().try_collect().await?)
        }
    }

    /// A service over any database, as handlers share it.
    #[derive(Clone, Debug)]
    struct Shop<O> {
        orders: O,
        receipts: aws_sdk_s3::Client,
        queue: aws_sdk_sqs::Client,
        name: Arc<str>,
    }

    impl<O: Orders> Shop<O> {
        async fn order(self, id: u32) -> Result<bool, Failure> {
            if !self.orders.place(id).await? {
                return Ok(false);
            }
            let (bucket, key) = (&*self.name, format!("{id}.txt"));
            let receipt =
                self.receipts.put_object().bucket(bucket).key(key).body(ByteStream::from_static(b"many cents"));
            let url = self.queue.get_queue_url().queue_name(&*self.name).send().await?.queue_url.ok_or("no queue")?;
            let message = self.queue.send_message().queue_url(url).message_body(id.to_string());
            try_join(async { receipt.send().await.map_err(Failure::from) }, async {
                message.send().await.map_err(Failure::from)
            })
            .await?;
            Ok(true)
        }

        async fn receipt(&self, id: u32) -> Result<Option<Vec<u8>>, Failure> {
            match self.receipts.get_object().bucket(&*self.name).key(format!("{id}.txt")).send().await {
                Ok(found) => Ok(Some(found.body.collect().await?.to_vec())),
                Err(error) if error.code() == Some("NoSuchKey") => Ok(None),
                Err(error) => Err(error.into_service_error().into()),
            }
        }
    }

    /// The program: makes its clients of one configuration, takes orders in tasks of their own, and looks at what there is.
    pub(super) async fn run(config: &SdkConfig, name: &str) -> Result<(), Failure> {
        let path_style = aws_sdk_s3::config::Builder::from(config).force_path_style(true).build();
        let receipts = aws_sdk_s3::Client::from_conf(path_style);
        let queue = aws_sdk_sqs::Client::new(config);
        receipts.create_bucket().bucket(name).send().await?;
        queue.create_queue().queue_name(name).send().await?;
        let orders = Table::create(aws_sdk_dynamodb::Client::new(config), name).await?;
        let shop = Shop { orders, receipts, queue, name: name.into() };

        let placed = join_all([1, 2, 3].map(|id| {
            let order = shop.clone().order(id);
            tokio::spawn(xray_core::XRayFutureExt::in_current(order))
        }));
        for order in placed.await {
            assert!(order??);
        }
        assert!(!shop.clone().order(3).await?);
        assert_eq!(shop.orders.all().await?.len(), 3);
        assert_eq!(shop.receipt(1).await?.as_deref(), Some(&b"many cents"[..]));
        assert_eq!(shop.receipt(4).await?, None);
        Ok(())
    }
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn the_same_code_runs_untraced_and_traced() {
    let fixture = Fixture::start();
    let config = config();
    let (outcome, trace) = fixture.traced(shop::run(&config, &unique("shop"))).await;
    outcome.unwrap();
    assert_eq!(trace.render(), "shop\n");

    // The line.
    let config = config.xray();
    let (outcome, trace) = fixture.traced(shop::run(&config, &unique("shop"))).await;
    outcome.unwrap();
    let mut operations: Vec<_> =
        trace.root().children().iter().map(|call| call.get("/aws/operation").clone()).collect();
    operations.sort_by_key(ToString::to_string);
    let expected = [
        ("CreateBucket", 1),
        ("CreateQueue", 1),
        ("CreateTable", 1),
        ("DescribeTable", 1),
        ("GetObject", 2),
        ("GetQueueUrl", 3),
        ("PutItem", 4),
        ("PutObject", 3),
        ("Scan", 2),
        ("SendMessage", 3),
    ];
    let expected: Vec<_> =
        expected.iter().flat_map(|(operation, count)| std::iter::repeat_n(*operation, *count)).collect();
    assert_eq!(operations, expected, "{trace}");
    let text: String = fixture.documents().texts().collect();
    assert!(["lovelace", "many cents"].iter().all(|private| !text.contains(private)), "{trace}");
}

//! S3 and DynamoDB against moto, at `XRAY_TEST_MOTO_URL`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, ConsumedCapacity, KeySchemaElement, KeyType, KeysAndAttributes,
    ReturnConsumedCapacity, ScalarAttributeType,
};
use aws_sdk_s3::primitives::ByteStream;
use serde_json::json;
use support::moto::{config, parameters, unique};
use support::{Fixture, assert_flags, assert_raised_there, dynamodb, s3, s3_config};
use xray_aws::SdkConfigExt as _;

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn s3_good_calls() {
    let fixture = Fixture::start();
    let (client, bucket) = (s3(&config()), unique("bucket"));
    let work = async {
        client.create_bucket().bucket(&bucket).send().await.unwrap();
        let body = ByteStream::from_static(b"{}");
        client.put_object().bucket(&bucket).key("orders/17.json").body(body).send().await.unwrap();
        client.get_object().bucket(&bucket).key("orders/17.json").send().await.unwrap();
        client.list_objects_v2().bucket(&bucket).prefix("orders/").send().await.unwrap();
    };
    let ((), trace) = fixture.traced(work).await;
    let calls = trace.root().children();
    for (call, (operation, expected)) in calls.iter().zip([
        ("CreateBucket", json!({ "bucket_name": bucket })),
        ("PutObject", json!({ "bucket_name": bucket, "key": "orders/17.json" })),
        ("GetObject", json!({ "bucket_name": bucket, "key": "orders/17.json" })),
        ("ListObjectsV2", json!({ "bucket_name": bucket, "prefix": "orders/" })),
    ]) {
        assert_eq!(parameters(call, operation), expected);
        assert_eq!(call.get("/http/response/status"), 200);
        assert_flags(call, &[]);
    }
    assert_eq!(calls.len(), 4, "{trace}");
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn s3_bad_calls() {
    let fixture = Fixture::start();
    let (client, bucket) = (s3(&config()), unique("bucket"));
    let (outcome, call) = fixture.call(client.list_objects_v2().bucket(&bucket).send()).await;
    assert_raised_there(&call, &outcome.unwrap_err());
    assert_eq!(call.get("/cause/exceptions/0/type"), "NoSuchBucket");
    assert_flags(&call, &["error"]);
    client.create_bucket().bucket(&bucket).send().await.unwrap();
    let (outcome, call) = fixture.call(client.get_object().bucket(&bucket).key("missing").send()).await;
    assert_raised_there(&call, &outcome.unwrap_err());
    assert_flags(&call, &["error"]);
    let (outcome, call) = fixture.call(client.head_object().bucket(&bucket).key("missing").send()).await;
    assert!(outcome.unwrap_err().as_service_error().unwrap().is_not_found());
    assert_eq!(call.get("/cause/exceptions/0/type"), "NotFound");
    assert_flags(&call, &["error"]);
}

/// Both instruments, with what a program does that keeps what it has got.
#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn an_object_that_has_not_changed_is_no_error() {
    let fixture = Fixture::start();
    let bucket = unique("bucket");
    for client in [s3(&config()), aws_sdk_s3::Client::from_conf(s3_config(&config().xray()).build())] {
        client.create_bucket().bucket(&bucket).send().await.unwrap();
        let put = client.put_object().bucket(&bucket).key("a").body(ByteStream::from_static(b"{}"));
        let tag = put.send().await.unwrap().e_tag.unwrap();
        let (got, get) = fixture.call(client.get_object().bucket(&bucket).key("a").if_none_match(&tag).send()).await;
        let (told, head) = fixture.call(client.head_object().bucket(&bucket).key("a").if_none_match(&tag).send()).await;
        assert_eq!((got.is_err(), told.is_err()), (true, true), "as the clients see it");
        for call in [get, head] {
            assert_eq!(call.get("/http/response/status"), 304);
            assert_flags(&call, &[]);
            assert_eq!(call.get("/cause"), &json!(null));
        }
    }
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn dynamodb_good_and_bad_calls() {
    let fixture = Fixture::start();
    let (client, table) = (dynamodb(&config()), unique("table"));
    let id = || AttributeValue::S("secret".to_owned());
    let work = async {
        let create = client.create_table().table_name(&table).billing_mode(BillingMode::PayPerRequest);
        let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash).build().unwrap();
        let attribute = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
        let create = create.key_schema(key).attribute_definitions(attribute.build().unwrap());
        create.send().await.unwrap();
        client.put_item().table_name(&table).item("id", id()).send().await.unwrap();
        client.get_item().table_name(&table).key("id", id()).consistent_read(true).send().await.unwrap();
        let query = client.query().table_name(&table).key_condition_expression("id = :id").limit(10);
        let query = query.expression_attribute_values(":id", id());
        let queried = query.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.unwrap();
        let keys = KeysAndAttributes::builder().keys([("id".to_owned(), id())].into()).build().unwrap();
        let got = client.batch_get_item().request_items(&table, keys).send().await.unwrap();
        (queried.consumed_capacity.unwrap(), got.consumed_capacity.unwrap())
    };
    let ((of_query, of_batch), trace) = fixture.traced(work).await;
    let capacity = |told: &ConsumedCapacity| {
        assert_eq!(told.table_name(), Some(table.as_str()));
        json!({ "TableName": table, "CapacityUnits": told.capacity_units().unwrap() })
    };
    let calls = trace.root().children();
    assert_eq!(calls.len(), 5, "{trace}");
    for (call, (operation, expected)) in calls.iter().zip([
        ("CreateTable", json!({ "table_name": table })),
        ("PutItem", json!({ "table_name": table })),
        ("GetItem", json!({ "table_name": table, "consistent_read": true })),
        (
            "Query",
            json!({
                "table_name": table, "limit": 10, "count": 1, "scanned_count": 1,
                "consumed_capacity": capacity(&of_query),
            }),
        ),
        (
            "BatchGetItem",
            // This server says it unasked.
            json!({ "table_names": [table], "consumed_capacity": of_batch.iter().map(capacity).collect::<Vec<_>>() }),
        ),
    ]) {
        assert_eq!(parameters(call, operation), expected);
        assert_eq!(call.name(), "DynamoDB");
        assert_flags(call, &[]);
    }
    assert!(!fixture.documents().texts().any(|text| text.contains("secret")));

    let put = client.put_item().table_name(&table).item("id", id()).condition_expression("attribute_not_exists(id)");
    let (outcome, call) = fixture.call(put.send()).await;
    assert_raised_there(&call, &outcome.unwrap_err());
    assert_eq!(call.get("/cause/exceptions/0/type"), "ConditionalCheckFailedException");
    assert_flags(&call, &["error"]);
    let (outcome, call) = fixture.call(client.get_item().table_name("missing").key("id", id()).send()).await;
    assert_raised_there(&call, &outcome.unwrap_err());
    assert_eq!(call.get("/cause/exceptions/0/type"), "ResourceNotFoundException");
    assert_eq!(call.get("/aws/table_name"), "missing");
    assert_flags(&call, &["error"]);
}

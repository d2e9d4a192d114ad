//! Calls to AWS services: the AWS SDK for Rust here, boto3 in Python. The first ones against moto, the others against the
//! driver's HTTP server.

use std::future::Future;

use aws_sdk_dynamodb as dynamodb;
use aws_sdk_s3 as s3;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_xray_sdk as xray;
use dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, KeysAndAttributes, ScalarAttributeType,
};
use s3::config::retry::RetryConfig;
use s3::config::{BehaviorVersion, Credentials, SharedCredentialsProvider};
use xray::Library;
use xray::prelude::*;

use crate::scenario::{Scenario, block_on, refused_url, scenarios, unique_name, url, variable};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    s3_put_and_get,
    s3_missing_bucket,
    s3_missing_key,
    s3_copy_and_head,
    dynamodb_put_get_and_query,
    dynamodb_missing_table,
    dynamodb_failed_condition,
    aws_header_out,
    aws_header_out_unsampled,
    aws_statuses,
    aws_connection_refused,
    aws_without_a_segment,
    aws_not_patched,
];

const REGION: &str = "us-east-1";

pub(crate) fn moto() -> String {
    variable("XRAY_TEST_MOTO_URL")
}

fn s3(endpoint: &str) -> s3::Client {
    xray::patch([Library::AwsSdk]).unwrap();
    unpatched_s3(endpoint)
}

fn unpatched_s3(endpoint: &str) -> s3::Client {
    let config = s3::config::Builder::from(&configuration(endpoint)).force_path_style(true);
    s3::Client::from_conf(config.interceptor(xray::aws::XRayInterceptor::new()).build())
}

fn dynamodb() -> dynamodb::Client {
    xray::patch([Library::AwsSdk]).unwrap();
    xray::aws::client!(aws_sdk_dynamodb, &configuration(&moto()))
}

pub(crate) fn configuration(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "secret", None, None, "parity");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .http_client(HttpClientBuilder::new().build_http())
        .build()
}

pub(crate) async fn attempt<T, E>(call: impl Future<Output = Result<T, E>>) {
    println!("{}", if call.await.is_ok() { "ok" } else { "failed" });
}

pub(crate) fn in_segment(work: impl Future<Output = ()>) {
    block_on(work.in_segment(xray::begin_segment("shop")));
}

fn s3_put_and_get() {
    let s3 = s3(&moto());
    let bucket = unique_name();
    let key = "orders/17.json";
    in_segment(async {
        attempt(s3.create_bucket().bucket(&bucket).send()).await;
        attempt(s3.put_object().bucket(&bucket).key(key).body(br#"{"for":"secret"}"#.to_vec().into()).send()).await;
        attempt(s3.get_object().bucket(&bucket).key(key).send()).await;
        attempt(s3.list_objects_v2().bucket(&bucket).prefix("orders/").send()).await;
        attempt(s3.delete_object().bucket(&bucket).key(key).send()).await;
        attempt(s3.delete_bucket().bucket(&bucket).send()).await;
    });
}

fn s3_missing_bucket() {
    let s3 = s3(&moto());
    in_segment(attempt(s3.list_objects_v2().bucket(unique_name()).send()));
}

fn s3_missing_key() {
    let s3 = s3(&moto());
    let bucket = unique_name();
    in_segment(async {
        attempt(s3.create_bucket().bucket(&bucket).send()).await;
        attempt(s3.get_object().bucket(&bucket).key("missing").send()).await;
    });
}

fn s3_copy_and_head() {
    let s3 = s3(&moto());
    let bucket = unique_name();
    in_segment(async {
        attempt(s3.create_bucket().bucket(&bucket).send()).await;
        attempt(s3.put_object().bucket(&bucket).key("a").body(br#"{"for":"secret"}"#.to_vec().into()).send()).await;
        attempt(s3.copy_object().bucket(&bucket).key("b").copy_source(format!("{bucket}/a")).send()).await;
        attempt(s3.head_object().bucket(&bucket).key("b").send()).await;
    });
}

async fn create_table(dynamodb: &dynamodb::Client, table: &str) {
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let table = dynamodb
        .create_table()
        .table_name(table)
        .key_schema(key.build().unwrap())
        .attribute_definitions(id.build().unwrap())
        .billing_mode(BillingMode::PayPerRequest);
    attempt(table.send()).await;
}

pub(crate) fn id() -> AttributeValue {
    AttributeValue::S("secret".to_owned())
}

fn dynamodb_put_get_and_query() {
    let dynamodb = dynamodb();
    let table = unique_name();
    in_segment(async {
        create_table(&dynamodb, &table).await;
        attempt(dynamodb.put_item().table_name(&table).item("id", id()).send()).await;
        attempt(dynamodb.get_item().table_name(&table).key("id", id()).consistent_read(true).send()).await;
        let query = dynamodb.query().table_name(&table).key_condition_expression("id = :id");
        attempt(query.expression_attribute_values(":id", id()).limit(10).send()).await;
        let keys = KeysAndAttributes::builder().keys([("id".to_owned(), id())].into()).build().unwrap();
        attempt(dynamodb.batch_get_item().request_items(&table, keys).send()).await;
        attempt(dynamodb.delete_table().table_name(&table).send()).await;
    });
}

fn dynamodb_missing_table() {
    let dynamodb = dynamodb();
    in_segment(attempt(dynamodb.get_item().table_name(unique_name()).key("id", id()).send()));
}

fn dynamodb_failed_condition() {
    let dynamodb = dynamodb();
    let table = unique_name();
    in_segment(async {
        create_table(&dynamodb, &table).await;
        for _ in 0..2 {
            let put = dynamodb.put_item().table_name(&table).item("id", id());
            attempt(put.condition_expression("attribute_not_exists(id)").send()).await;
        }
    });
}

/// The driver's HTTP server answers a call about the object N in the bucket `status` with the status N.
async fn delete_status(s3: &s3::Client, status: &str) {
    attempt(s3.delete_object().bucket("status").key(status).send()).await;
}

fn aws_header_out() {
    let s3 = s3(&url(""));
    in_segment(delete_status(&s3, "204"));
}

fn aws_header_out_unsampled() {
    let s3 = s3(&url(""));
    let segment = xray::Recorder::current().segment("shop").sampled(false).begin();
    block_on(delete_status(&s3, "204").in_segment(segment));
}

fn aws_statuses() {
    let s3 = s3(&url(""));
    in_segment(async {
        for status in ["403", "429", "500", "503"] {
            delete_status(&s3, status).await;
        }
    });
}

fn aws_connection_refused() {
    let s3 = s3(&refused_url());
    in_segment(delete_status(&s3, "204"));
}

fn aws_without_a_segment() {
    let s3 = s3(&url(""));
    block_on(delete_status(&s3, "204"));
}

fn aws_not_patched() {
    let s3 = unpatched_s3(&url(""));
    in_segment(delete_status(&s3, "204"));
}

//! Paginators and waiters: a subsegment for each call that they make.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::time::Duration;

use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::client::Waiters as _;
use aws_sdk_dynamodb::config::{AsyncSleep, SharedAsyncSleep, Sleep};
use futures::future::ready;
use support::scripted::{Answer, Server};
use support::{Fixture, assert_flags, dynamodb, sdk_config};
use xray_core::XRayFutureExt as _;

const JSON: &str = "content-type: application/x-amz-json-1.0\r\n";

#[tokio::test]
async fn each_page_is_a_call_where_it_is_asked_for() {
    let fixture = Fixture::start();
    let server = Server::start([
        Answer::Http(200, JSON, r#"{"TableNames":["a","b"],"LastEvaluatedTableName":"b"}"#),
        Answer::Http(200, JSON, r#"{"TableNames":["c"]}"#),
    ])
    .await;
    let client = dynamodb(&sdk_config(&server.url));
    let work = async {
        let mut pages = client.list_tables().into_paginator().page_size(2).send();
        for number in [1, 2] {
            pages.next().in_subsegment(format!("page {number}")).await.unwrap().unwrap();
        }
        assert!(pages.next().await.is_none());
    };
    let ((), trace) = fixture.traced(work).await;
    for (number, start, count) in [(1, None, 2), (2, Some("b"), 1)] {
        let calls = trace.find(&format!("page {number}")).children();
        assert_eq!(calls.len(), 1, "{trace}");
        assert_eq!(calls[0].get("/aws/table_count"), count);
        assert_eq!(calls[0].get("/aws/exclusive_start_table_name").as_str(), start);
        assert_eq!(calls[0].get("/aws/limit"), 2);
    }
    assert_eq!(trace.nodes().len(), 5, "{trace}");
}

/// A clock whose alarm rings at once, so that waiters do not wait.
#[derive(Debug)]
struct Impatient;

impl AsyncSleep for Impatient {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(ready(()))
    }
}

#[tokio::test]
async fn each_look_of_a_waiter_is_a_call() {
    let fixture = Fixture::start();
    const MISSING: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"none"}"#;
    let server = Server::start([
        Answer::Http(400, JSON, MISSING),
        Answer::Http(200, JSON, r#"{"Table":{"TableStatus":"CREATING"}}"#),
        Answer::Http(200, JSON, r#"{"Table":{"TableStatus":"ACTIVE"}}"#),
    ])
    .await;
    // All that else takes its time by that clock is off.
    let config = sdk_config(&server.url)
        .into_builder()
        .sleep_impl(SharedAsyncSleep::new(Impatient))
        .timeout_config(TimeoutConfig::disabled())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build();
    let client = dynamodb(&config);
    let wait = client.wait_until_table_exists().table_name("orders").wait(Duration::from_secs(600));
    let (outcome, trace) = fixture.traced(wait).await;
    outcome.unwrap();
    let calls = trace.root().children();
    assert_eq!(calls.len(), 3, "{trace}");
    for (call, flags) in calls.iter().zip([["error"].as_slice(), &[], &[]]) {
        assert_eq!(call.get("/aws/operation"), "DescribeTable");
        assert_flags(call, flags);
    }
}

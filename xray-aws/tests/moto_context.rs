//! Which parent a call has, and when nothing is recorded, against moto, at `XRAY_TEST_MOTO_URL`: by the interceptor, and by a
//! configuration.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::pin::pin;

use aws_sdk_dynamodb::Client;
use aws_sdk_s3::error::SdkError;
use futures::future::join_all;
use serde_json::json;
use support::moto::config;
use support::proxy::{self, Fate};
use support::{Fixture, assert_flags, dynamodb, sdk_config};
use xray_aws::{SdkConfigExt as _, XRayInterceptor};
use xray_core::{Library, XRayFutureExt as _};

fn clients() -> [Client; 2] {
    [dynamodb(&config()), Client::new(&config().xray())]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs moto: run tests/run"]
async fn fifty_calls_at_once_keep_their_parents() {
    let fixture = Fixture::start();
    for client in clients() {
        let list = |number: i32| {
            let call = client.list_tables().limit(number).send();
            tokio::spawn(async { call.await.map(drop) }.in_subsegment(format!("work {number}")))
        };
        let (outcomes, trace) = fixture.traced(async { join_all((1..=50).map(list)).await }).await;
        assert!(outcomes.into_iter().all(|outcome| outcome.unwrap().is_ok()));
        assert_eq!(trace.root().children().len(), 50, "{trace}");
        for number in 1..=50 {
            let calls = trace.root().child(&format!("work {number}")).children();
            assert_eq!(calls.len(), 1, "{trace}");
            assert_eq!(
                (calls[0].get("/aws/limit"), calls[0].get("/http/response/status")),
                (&json!(number), &json!(200))
            );
        }
    }
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn attached_twice_records_once() {
    let fixture = Fixture::start();
    let twice = aws_sdk_dynamodb::config::Builder::from(&config().xray().xray());
    let twice = twice.interceptor(XRayInterceptor::new()).interceptor(XRayInterceptor::new());
    for client in [Client::new(&config().xray().xray()), Client::from_conf(twice.build())] {
        let (outcome, call) = fixture.call(client.list_tables().send()).await;
        outcome.unwrap();
        assert_eq!(call.get("/aws/operation"), "ListTables");
    }
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn what_is_not_recorded_goes_through() {
    let fixture = Fixture::start();
    let unpatched = Fixture::with(|builder| builder.libraries([Library::Reqwest]));
    for client in clients() {
        fixture.without_segment(client.list_tables().send()).await.unwrap();
        client.list_tables().send().in_segment(fixture.unsampled_segment()).await.unwrap();
        let (outcome, trace) = unpatched.traced(client.list_tables().send()).await;
        outcome.unwrap();
        assert_eq!(trace.nodes().len(), 1, "{trace}");
    }
    fixture.assert_nothing_sent();
}

#[tokio::test]
#[ignore = "needs moto: run tests/run"]
async fn a_call_that_is_dropped_and_one_that_breaks_end() {
    let fixture = Fixture::start();
    let moto = config().endpoint_url().unwrap().to_owned();
    for by_configuration in [false, true] {
        let client = async |fates: Vec<Fate>| {
            let config = sdk_config(&proxy::start(&moto, fates).await);
            if by_configuration { Client::new(&config.xray()) } else { dynamodb(&config) }
        };
        let silent = client(vec![Fate::BlackHole]).await;
        let (_, dropped) = fixture
            .call(async {
                let mut call = pin!(silent.list_tables().send());
                assert!(futures::poll!(&mut call).is_pending());
            })
            .await;
        assert_flags(&dropped, &[]);
        assert!(dropped.get("/end_time").is_number(), "{dropped:?}");
        assert_eq!(dropped.get("/cause"), &json!(null));

        let broken = client(vec![Fate::CloseAfter(20)]).await;
        let (outcome, call) = fixture.call(broken.list_tables().send()).await;
        assert!(matches!(outcome, Err(SdkError::DispatchFailure(_))));
        assert_flags(&call, &["fault"]);
        assert_eq!(call.get("/cause/exceptions/0/type"), "DispatchFailure");
        // The connection that comes then gets through.
        let (outcome, call) = fixture.call(broken.list_tables().send()).await;
        outcome.unwrap();
        assert_flags(&call, &[]);
    }
}

//! What is not recorded costs the driver's events, and of ours not one allocation.
//!
//! With a handler, whatever it does, the driver copies and decodes each command and each reply: a client with handlers
//! that do nothing is the measure.
#![cfg(feature = "mongodb")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::event::EventHandler;
use mongodb::options::ClientOptions;
use test_support::{Fixture, usual_allocations};
use xray_core::{Library, XRayFutureExt as _, sampling::FixedSampler};
use xray_mongo::{ClientOptionsExt as _, OperationExt as _};

use self::support::Mongod;
use self::support::tracing::mongodb;

fn shop(command: &Document) -> Option<Document> {
    Some(match command.keys().next().unwrap().as_str() {
        "find" => doc! { "ok": 1, "cursor": { "id": 7_i64, "ns": "shop.orders", "firstBatch": [{ "n": 1 }] } },
        "getMore" => doc! { "ok": 1, "cursor": { "id": 0_i64, "ns": "shop.orders", "nextBatch": [{ "n": 2 }] } },
        "update" => doc! { "ok": 0, "code": 2, "codeName": "BadValue", "errmsg": "s3cret" },
        _ => doc! { "ok": 1, "n": 1 },
    })
}

async fn calls(client: &Client) {
    let orders = client.database("shop").collection::<Document>("orders");
    orders.insert_one(doc! { "name": "s3cret" }).await.unwrap();
    orders.update_one(doc! {}, doc! { "$set": { "name": "s3cret" } }).await.unwrap_err();
    let mut found = orders.find(doc! {}).await.unwrap();
    while found.advance().await.unwrap() {}
}

#[tokio::test]
async fn what_is_not_recorded_allocates_nothing_more() {
    let server = Mongod::start(shop);
    let with_handlers = |mut options: ClientOptions| {
        options.command_event_handler = Some(EventHandler::callback(drop));
        options.cmap_event_handler = Some(EventHandler::callback(drop));
        options
    };
    let [untraced, listening, attached] = [server.options(), with_handlers(server.options()), server.options().xray()]
        .map(|options| Client::with_options(options).unwrap());
    let without_us = usual_allocations(async || calls(&listening).await).await;
    println!(
        "{} without handlers, {without_us} with empty ones",
        usual_allocations(async || calls(&untraced).await).await
    );

    let counted = || usual_allocations(async || calls(&attached).await);
    let tracing = mongodb();
    assert_eq!(tracing.without_segment(counted()).await, without_us, "no segment");
    let unsampled = Fixture::with(|builder| builder.libraries([Library::Mongodb]).sampler(FixedSampler::NONE));
    assert_eq!(counted().in_segment(unsampled.recorder.begin_segment("test")).await, without_us, "unsampled");
    unsampled.assert_nothing_sent();
    let (unpatched, trace) = Fixture::of([]).traced(counted()).await;
    assert_eq!((unpatched, trace.render().as_str()), (without_us, "shop\n"), "unpatched");
    let (recorded, trace) = tracing.traced(counted()).await;
    assert!(recorded > without_us, "recorded");
    assert!(trace.nodes().len() > 1_000, "each call is: {}", trace.nodes().len());
}

/// `traced` keeps the operation in its own future, and asks the allocator for nothing.
#[tokio::test]
async fn an_operation_that_is_not_recorded_allocates_nothing_more() {
    let server = Mongod::start(shop);
    let client = Client::with_options(server.options().xray()).unwrap();
    let orders = client.database("shop").collection::<Document>("orders");
    let plain = usual_allocations(async || drop(orders.insert_one(doc! {}).await.unwrap())).await;
    let traced = async || drop(orders.insert_one(doc! {}).traced("shop").await.unwrap());
    let unsampled = Fixture::with(|builder| builder.libraries([Library::Mongodb]).sampler(FixedSampler::NONE));
    assert_eq!(unsampled.without_segment(usual_allocations(traced)).await, plain, "no segment");
    let segment = unsampled.recorder.begin_segment("test");
    assert_eq!(usual_allocations(traced).in_segment(segment).await, plain, "unsampled");
}

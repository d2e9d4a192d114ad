//! MongoDB: mongodb here, pymongo in Python.

use std::future::IntoFuture;
use std::time::Duration;

use aws_xray_sdk as xray;
use mongodb::bson::{Document, doc};
use mongodb::error::Result;
use mongodb::options::ClientOptions;
use mongodb::{Client, Collection, IndexModel};
use xray::Library;
use xray::prelude::*;

use crate::scenario::{Scenario, block_on, refused_url, scenarios, unique_name, variable};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    mongodb_commands,
    mongodb_batches,
    mongodb_bad_command,
    mongodb_duplicate_key,
    mongodb_connection_refused,
    mongodb_in_an_unsampled_segment,
    mongodb_not_patched,
];

fn patch() {
    xray::patch([Library::Mongodb]).unwrap();
}

/// A collection that is new for every run.
async fn orders() -> Collection<Document> {
    orders_at(&variable("XRAY_TEST_MONGODB_URL")).await
}

async fn orders_at(url: &str) -> Collection<Document> {
    let mut options = ClientOptions::parse(url).await.unwrap();
    options.server_selection_timeout = Some(Duration::from_secs(2));
    Client::with_options(options.xray()).unwrap().database("shop").collection(&unique_name())
}

async fn attempt<T>(call: impl IntoFuture<Output = Result<T>>) {
    println!("{}", if call.await.is_ok() { "ok" } else { "failed" });
}

fn in_segment(work: impl Future<Output = ()>) -> impl Future<Output = ()> {
    work.in_segment(xray::begin_segment("shop"))
}

fn mongodb_commands() {
    patch();
    block_on(async {
        let orders = orders().await;
        let sent = || doc! { "sent": true };
        let work = async {
            attempt(orders.insert_one(doc! { "_id": 1_411_111_117, "item": "secret book" })).await;
            attempt(orders.insert_many([
                doc! { "_id": 1_411_111_118, "item": "secret pen" },
                doc! { "_id": 1_411_111_119, "item": "secret cup" },
            ]))
            .await;
            attempt(orders.update_one(doc! { "_id": 1_411_111_118 }, doc! { "$set": sent() })).await;
            attempt(orders.find_one_and_update(doc! { "_id": 1_411_111_119 }, doc! { "$set": sent() })).await;
            attempt(orders.count_documents(sent())).await;
            attempt(orders.distinct("item", doc! {})).await;
            attempt(orders.create_index(IndexModel::builder().keys(doc! { "item": 1 }).build())).await;
            attempt(orders.delete_many(sent())).await;
            attempt(orders.drop()).await;
        };
        in_segment(work).await;
    });
}

fn mongodb_batches() {
    patch();
    block_on(async {
        let orders = orders().await;
        orders.insert_many((0..3).map(|number| doc! { "_id": number })).await.unwrap();
        let work = async {
            let mut found = orders.find(doc! {}).batch_size(2).await.unwrap();
            let mut count = 0;
            while found.advance().await.unwrap() {
                count += 1;
            }
            println!("{count} documents");
        };
        in_segment(work).await;
    });
}

fn mongodb_bad_command() {
    patch();
    block_on(async {
        let orders = orders().await;
        in_segment(attempt(orders.find_one(doc! { "$unknown": "secret" }))).await;
    });
}

fn mongodb_duplicate_key() {
    patch();
    block_on(async {
        let orders = orders().await;
        let work = async {
            attempt(orders.insert_one(doc! { "_id": 1_411_111_117 })).await;
            attempt(orders.insert_one(doc! { "_id": 1_411_111_117 })).await;
        };
        in_segment(work).await;
    });
}

fn mongodb_connection_refused() {
    patch();
    block_on(async {
        let orders = orders_at(&(refused_url().replace("http://", "mongodb://") + "/?directConnection=true")).await;
        in_segment(attempt(orders.insert_one(doc! { "_id": 1_411_111_117 }))).await;
    });
}

fn mongodb_in_an_unsampled_segment() {
    patch();
    let segment = xray::Recorder::current().segment("shop").sampled(false).begin();
    block_on(async { attempt(orders().await.insert_one(doc! { "_id": 1_411_111_117 })).in_segment(segment).await });
}

fn mongodb_not_patched() {
    block_on(async {
        let orders = orders().await;
        in_segment(attempt(orders.insert_one(doc! { "_id": 1_411_111_117 }))).await;
    });
}

//! Sessions, transactions, retries, bulk writes and change streams, which the driver does with a replica set only.
#![cfg(feature = "mongodb")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::sync::atomic::{AtomicBool, Ordering};

use futures::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use mongodb::change_stream::event::OperationType;
use mongodb::error::ErrorKind;
use mongodb::{Client, Collection};
use xray_core::testing::Trace;
use xray_mongo::ClientOptionsExt as _;

use self::support::Mongod;
use self::support::tracing::{SECRET, annotation, commands, mongodb};

/// Whether the primary has stepped down already, which it does once.
static STEPPED_DOWN: AtomicBool = AtomicBool::new(false);

fn shop(command: &Document) -> Option<Document> {
    let (name, value) = command.iter().next().unwrap();
    Some(match (name.as_str(), value.as_str().unwrap_or_default()) {
        ("insert", "shaky") if !STEPPED_DOWN.swap(true, Ordering::Relaxed) => doc! {
            "ok": 0, "code": 10_107, "codeName": "NotWritablePrimary", "errmsg": "not primary", "errorLabels": ["RetryableWriteError"],
        },
        ("aggregate", _) => {
            doc! { "ok": 1, "cursor": { "id": 7_i64, "ns": "shop.orders", "firstBatch": [] } }
        }
        ("getMore", _) => doc! { "ok": 1, "cursor": { "id": 7_i64, "ns": "shop.orders", "nextBatch": [{
            "_id": { "_data": "82" }, "operationType": "insert", "ns": { "db": "shop", "coll": "orders" },
            "documentKey": { "_id": SECRET }, "fullDocument": { "_id": SECRET },
        }] } },
        ("bulkWrite", _) => doc! {
            "ok": 1, "nErrors": 1, "nInserted": 1, "nUpserted": 0, "nMatched": 0, "nModified": 0, "nDeleted": 0,
            "cursor": { "id": 0_i64, "ns": "admin.$cmd.bulkWrite", "firstBatch": [
                { "ok": 0, "idx": 1, "n": 0, "code": 11_000, "errmsg": format!("E11000 duplicate key error {SECRET}") },
            ] },
        },
        ("createUser", _) => {
            doc! { "ok": 0, "code": 51_003, "codeName": "Location51003", "errmsg": format!("User {SECRET} exists") }
        }
        _ => doc! { "ok": 1, "n": 1 },
    })
}

/// What arrives of work with the primary, which holds no value.
async fn traced(work: impl AsyncFnOnce(Client, Collection<Document>)) -> Trace {
    let (server, tracing) = (Mongod::start_primary(shop), mongodb());
    let client = Client::with_options(server.options().xray()).unwrap();
    let orders = client.database("shop").collection("orders");
    let trace = tracing.trace(work(client, orders)).await;
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
    trace
}

#[tokio::test]
async fn a_transaction_is_its_commands() {
    let trace = traced(async |client, orders| {
        let mut session = client.start_session().await.unwrap();
        session.start_transaction().await.unwrap();
        orders.insert_one(doc! { "name": SECRET }).session(&mut session).await.unwrap();
        session.commit_transaction().await.unwrap();
        session.start_transaction().await.unwrap();
        orders.delete_one(doc! { "name": SECRET }).session(&mut session).await.unwrap();
        session.abort_transaction().await.unwrap();
        session.start_transaction().await.unwrap();
        orders.insert_one(doc! {}).session(&mut session).await.unwrap();
        // What the driver does then to abort it is no work of the program's.
    })
    .await;
    let nodes = trace.root().children();
    let expected = ["insert", "commitTransaction", "delete", "abortTransaction", "insert"];
    assert_eq!(commands(&nodes), expected, "{trace}");
    let databases: Vec<_> = nodes.iter().map(|node| annotation(node, "database_name")).collect();
    assert_eq!(databases, ["shop", "admin", "shop", "admin", "shop"], "{trace}");
    assert!(nodes.iter().all(|node| node.get("/fault").is_null()), "{trace}");
}

#[tokio::test]
async fn a_write_that_is_tried_again_is_two_commands() {
    let trace = traced(async |client, _| {
        client.database("shop").collection("shaky").insert_one(doc! { "name": SECRET }).await.unwrap();
    })
    .await;
    let nodes = trace.root().children();
    assert_eq!(commands(&nodes), ["insert", "insert"], "{trace}");
    assert_eq!(nodes[0].get("/cause/exceptions/0/type"), "NotWritablePrimary");
    assert_eq!(nodes[0].get("/cause/exceptions/0/message"), "not primary (code 10107)");
    assert!(nodes[1].get("/fault").is_null() && trace.root().get("/fault").is_null(), "{trace}");
}

#[tokio::test]
async fn a_change_stream_is_an_aggregation_and_its_batches() {
    let trace = traced(async |_, orders| {
        let mut changes = orders.watch().await.unwrap();
        let change = changes.try_next().await.unwrap().unwrap();
        assert_eq!(change.operation_type, OperationType::Insert);
    })
    .await;
    let nodes = trace.root().children();
    assert_eq!(commands(&nodes), ["aggregate", "getMore"], "{trace}");
    assert!(nodes.iter().all(|node| annotation(node, "collection_name") == "orders"), "{trace}");
}

#[tokio::test]
async fn a_bulk_write_tells_of_its_collections_and_of_what_failed() {
    let trace = traced(async |client, orders| {
        let others = client.database("store").collection::<Document>("others");
        let write = |collection: &Collection<Document>| collection.insert_one_model(doc! { "name": SECRET }).unwrap();
        let error = xray_core::capture_async("save", client.bulk_write([write(&orders), write(&others)]).into_future());
        assert!(matches!(*error.await.unwrap_err().kind, ErrorKind::BulkWrite(_)));
    })
    .await;
    let save = trace.root().child("save");
    let nodes = save.children();
    assert_eq!((nodes.len(), nodes[0].name()), (1, "admin@127.0.0.1"), "{trace}");
    assert_eq!(annotation(&nodes[0], "collection_name"), "shop.orders, store.others");
    assert_eq!(
        (nodes[0].get("/fault"), nodes[0].get("/cause/exceptions/0/type")),
        (&true.into(), &"DuplicateKey".into())
    );
    assert_eq!(save.get("/cause"), nodes[0].get("/cause/exceptions/0/id"), "the same error: {trace}");
}

#[tokio::test]
async fn a_command_with_a_password_is_its_name() {
    let trace = traced(async |client, _| {
        let command = doc! { "createUser": "me", "pwd": SECRET, "roles": [] };
        client.database("admin").run_command(command).await.unwrap_err();
    })
    .await;
    let nodes = trace.root().children();
    assert_eq!(commands(&nodes), ["createUser"], "{trace}");
    assert_eq!(
        nodes[0].get("/cause/exceptions/0/message").as_str().unwrap(),
        "the message may hold a value and is not recorded (code 51003)"
    );
    assert_eq!(annotation(&nodes[0], "collection_name"), "");
}

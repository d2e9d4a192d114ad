//! A command whose operation was given up is told from one that was answered; against a server that speaks the protocol.
#![cfg(feature = "mongodb")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::pin::Pin;
use std::sync::Arc;

use mongodb::bson::{Document, doc};
use mongodb::{Client, Collection};
use xray_mongo::{ClientOptionsExt as _, OperationExt as _};

use self::support::Mongod;
use self::support::tracing::{commands, mongodb};

/// Answers all but what is about the collection `silent`, and the second batch of any.
fn answer(command: &Document) -> Option<Document> {
    let (name, collection) = command.iter().next().unwrap();
    match (name.as_str(), collection.as_str().unwrap_or_default()) {
        ("getMore", _) | (_, "silent") => None,
        ("find" | "aggregate", _) => {
            let batch = doc! { "id": 7_i64, "ns": "shop.carts", "firstBatch": [{ "n": 1 }] };
            Some(doc! { "ok": 1, "cursor": batch })
        }
        _ => Some(doc! { "ok": 1, "n": 1 }),
    }
}

type Call = Pin<Box<dyn Future<Output = mongodb::error::Result<()>> + Send>>;

// The driver closes the connection in a task of its own, while this one blocks.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_operation_is_dropped_is_cancelled() {
    type Operation = (&'static str, fn(&Collection<Document>) -> Call);
    macro_rules! operation {
        (|$orders:ident| $operation:expr) => {
            |$orders| {
                let $orders = $orders.clone();
                Box::pin(async move { $operation.await.map(drop) })
            }
        };
    }
    let operations: [Operation; 8] = [
        ("insert", operation!(|orders| orders.insert_one(doc! {}))),
        ("insert", operation!(|orders| orders.insert_one(doc! {}).traced("shop"))),
        ("find", operation!(|orders| orders.find(doc! {}))),
        ("find", operation!(|orders| orders.find_one(doc! {}))),
        ("aggregate", operation!(|orders| orders.count_documents(doc! {}))),
        ("update", operation!(|orders| orders.update_one(doc! {}, doc! { "$set": { "n": 1 } }))),
        ("delete", operation!(|orders| orders.delete_one(doc! {}))),
        (
            "getMore",
            operation!(|carts| async {
                let mut found = carts.find(doc! {}).await?;
                while found.advance().await? {}
                Ok(())
            }),
        ),
    ];
    for (command, operation) in operations {
        let (server, tracing) = (Arc::new(Mongod::start(answer)), mongodb());
        let client = Client::with_options(server.options().xray()).unwrap();
        let collection = if command == "getMore" { "carts" } else { "silent" };
        let orders = client.database("shop").collection(collection);
        let trace = tracing
            .trace(async {
                client.database("shop").collection::<Document>("answers").insert_one(doc! {}).await.unwrap();
                let mut call = operation(&orders);
                let silence = tokio::task::spawn_blocking({
                    let server = Arc::clone(&server);
                    move || server.wait_for_silence()
                });
                tokio::select! {
                    outcome = &mut call => panic!("{outcome:?}"),
                    waited = silence => waited.unwrap(),
                }
            })
            .await;
        // It may have ended after its segment, as a document of its own.
        let id = trace.id().to_owned();
        let expected = if command == "getMore" { vec!["insert", "find", "getMore"] } else { vec!["insert", command] };
        let count = 1 + expected.len();
        let ended = tracing.wait_until(|documents| {
            documents.traces().iter().any(|trace| trace.id() == id && trace.nodes().len() == count)
        });
        let trace = ended.trace(&id);
        let marks: Vec<_> =
            trace.nodes().iter().skip(1).map(|node| node.get("/annotations/cancelled") == true).collect();
        assert_eq!(commands(&trace.nodes()[1..]), expected, "{trace}");
        assert_eq!(marks.iter().rev().position(|mark| *mark), Some(0), "{command}: {trace}");
        assert_eq!(marks.iter().filter(|mark| **mark).count(), 1, "{command}: {trace}");
        assert!(trace.nodes().iter().all(|node| node.get("/fault").is_null()), "{command}: {trace}");
    }
}

//! Commands of the `mongodb` driver against a real server, at `XRAY_TEST_MONGODB_URL`.
#![cfg(feature = "mongodb")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::future::IntoFuture as _;
use std::sync::Arc;

use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use mongodb::bson::{Document, doc};
use mongodb::event::EventHandler;
use mongodb::event::command::CommandEvent;
use mongodb::options::{ClientOptions, GridFsBucketOptions, IndexOptions};
use mongodb::{Client, Collection, IndexModel};
use test_support::Fixture;
use tokio::sync::Notify;
use xray_core::testing::Node;
use xray_core::{Library, XRayFutureExt as _, sampling::FixedSampler};
use xray_mongo::ClientOptionsExt as _;

use self::support::tracing::{SECRET, annotation, commands, mongodb};
use self::support::url;

async fn options() -> ClientOptions {
    ClientOptions::parse(url()).await.unwrap()
}

async fn client() -> Client {
    Client::with_options(options().await.xray()).unwrap()
}

/// A collection that no other test and no earlier run has used.
fn unique(client: &Client) -> Collection<Document> {
    client.database("shop").collection(&support::unique("orders"))
}

#[tokio::test]
#[ignore = "needs mongodb: run tests/run"]
async fn good_commands() {
    let tracing = mongodb();
    let client = client().await;
    let orders = unique(&client);
    let trace = tracing
        .trace(async {
            let named = |number: i32| doc! { "name": SECRET, "number": number };
            orders.create_index(IndexModel::builder().keys(doc! { "number": 1 }).build()).await.unwrap();
            orders.insert_many((0..5).map(named)).await.unwrap();
            let mut found = orders.find(doc! { "name": SECRET }).batch_size(3).await.unwrap();
            let mut count = 0;
            while found.advance().await.unwrap() {
                count += 1;
            }
            assert_eq!(count, 5);
            let only = [doc! { "$match": { "name": SECRET } }, doc! { "$count": "n" }];
            drop(orders.aggregate(only).await.unwrap());
            orders.update_one(named(1), doc! { "$set": { "paid": true } }).await.unwrap();
            orders.distinct("number", doc! { "name": SECRET }).await.unwrap();
            orders.find_one_and_delete(named(2)).await.unwrap();
            orders.delete_many(doc! { "name": SECRET }).await.unwrap();
            orders.drop().await.unwrap();
        })
        .await;
    let nodes = trace.root().children();
    assert_eq!(
        commands(&nodes),
        [
            "createIndexes",
            "insert",
            "find",
            "getMore",
            "aggregate",
            "update",
            "distinct",
            "findAndModify",
            "delete",
            "drop",
        ]
    );
    for node in &nodes {
        assert!(node.name().starts_with("shop@"), "{node:?}");
        assert_eq!(annotation(node, "collection_name"), orders.name(), "{node:?}");
        assert!(node.get("/fault").is_null() && node.get("/cause").is_null(), "{node:?}");
    }
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
}

#[tokio::test]
#[ignore = "needs mongodb: run tests/run"]
async fn server_errors_have_the_server_s_codes() {
    let tracing = mongodb();
    let client = client().await;
    let orders = unique(&client);
    let trace = tracing
        .trace(async {
            let unique = IndexOptions::builder().unique(true).name("by_name".to_owned()).build();
            orders.create_index(IndexModel::builder().keys(doc! { "name": 1 }).options(unique).build()).await.unwrap();
            orders.insert_one(doc! { "name": SECRET }).await.unwrap();
            orders.insert_one(doc! { "name": SECRET }).await.unwrap_err();
            orders.insert_many([doc! { "name": SECRET }, doc! { "name": SECRET }]).ordered(false).await.unwrap_err();
            orders.find_one(doc! { "name": { "$unknown": SECRET } }).await.unwrap_err();
            client.database("shop").run_command(doc! { "unknownCommand": SECRET }).await.unwrap_err();
        })
        .await;
    let nodes = trace.root().children();
    let errors: Vec<_> = nodes[2..]
        .iter()
        .map(|node| {
            assert_eq!((node.get("/fault"), node.get("/cause/exceptions/0/remote")), (&true.into(), &true.into()));
            node.get("/cause/exceptions/0/type").as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(errors, ["DuplicateKey", "WriteErrors", "BadValue", "CommandNotFound"], "{trace}");
    for (node, code) in [(2, "11000"), (4, "2"), (5, "59")] {
        let message = nodes[node].get("/cause/exceptions/0/message").as_str().unwrap();
        assert!(message.ends_with(&format!("(code {code})")), "{message}");
    }
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
}

/// The server's own words for a document that a collection's rules refuse hold the document.
#[tokio::test]
#[ignore = "needs mongodb: run tests/run"]
async fn a_document_that_is_refused_is_nowhere() {
    let tracing = mongodb();
    let client = client().await;
    let orders = unique(&client);
    let rules = doc! { "$jsonSchema": { "required": ["paid"], "properties": { "name": { "bsonType": "int" } } } };
    client.database("shop").create_collection(orders.name()).validator(rules).await.unwrap();
    let trace = tracing
        .trace(async {
            let insert = orders.insert_one(doc! { "name": SECRET }).into_future();
            let error = xray_core::capture_async("save", insert).await.unwrap_err();
            assert!(format!("{error:?}").contains(SECRET), "{error:?}");
        })
        .await;
    let node = &trace.root().child("save").children()[0];
    assert_eq!(node.get("/cause/exceptions/0/type"), "DocumentValidationFailure", "{trace}");
    assert_eq!(node.get("/cause/exceptions/0/message"), "Document failed validation (code 121)");
    assert_eq!(trace.root().child("save").get("/cause"), node.get("/cause/exceptions/0/id"));
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
}

#[tokio::test]
#[ignore = "needs mongodb: run tests/run"]
async fn files_are_commands_on_the_collections_of_their_bucket() {
    let tracing = mongodb();
    let client = client().await;
    let name = support::unique("files");
    let bucket =
        client.database("shop").gridfs_bucket(GridFsBucketOptions::builder().bucket_name(name.clone()).build());
    let trace = tracing
        .trace(async {
            let mut upload = bucket.open_upload_stream(SECRET).await.unwrap();
            upload.write_all(SECRET.as_bytes()).await.unwrap();
            upload.close().await.unwrap();
            let mut text = String::new();
            let mut download = bucket.open_download_stream_by_name(SECRET).await.unwrap();
            download.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, SECRET);
            bucket.drop().await.unwrap();
        })
        .await;
    let nodes = trace.root().children();
    let [files, chunks] = ["files", "chunks"].map(|part| format!("{name}.{part}"));
    for (command, collection) in [
        ("insert", &chunks),
        ("insert", &files),
        ("find", &files),
        ("find", &chunks),
        ("drop", &files),
        ("drop", &chunks),
    ] {
        let is_it = |node: &Node| {
            annotation(node, "command_name") == command && &annotation(node, "collection_name") == collection
        };
        assert_eq!(nodes.iter().filter(|node| is_it(node)).count(), 1, "{command} {collection}: {trace}");
    }
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
}

#[tokio::test]
#[ignore = "needs mongodb: run tests/run"]
async fn fifty_commands_at_once_keep_their_parents() {
    let tracing = mongodb();
    let client = client().await;
    let orders = unique(&client);
    let trace = tracing
        .trace(async {
            let add = async |number: i32| orders.insert_one(doc! { "number": number }).await.unwrap();
            let calls = (0..50).map(|number| add(number).in_subsegment(format!("add {number}")));
            futures::future::join_all(calls).await
        })
        .await;
    for number in 0..50 {
        assert_eq!(commands(&trace.find(&format!("add {number}")).children()), ["insert"], "{trace}");
    }
    assert_eq!(trace.nodes().len(), 101, "{trace}");
}

// The driver closes the connection in a task of its own, while this one blocks.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs mongodb: run tests/run"]
async fn a_cancelled_command_ends_without_blame() {
    let tracing = mongodb();
    let begun = Arc::new(Notify::new());
    let mut options = options().await;
    let notify = Arc::clone(&begun);
    options.command_event_handler = Some(EventHandler::callback(move |event| {
        if matches!(event, CommandEvent::Started(_)) {
            notify.notify_one();
        }
    }));
    let client = Client::with_options(options.xray()).unwrap();
    let orders = unique(&client);
    let trace = tracing
        .trace(async {
            tokio::select! {
                biased;
                outcome = orders.insert_one(doc! { "name": SECRET }) => panic!("{outcome:?}"),
                () = begun.notified() => {}
            }
        })
        .await;
    // It may have ended after its segment, as a document of its own.
    let id = trace.id().to_owned();
    let ended = tracing
        .wait_until(|documents| documents.traces().iter().any(|trace| trace.id() == id && trace.nodes().len() == 2));
    let trace = ended.trace(&id);
    let node = &trace.nodes()[1];
    assert!(node.get("/end_time").is_number() && node.get("/fault").is_null(), "{node:?}");
    assert_eq!(node.get("/annotations/cancelled"), true, "{node:?}");
}

#[tokio::test]
#[ignore = "needs mongodb: run tests/run"]
async fn only_what_is_patched_and_sampled_and_in_a_segment_is_recorded_and_that_once() {
    let client = Client::with_options(options().await.xray().xray()).unwrap();
    let orders = unique(&client);
    let insert = async || orders.insert_one(doc! { "name": SECRET }).await.unwrap();
    let unsampled = Fixture::with(|builder| builder.libraries([Library::Mongodb]).sampler(FixedSampler::NONE));
    unsampled.without_segment(insert()).await;
    insert().in_segment(unsampled.recorder.begin_segment("unsampled")).await;
    unsampled.assert_nothing_sent();
    let unpatched = Fixture::of([Library::Rusqlite]);
    assert_eq!(unpatched.trace(insert()).await.render(), "shop\n");
    let tracing = mongodb();
    assert_eq!(commands(&tracing.trace(insert()).await.root().children()), ["insert"]);
}

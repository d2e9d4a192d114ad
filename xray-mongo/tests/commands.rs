//! Commands of the `mongodb` driver, against a server that speaks its protocol.
#![cfg(feature = "mongodb")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::error::Error;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use mongodb::bson::{Document, doc};
use mongodb::event::EventHandler;
use mongodb::event::cmap::CmapEvent;
use mongodb::{Client, Collection};
use test_support::Fixture;
use xray_core::{Library, XRayFutureExt as _, sampling::FixedSampler};
use xray_mongo::ClientOptionsExt as _;

use self::support::Mongod;
use self::support::tracing::{SECRET, annotation, mongodb};

/// A shop: one collection for each thing that can happen.
fn shop(command: &Document) -> Option<Document> {
    let (name, collection) = command.iter().next().unwrap();
    Some(match (name.as_str(), collection.as_str().unwrap_or_default()) {
        ("find", "carts") => {
            doc! { "ok": 1, "cursor": { "id": 7_i64, "ns": "shop.carts", "firstBatch": [{ "n": 1 }] } }
        }
        ("getMore", _) => doc! { "ok": 1, "cursor": { "id": 0_i64, "ns": "shop.carts", "nextBatch": [{ "n": 2 }] } },
        (_, "missing") => {
            let message = format!("unknown operator: ${SECRET}");
            doc! { "ok": 0, "code": 2, "codeName": "BadValue", "errmsg": message }
        }
        (_, "taken") => doc! { "ok": 1, "n": 0, "writeErrors": [{
            "index": 0, "code": 11_000, "keyPattern": { "name": 1 }, "keyValue": { "name": SECRET },
            "errmsg": format!("E11000 duplicate key error collection: shop.taken index: by_name dup key: {{ name: \"{SECRET}\" }}"),
        }] },
        (_, "broken") => doc! {},
        (_, "silent") => return None,
        _ => doc! { "ok": 1, "n": 1 },
    })
}

fn collection(client: &Client, name: &str) -> Collection<Document> {
    client.database("shop").collection(name)
}

async fn insert(client: &Client, name: &str) -> mongodb::error::Result<()> {
    collection(client, name).insert_one(doc! { "name": SECRET }).await.map(drop)
}

#[tokio::test]
async fn a_command_is_a_subsegment_with_its_collection() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let client = Client::with_options(server.options().xray()).unwrap();
    let trace = tracing
        .trace(async {
            insert(&client, "orders").await.unwrap();
            let mut carts = collection(&client, "carts").find(doc! { "name": SECRET }).await.unwrap();
            while carts.advance().await.unwrap() {}
            client.database("admin").run_command(doc! { "dropUser": SECRET }).await.unwrap();
        })
        .await;
    let nodes = trace.root().children();
    let shown: Vec<_> = nodes
        .iter()
        .map(|node| (node.name().to_owned(), annotation(node, "command_name"), annotation(node, "collection_name")))
        .collect();
    let expected = [
        ("shop@127.0.0.1", "insert", "orders"),
        ("shop@127.0.0.1", "find", "carts"),
        ("shop@127.0.0.1", "getMore", "carts"),
        ("admin@127.0.0.1", "dropUser", ""),
    ];
    assert_eq!(
        shown,
        expected.map(|(name, command, collection)| (name.to_owned(), command.to_owned(), collection.to_owned()))
    );
    for node in &nodes {
        assert_eq!(node.get("/namespace"), "remote");
        assert!(node.get("/metadata/mongodb/address").as_str().unwrap().starts_with("127.0.0.1:"));
        assert!(node.get("/metadata/mongodb/request_id").is_i64());
        assert!(node.get("/metadata/mongodb/server_connection_id").is_i64());
        assert!(node.get("/metadata/mongodb/pool_wait_ms").is_f64());
        assert!(node.get("/fault").is_null() && node.get("/cause").is_null());
    }
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
}

#[tokio::test]
async fn failures_are_faults_without_values() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let client = Client::with_options(server.options().xray()).unwrap();
    let trace = tracing
        .trace(async {
            insert(&client, "missing").await.unwrap_err();
            insert(&client, "taken").await.unwrap_err();
        })
        .await;
    let failures: Vec<_> = trace
        .root()
        .children()
        .iter()
        .map(|node| {
            assert_eq!(node.get("/fault"), true);
            assert_eq!(node.get("/cause/exceptions/0/remote"), true);
            ["type", "message"].map(|key| node.get(&format!("/cause/exceptions/0/{key}")).as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(
        failures,
        [
            ["BadValue", "the message may hold a value and is not recorded (code 2)"],
            ["DuplicateKey", "E11000 duplicate key error collection: shop.taken index: by_name (code 11000)"],
        ]
    );
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
}

/// The driver's errors quote the server's whole replies, and reach a trace where the program records them.
#[tokio::test]
async fn errors_that_the_program_records_itself_hold_no_values_either() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let client = Client::with_options(server.options().xray()).unwrap();
    for (collection, code) in [("missing", "Command failed: Error code 2 (BadValue)"), ("taken", "(code 11000)")] {
        let trace = tracing
            .trace(async {
                xray_core::capture_async("typed", insert(&client, collection)).await.unwrap_err();
                let boxed = async { insert(&client, collection).await.map_err(Box::<dyn Error + Send + Sync>::from) };
                xray_core::capture_async("boxed", boxed).await.unwrap_err();
                let wrapped = async { insert(&client, collection).await.map_err(Wrapped) };
                xray_core::capture_async("wrapped", wrapped).await.unwrap_err();
                let text = insert(&client, collection).await.unwrap_err().to_string();
                xray_core::begin_subsegment("text").record_error(&text);
                let unwrapped =
                    AssertUnwindSafe(async { insert(&client, collection).await.unwrap() }.in_subsegment("unwrapped"));
                unwrapped.catch_unwind().await.unwrap_err();
            })
            .await;
        for name in ["typed", "boxed"] {
            let node = trace.root().child(name);
            let exception = node.children()[0].get("/cause/exceptions/0/id").clone();
            assert_eq!(node.get("/cause"), &exception, "the command's, referred to: {trace}");
        }
        let wrapped = trace.root().child("wrapped");
        let message = wrapped.get("/cause/exceptions/0/message").as_str().unwrap();
        assert!(message.starts_with("cannot save: Kind: ") && message.contains(code), "{message}");
        let message = trace.root().child("unwrapped").get("/cause/exceptions/0/message").as_str().unwrap().to_owned();
        assert!(message.contains("Error { kind: "), "{message}");
    }
    let documents = tracing.documents();
    let hexadecimal: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    assert!(documents.texts().all(|text| !text.contains(SECRET) && !text.contains(&hexadecimal)));
}

#[derive(Debug)]
struct Wrapped(mongodb::error::Error);

impl fmt::Display for Wrapped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot save: {}", self.0)
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_fault_of_this_side() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let client = Client::with_options(server.options().xray()).unwrap();
    let trace = tracing.trace(async { insert(&client, "broken").await.unwrap_err() }).await;
    let nodes = trace.root().children();
    assert_eq!(nodes.len(), 1, "{trace}");
    assert_eq!(nodes[0].get("/fault"), true);
    assert_eq!(nodes[0].get("/cause/exceptions/0/type"), "mongodb::error::ErrorKind::Io");
    assert!(nodes[0].get("/cause/exceptions/0/remote").is_null());
}

#[tokio::test]
async fn commands_of_joined_futures_keep_their_parents() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let client = Client::with_options(server.options().xray()).unwrap();
    let add = async |name: &str| insert(&client, name).await.unwrap();
    let names: Vec<_> = (0..20).map(|number| format!("orders{number}")).collect();
    let trace = tracing
        .trace(async {
            let calls = names.iter().map(|name| add(name).in_subsegment(format!("add to {name}")));
            futures::future::join_all(calls).await
        })
        .await;
    assert_eq!(trace.root().children().len(), names.len());
    for name in &names {
        let children = trace.find(&format!("add to {name}")).children();
        assert_eq!(children.len(), 1, "{trace}");
        assert_eq!(&annotation(&children[0], "collection_name"), name);
    }
}

#[tokio::test]
async fn a_cancelled_command_ends_when_its_connection_is_closed() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let client = Client::with_options(server.options().xray()).unwrap();
    let trace = tracing
        .trace(async {
            let client = client.clone();
            let call = tokio::spawn(async move { insert(&client, "silent").await }.in_current());
            tokio::task::spawn_blocking(move || server.wait_for_silence()).await.unwrap();
            call.abort();
            assert!(call.await.unwrap_err().is_cancelled());
        })
        .await;
    // It may have ended after its segment, as a document of its own.
    let id = trace.id().to_owned();
    let ended = tracing
        .wait_until(|documents| documents.traces().iter().any(|trace| trace.id() == id && trace.nodes().len() == 2));
    let node = ended.trace(&id).find("shop@127.0.0.1");
    assert!(node.get("/end_time").is_number());
    assert!(node.get("/fault").is_null());
}

/// Connections are numbered by each client, and an event does not say whose one is: the other's command then ended with it.
#[tokio::test]
async fn a_cancelled_call_that_is_not_recorded_ends_no_other_client_s_command() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let (closed, mut connection_closed) = tokio::sync::mpsc::unbounded_channel();
    let mut options = server.options();
    options.cmap_event_handler = Some(EventHandler::callback(move |event| {
        if matches!(event, CmapEvent::ConnectionClosed(_)) {
            closed.send(()).unwrap();
        }
    }));
    let options = options.xray();
    let [recorded, unrecorded] = [(); 2].map(|()| Client::with_options(options.clone()).unwrap());
    let server = Arc::new(server);
    let silence = || {
        let server = Arc::clone(&server);
        tokio::task::spawn_blocking(move || server.wait_for_silence())
    };
    let trace = tracing
        .trace(async {
            let call = tokio::spawn(async move { insert(&recorded, "silent").await }.in_current());
            silence().await.unwrap();
            let other = tokio::spawn(async move { insert(&unrecorded, "silent").await });
            silence().await.unwrap();
            other.abort();
            connection_closed.recv().await.unwrap();
            server.go_away();
            call.await.unwrap().unwrap_err();
        })
        .await;
    let nodes = trace.root().children();
    assert_eq!((nodes.len(), nodes[0].get("/fault")), (1, &true.into()), "it has ended with its own error: {trace}");
}

#[tokio::test]
async fn attached_twice_and_beside_the_programs_own_handler_it_records_once() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let seen = Arc::new(Mutex::new(0));
    let mut options = server.options();
    let counted = Arc::clone(&seen);
    options.command_event_handler = Some(EventHandler::callback(move |_| *counted.lock().unwrap() += 1));
    let (sender, mut receiver) = tokio::sync::mpsc::channel(100);
    options.cmap_event_handler = Some(sender.into());
    let client = Client::with_options(options.xray().xray()).unwrap();
    let trace = tracing.trace(async { insert(&client, "taken").await.unwrap_err() }).await;
    assert_eq!(trace.root().children().len(), 1, "{trace}");
    assert_eq!(*seen.lock().unwrap(), 2);
    assert!(receiver.recv().await.is_some());
}

#[tokio::test]
async fn without_a_recorded_segment_nothing_is_sent() {
    let server = Mongod::start(shop);
    let client = Client::with_options(server.options().xray()).unwrap();
    let unsampled = Fixture::with(|builder| builder.libraries([Library::Mongodb]).sampler(FixedSampler::NONE));
    unsampled.without_segment(insert(&client, "orders")).await.unwrap();
    insert(&client, "orders").in_segment(unsampled.recorder.begin_segment("unsampled")).await.unwrap();
    unsampled.assert_nothing_sent();
    let unpatched = Fixture::of([Library::Rusqlite]);
    let trace = unpatched.trace(insert(&client, "orders")).await;
    assert_eq!(trace.render(), "shop\n");
}

#[test]
fn the_sync_client_is_traced_on_the_callers_thread() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let client = mongodb::sync::Client::with_options(server.options().xray()).unwrap();
    let segment = tracing.recorder.begin_segment("test").entered();
    let load = xray_core::begin_subsegment("load").entered();
    client.database("shop").collection("orders").insert_one(doc! { "name": SECRET }).run().unwrap();
    load.end();
    segment.end();
    let trace = tracing.wait_for(1).only_trace();
    assert_eq!(trace.root().child("load").children().len(), 1, "{trace}");
}

//! Operations that find no server, or get no connection: the driver's events do not tell of them.
#![cfg(feature = "mongodb")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use mongodb::error::{ErrorKind, Result};
use mongodb::options::{AuthMechanism, ClientOptions, Credential};
use mongodb::{Client, Collection};
use test_support::Fixture;
use xray_core::testing::Node;
use xray_core::{Library, XRayFutureExt as _, sampling::FixedSampler};
use xray_mongo::{ClientOptionsExt as _, OperationExt as _, run_traced};

use self::support::Mongod;
use self::support::tracing::{SECRET, annotation, commands, mongodb};

/// Nobody listens there.
const NOBODY: &str = "mongodb://me:hunterzwei@127.0.0.1:1/?directConnection=true&serverSelectionTimeoutMS=";

async fn nobody(patience: &str) -> Client {
    Client::with_options(ClientOptions::parse(format!("{NOBODY}{patience}")).await.unwrap().xray()).unwrap()
}

fn orders(client: &Client) -> Collection<Document> {
    client.database("shop").collection("orders")
}

fn seconds(node: &Node) -> f64 {
    node.get("/end_time").as_f64().unwrap() - node.get("/start_time").as_f64().unwrap()
}

/// A server to which every command is fine, but those that log in.
fn shop(command: &Document) -> Option<Document> {
    Some(match command.keys().next().unwrap().as_str() {
        "saslStart" => {
            doc! { "ok": 0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "Authentication failed." }
        }
        "find" => {
            doc! { "ok": 1, "cursor": { "id": 7_i64, "ns": "shop.orders", "firstBatch": [{ "n": 1 }, { "n": 2 }] } }
        }
        "getMore" => doc! { "ok": 1, "cursor": { "id": 0_i64, "ns": "shop.orders", "nextBatch": [] } },
        _ => doc! { "ok": 1, "n": 1 },
    })
}

fn assert_not_selected(node: &Node, trace: &xray_core::testing::Trace) {
    assert_eq!((node.name(), node.get("/namespace").as_str()), ("shop@127.0.0.1", Some("remote")), "{trace}");
    assert_eq!(node.get("/fault"), true);
    assert_eq!(node.get("/cause/exceptions/0/type"), "mongodb::error::ErrorKind::ServerSelection");
    let message = node.get("/cause/exceptions/0/message").as_str().unwrap();
    assert!(message.starts_with("Server selection timeout: No available servers. Servers: 127.0.0.1:1: "), "{message}");
    assert_eq!(annotation(node, "database_name"), "shop");
    assert_eq!(node.get("/metadata/mongodb/address"), "127.0.0.1:1");
    // The driver took its time, and the subsegment is as long.
    assert!(seconds(node) > 0.05, "{trace}");
}

#[tokio::test]
async fn an_operation_that_finds_no_server_is_recorded_where_it_is_traced() {
    let (client, tracing) = (nobody("60").await, mongodb());
    let trace = tracing
        .trace(async {
            let error = orders(&client).insert_one(doc! { "name": SECRET }).await.unwrap_err();
            assert!(matches!(*error.kind, ErrorKind::ServerSelection { .. }), "{error}");
        })
        .await;
    assert_eq!(trace.render(), "shop\n", "the driver says nothing of it");
    let trace = tracing
        .trace(async {
            let work = async { orders(&client).insert_one(doc! { "name": SECRET }).traced("shop").await };
            let error = xray_core::capture_async("load", work.traced("outer")).await.unwrap_err();
            assert!(matches!(*error.kind, ErrorKind::ServerSelection { .. }), "{error}");
        })
        .await;
    let load = trace.root().child("load");
    assert_eq!(load.children().len(), 1, "traced twice: {trace}");
    let node = &load.children()[0];
    assert_not_selected(node, &trace);
    assert_eq!(load.get("/cause"), node.get("/cause/exceptions/0/id"), "the same error");
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
}

#[test]
fn an_operation_of_the_blocking_client_that_finds_no_server_is_recorded_where_it_is_traced() {
    let tracing = mongodb();
    let options = ClientOptions::parse(format!("{NOBODY}60")).run().unwrap();
    let [untraced, client] = [options.clone(), options.xray()].map(|o| mongodb::sync::Client::with_options(o).unwrap());
    let orders = |client: &mongodb::sync::Client| client.database("shop").collection::<Document>("orders");
    let failure =
        |outcome: Result<_>| assert!(matches!(*outcome.map(drop).unwrap_err().kind, ErrorKind::ServerSelection { .. }));
    let trace = tracing.trace_blocking(|| {
        failure(orders(&untraced).insert_one(doc! {}).run().map(drop));
        failure(orders(&client).insert_one(doc! {}).run().map(drop));
    });
    assert_eq!(trace.render(), "shop\n", "the driver says nothing of it");
    let trace =
        tracing.trace_blocking(|| failure(run_traced("shop", || orders(&client).insert_one(doc! {}).run().map(drop))));
    assert_eq!(trace.root().children().len(), 1, "{trace}");
    assert_not_selected(&trace.root().children()[0], &trace);
}

#[tokio::test]
async fn an_operation_that_is_cancelled_before_it_finds_a_server_only_ends() {
    let (client, tracing) = (nobody("30000").await, mongodb());
    let trace = tracing
        .trace(async {
            let orders = orders(&client);
            let mut call = Box::pin(orders.insert_one(doc! {}).traced("shop"));
            assert!(futures::poll!(&mut call).is_pending());
        })
        .await;
    let nodes = trace.root().children();
    assert_eq!((nodes.len(), nodes[0].name()), (1, "shop"), "{trace}");
    assert!(nodes[0].get("/end_time").is_number() && nodes[0].get("/fault").is_null(), "{trace}");
    assert_eq!(nodes[0].get("/annotations/cancelled"), true, "{trace}");
}

#[tokio::test]
async fn an_operation_whose_command_is_sent_is_recorded_as_the_command_alone() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let client = Client::with_options(server.options().xray()).unwrap();
    let spawned = |work| tokio::spawn(work);
    let trace = tracing
        .trace(async {
            let orders = orders(&client);
            let call = {
                let orders = orders.clone();
                async move { orders.insert_one(doc! {}).traced("shop").await }.in_current()
            };
            spawned(call).await.unwrap().unwrap();
            let mut found = orders.find(doc! {}).traced("shop").await.unwrap();
            while found.advance().traced("shop").await.unwrap() {}
            let mut found = orders.find(doc! {}).traced("shop").await.unwrap();
            while found.try_next().traced("shop").await.unwrap().is_some() {}
            // An error of the caller, for which no server is asked.
            let orders = client.database("shop").collection::<Document>("orders");
            orders.update_one(doc! {}, doc! { "item": "not an operator" }).traced("shop").await.unwrap_err();
        })
        .await;
    assert_eq!(commands(&trace.root().children()), ["insert", "find", "getMore", "find", "getMore"], "{trace}");
}

#[tokio::test]
async fn of_a_server_that_goes_away_each_operation_is_told_once() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let mut options = server.options();
    options.server_selection_timeout = Some(std::time::Duration::from_millis(100));
    let client = Client::with_options(options.xray()).unwrap();
    let trace = tracing
        .trace(async {
            let orders = orders(&client);
            orders.insert_one(doc! {}).traced("shop").await.unwrap();
            server.go_away();
            for _ in 0..2 {
                orders.insert_one(doc! {}).traced("shop").await.unwrap_err();
            }
        })
        .await;
    let nodes = trace.root().children();
    assert!(nodes.iter().all(|node| node.name() == "shop@127.0.0.1"), "{trace}");
    assert_eq!(nodes.iter().map(|node| node.get("/fault") == true).collect::<Vec<_>>(), [false, true, true], "{trace}");
    assert_eq!(nodes[2].get("/cause/exceptions/0/type"), "mongodb::error::ErrorKind::ServerSelection", "{trace}");
}

#[tokio::test]
async fn a_connection_that_cannot_be_had_is_told_by_the_driver_and_by_the_operation_better() {
    let (server, tracing) = (Mongod::start(shop), mongodb());
    let credential = Credential::builder().mechanism(AuthMechanism::ScramSha256).username("me".to_owned());
    let mut options = server.options();
    options.credential = Some(credential.password(SECRET.to_owned()).build());
    let client = Client::with_options(options.xray().xray()).unwrap();
    let orders = orders(&client);
    for (traced, name, of_type, message) in [
        (false, "127.0.0.1", "mongodb::event::cmap::ConnectionCheckoutFailedEvent", "no connection could be made"),
        (true, "shop@127.0.0.1", "mongodb::error::ErrorKind::Authentication", "SCRAM failure: Authentication failed."),
    ] {
        let trace = tracing
            .trace(async {
                let insert = orders.insert_one(doc! {});
                let outcome = if traced { insert.traced("shop").await } else { insert.await };
                assert!(matches!(*outcome.unwrap_err().kind, ErrorKind::Authentication { .. }));
            })
            .await;
        let nodes = trace.root().children();
        assert_eq!(
            (nodes.len(), nodes[0].name(), nodes[0].get("/namespace").as_str()),
            (1, name, Some("remote")),
            "{trace}"
        );
        assert_eq!(nodes[0].get("/fault"), true);
        assert_eq!(nodes[0].get("/cause/exceptions/0/type"), of_type);
        assert_eq!(nodes[0].get("/cause/exceptions/0/message"), message);
    }
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
}

#[tokio::test]
async fn where_nothing_is_recorded_nothing_is_told() {
    let client = nobody("20").await;
    let insert = async || orders(&client).insert_one(doc! {}).traced("shop").await.map(drop).unwrap_err();
    let unsampled = Fixture::with(|builder| builder.libraries([Library::Mongodb]).sampler(FixedSampler::NONE));
    unsampled.without_segment(insert()).await;
    insert().in_segment(unsampled.recorder.begin_segment("unsampled")).await;
    unsampled.assert_nothing_sent();
    let unpatched = Fixture::of([Library::Rusqlite]);
    assert_eq!(unpatched.trace(insert()).await.render(), "shop\n");
}

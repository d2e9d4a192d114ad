//! The driver's blocking client, against a real server.
#![cfg(feature = "mongodb")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::sync::Barrier;
use std::thread;

use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, IndexOptions};
use mongodb::sync::{Client, Collection};
use test_support::Fixture;
use xray_core::{Library, begin_subsegment, sampling::FixedSampler};
use xray_mongo::ClientOptionsExt as _;

use self::support::tracing::{SECRET, commands, mongodb};
use self::support::{unique, url};

fn options(url: &str) -> ClientOptions {
    ClientOptions::parse(url).run().unwrap()
}

fn client() -> Client {
    Client::with_options(options(&url()).xray()).unwrap()
}

/// A collection that no other test and no earlier run has used.
fn orders(client: &Client) -> Collection<Document> {
    client.database("shop").collection(&unique("orders"))
}

#[test]
#[ignore = "needs mongodb: run tests/run"]
fn commands_are_traced_on_the_caller_s_thread() {
    let tracing = mongodb();
    let orders = orders(&client());
    let trace = tracing.trace_blocking(|| {
        let load = begin_subsegment("load").entered();
        orders.insert_many((0..5).map(|number| doc! { "name": SECRET, "number": number })).run().unwrap();
        let found = orders.find(doc! { "name": SECRET }).batch_size(2).limit(5).run().unwrap();
        assert_eq!(found.map(Result::unwrap).count(), 5);
        orders.drop().run().unwrap();
        load.end();
    });
    let nodes = trace.root().child("load").children();
    assert_eq!(commands(&nodes), ["insert", "find", "getMore", "getMore", "drop"], "{trace}");
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
}

#[test]
#[ignore = "needs mongodb: run tests/run"]
fn server_errors_have_the_server_s_codes() {
    let tracing = mongodb();
    let client = client();
    let orders = orders(&client);
    let unique = IndexOptions::builder().unique(true).build();
    orders.create_index(IndexModel::builder().keys(doc! { "name": 1 }).options(unique).build()).run().unwrap();
    let trace = tracing.trace_blocking(|| {
        orders.insert_one(doc! { "name": SECRET }).run().unwrap();
        orders.insert_one(doc! { "name": SECRET }).run().unwrap_err();
        orders.find_one(doc! { "name": { "$unknown": SECRET } }).run().unwrap_err();
        client.database("shop").run_command(doc! { "unknownCommand": SECRET }).run().unwrap_err();
    });
    let nodes = trace.root().children();
    assert!(nodes[0].get("/fault").is_null() && nodes[0].get("/cause").is_null(), "{trace}");
    for (node, (name, code)) in
        nodes[1..].iter().zip([("DuplicateKey", 11_000), ("BadValue", 2), ("CommandNotFound", 59)])
    {
        assert_eq!(
            (node.get("/fault"), node.get("/cause/exceptions/0/remote")),
            (&true.into(), &true.into()),
            "{trace}"
        );
        assert_eq!(node.get("/cause/exceptions/0/type"), name, "{trace}");
        let message = node.get("/cause/exceptions/0/message").as_str().unwrap();
        assert!(message.ends_with(&format!("(code {code})")), "{message}");
    }
    assert_eq!(nodes.len(), 4, "{trace}");
    assert!(tracing.documents().texts().all(|text| !text.contains(SECRET)));
}

#[test]
#[ignore = "needs mongodb: run tests/run"]
fn fifty_threads_at_once_keep_their_parents() {
    let tracing = mongodb();
    let orders = &orders(&client());
    let trace = tracing.trace_blocking(|| {
        let parts: Vec<_> = (0..50).map(|number| begin_subsegment(&format!("add {number}"))).collect();
        let all_have_begun = &Barrier::new(parts.len());
        thread::scope(|scope| {
            for (number, part) in (0..).zip(parts) {
                scope.spawn(move || {
                    let _part = part.entered();
                    all_have_begun.wait();
                    orders.insert_one(doc! { "number": number }).run().unwrap();
                });
            }
        });
    });
    for number in 0..50 {
        assert_eq!(commands(&trace.find(&format!("add {number}")).children()), ["insert"], "{trace}");
    }
    assert_eq!(trace.nodes().len(), 101, "{trace}");
}

#[test]
#[ignore = "needs mongodb: run tests/run"]
fn only_what_is_patched_and_sampled_and_in_a_segment_is_recorded_and_that_once() {
    let client = Client::with_options(options(&url()).xray().xray()).unwrap();
    let orders = orders(&client);
    let insert = || drop(orders.insert_one(doc! { "name": SECRET }).run().unwrap());
    let unsampled = Fixture::with(|builder| builder.libraries([Library::Mongodb]).sampler(FixedSampler::NONE));
    unsampled.without_segment_blocking(insert);
    let segment = unsampled.recorder.begin_segment("unsampled").entered();
    insert();
    segment.end();
    unsampled.assert_nothing_sent();
    let unpatched = Fixture::of([Library::Rusqlite]);
    assert_eq!(unpatched.trace_blocking(insert).render(), "shop\n");
    let tracing = mongodb();
    assert_eq!(commands(&tracing.trace_blocking(insert).root().children()), ["insert"]);
}

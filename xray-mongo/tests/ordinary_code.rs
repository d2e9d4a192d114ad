//! A program as its authors write it, untraced and traced by one line.
#![cfg(feature = "mongodb")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::collections::HashMap;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::TryStreamExt as _;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::error::{ErrorKind, WriteFailure};
use mongodb::options::{ClientOptions, FindOptions, IndexOptions, ReturnDocument};
use mongodb::{Client, Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;
use xray_mongo::ClientOptionsExt as _;

use self::support::tracing::{commands, mongodb};
use self::support::url;

type Result<T, E = mongodb::error::Error> = std::result::Result<T, E>;

/// The program's own storage: nothing in here knows of tracing.
#[derive(Clone)]
struct Shop {
    database: Database,
    orders: Collection<Document>,
}

impl Shop {
    async fn open(client: &Client, name: &str) -> Result<Self> {
        let database = client.database(name);
        let orders = database.collection::<Document>("orders");
        let unique = IndexOptions::builder().unique(true).build();
        orders.create_index(IndexModel::builder().keys(doc! { "number": 1 }).options(unique).build()).await?;
        Ok(Self { database, orders })
    }

    async fn place(&self, number: i32, item: &str) -> Result<Option<ObjectId>> {
        match self.orders.insert_one(doc! { "number": number, "item": item, "paid": false }).await {
            Ok(inserted) => Ok(inserted.inserted_id.as_object_id()),
            Err(error) => match *error.kind {
                ErrorKind::Write(WriteFailure::WriteError(ref failure)) if failure.code == 11_000 => Ok(None),
                _ => Err(error),
            },
        }
    }

    async fn pay(&self, number: i32) -> Result<Option<Document>> {
        let paid = doc! { "$set": { "paid": true } };
        self.orders.find_one_and_update(doc! { "number": number }, paid).return_document(ReturnDocument::After).await
    }

    async fn items(&self) -> Result<Vec<String>> {
        let options = FindOptions::builder().sort(doc! { "number": 1 }).batch_size(2).build();
        let found = self.orders.find(doc! {}).with_options(options).await?;
        found.map_ok(|order| order.get_str("item").unwrap_or_default().to_owned()).try_collect().await
    }

    async fn count_by_state(&self) -> Result<HashMap<bool, i32>> {
        let pipeline = [doc! { "$group": { "_id": "$paid", "count": { "$sum": 1 } } }];
        let mut groups = self.orders.aggregate(pipeline).await?;
        let mut counts = HashMap::new();
        while groups.advance().await? {
            let group = groups.deserialize_current()?;
            counts.insert(group.get_bool("_id").unwrap(), group.get_i32("count").unwrap());
        }
        Ok(counts)
    }
}

/// What the program does with its storage, in tasks of its own as well.
async fn work(client: Client, name: &str) -> Result<Vec<String>> {
    let shop = Shop::open(&client, name).await?;
    assert!(shop.place(1, "book").await?.is_some());
    assert!(shop.place(1, "book again").await?.is_none());
    let others = ["pen", "cup"].into_iter().zip(2..).map(|(item, number)| {
        let shop = shop.clone();
        async move { shop.place(number, item).await }
    });
    futures::future::try_join_all(others).await?;
    assert!(shop.pay(2).await?.unwrap().get_bool("paid").unwrap());
    assert_eq!(shop.count_by_state().await?, HashMap::from([(false, 2), (true, 1)]));
    let items = shop.items().await?;
    shop.database.drop().await?;
    Ok(items)
}

/// The same as a service, whose handlers share the collection.
fn service(members: Collection<Member>) -> Router {
    async fn join(State(members): State<Collection<Member>>, Path(name): Path<String>) -> Result<String, Refused> {
        let joined = members.insert_one(Member { name, active: true }).await?;
        Ok(joined.inserted_id.to_string())
    }
    async fn show(State(members): State<Collection<Member>>, Path(name): Path<String>) -> Result<String, Refused> {
        let member = members.find_one(doc! { "_id": name }).await?.ok_or(Refused(StatusCode::NOT_FOUND))?;
        Ok(format!("{}: {}", member.name, member.active))
    }
    async fn leave(State(members): State<Collection<Member>>, Path(name): Path<String>) -> Result<StatusCode, Refused> {
        let left = members.delete_one(doc! { "_id": name }).await?;
        Ok(if left.deleted_count == 1 { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND })
    }
    Router::new().route("/members/{name}", post(join).get(show).delete(leave)).with_state(members)
}

#[derive(Debug, Serialize, Deserialize)]
struct Member {
    #[serde(rename = "_id")]
    name: String,
    active: bool,
}

struct Refused(StatusCode);

impl From<mongodb::error::Error> for Refused {
    fn from(error: mongodb::error::Error) -> Self {
        let is_known =
            matches!(*error.kind, ErrorKind::Write(WriteFailure::WriteError(ref failure)) if failure.code == 11_000);
        Self(if is_known { StatusCode::CONFLICT } else { StatusCode::INTERNAL_SERVER_ERROR })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

/// What the service answers to one who joins twice, is shown and leaves twice.
async fn visit(service: Router) -> Vec<u16> {
    let mut statuses = Vec::new();
    for method in [Method::POST, Method::POST, Method::GET, Method::DELETE, Method::DELETE] {
        let request = Request::builder().method(method).uri("/members/hunterzwei").body(Body::empty()).unwrap();
        statuses.push(service.clone().oneshot(request).await.unwrap().status().as_u16());
    }
    statuses
}

const STATUSES: [u16; 5] = [200, 409, 200, 204, 404];

/// The same with the blocking driver.
fn work_blocking(client: &mongodb::sync::Client, name: &str) -> Result<Vec<String>> {
    let orders = client.database(name).collection::<Document>("orders");
    orders.insert_many(["book", "pen", "cup"].map(|item| doc! { "item": item })).run()?;
    orders.update_many(doc! { "item": "pen" }, doc! { "$set": { "paid": true } }).run()?;
    let mut items = Vec::new();
    for order in orders.find(doc! {}).sort(doc! { "_id": 1 }).run()? {
        items.push(order?.get_str("item").unwrap().to_owned());
    }
    client.database(name).drop().run()?;
    Ok(items)
}

const ITEMS: [&str; 3] = ["book", "pen", "cup"];

fn unique() -> String {
    support::unique("ordinary")
}

#[tokio::test]
#[ignore = "needs mongodb: run tests/run"]
async fn the_same_code_runs_untraced_and_traced() {
    let options = ClientOptions::parse(url()).await.unwrap();
    let client = Client::with_options(options).unwrap();
    assert_eq!(work(client, &unique()).await.unwrap(), ITEMS);

    let tracing = mongodb();
    let options = ClientOptions::parse(url()).await.unwrap();
    let client = Client::with_options(options.xray()).unwrap();
    let name = unique();
    let trace = tracing.trace(async { assert_eq!(work(client, &name).await.unwrap(), ITEMS) }).await;
    let expected = "createIndexes insert insert insert insert findAndModify aggregate find getMore dropDatabase";
    assert_eq!(commands(&trace.root().children()).join(" "), expected, "{trace}");
    let nodes = trace.root().children();
    assert!(nodes.iter().all(|node| node.name().starts_with(&format!("{name}@"))), "{trace}");
    let faults: Vec<_> = nodes.iter().map(|node| node.get("/fault") == true).collect();
    assert_eq!(faults.iter().filter(|fault| **fault).count(), 1, "{trace}");
    assert!(faults[2], "the order that was there already: {trace}");
}

#[tokio::test]
#[ignore = "needs mongodb: run tests/run"]
async fn the_same_service_runs_untraced_and_traced() {
    let client = Client::with_uri_str(url()).await.unwrap();
    assert_eq!(visit(service(client.database(&unique()).collection("members"))).await, STATUSES);

    let tracing = mongodb();
    let client = Client::with_options(ClientOptions::parse(url()).await.unwrap().xray()).unwrap();
    let members = client.database(&unique()).collection("members");
    let trace = tracing.trace(async { assert_eq!(visit(service(members)).await, STATUSES) }).await;
    let nodes = trace.root().children();
    assert_eq!(commands(&nodes), ["insert", "insert", "find", "delete", "delete"], "{trace}");
    let faults: Vec<_> = nodes.iter().map(|node| node.get("/fault") == true).collect();
    assert_eq!(faults, [false, true, false, false, false], "{trace}");
    assert!(tracing.documents().texts().all(|text| !text.contains("hunterzwei")));
}

#[test]
#[ignore = "needs mongodb: run tests/run"]
fn the_same_blocking_code_runs_untraced_and_traced() {
    let options = ClientOptions::parse(url()).run().unwrap();
    let client = mongodb::sync::Client::with_options(options).unwrap();
    assert_eq!(work_blocking(&client, &unique()).unwrap(), ITEMS);

    let tracing = mongodb();
    let options = ClientOptions::parse(url()).run().unwrap();
    let client = mongodb::sync::Client::with_options(options.xray()).unwrap();
    let trace = tracing.trace_blocking(|| assert_eq!(work_blocking(&client, &unique()).unwrap(), ITEMS));
    assert_eq!(commands(&trace.root().children()).join(" "), "insert update find dropDatabase", "{trace}");
}

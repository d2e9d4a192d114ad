//! A piece of ordinary code on `tokio-postgres` and `deadpool-postgres`, untraced and traced.

#![cfg(feature = "tokio-postgres")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use deadpool_postgres::{Manager, Pool};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::Value;
use tokio_postgres::{Error, NoTls, Row, Statement, error::SqlState, types::Type};
use xray_core::XRayFutureExt as _;
use xray_sql::tokio_postgres::{ClientExt as _, GenericClient, Server};

use self::support::postgres::{config, name, tracing, untraced};
use self::support::{affected, outlines, returned};

#[derive(Debug, PartialEq)]
struct Order {
    item: String,
    amount: i32,
}

impl From<Row> for Order {
    fn from(row: Row) -> Self {
        Self { item: row.get("item"), amount: row.get("amount") }
    }
}

/// A repository that holds a statement of the original type.
struct Queries {
    by_item: Statement,
}

async fn add(client: &impl GenericClient, item: &str, amount: i32) -> Result<bool, Error> {
    let add = "INSERT INTO orders (item, amount) VALUES ($1, $2)";
    match client.execute(add, &[&item, &amount]).await {
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Ok(false),
        outcome => outcome.map(|rows| rows == 1),
    }
}

/// Generic, so that it begins a transaction of a client and a savepoint of a transaction.
async fn add_all<C: GenericClient>(client: &mut C, items: &[&str]) -> Result<Vec<String>, Error> {
    let transaction = client.transaction().await?;
    let known = transaction.query_raw("SELECT item FROM orders", items.iter().take(0)).await?;
    let known: Vec<String> = known.map_ok(|row| row.get(0)).try_collect().await?;
    for item in items.iter().filter(|item| !known.iter().any(|known| known == *item)) {
        transaction.execute_raw("INSERT INTO orders (item) VALUES ($1)", [item]).await?;
    }
    let typed = transaction.query_typed_raw("SELECT item FROM orders WHERE item <> $1", [("pen", Type::TEXT)]).await?;
    let others = typed.map_ok(|row| row.get(0)).try_collect().await?;
    transaction.commit().await?;
    assert!(!client.client().is_closed());
    Ok(others)
}

/// What a shop does with a client of any type: the macro stands for code that is compiled with the one or the other.
macro_rules! shop {
    ($client:ident) => {{
        $client.batch_execute("CREATE TEMP TABLE orders (item text UNIQUE, amount integer)").await?;
        let queries = Queries { by_item: $client.prepare("SELECT * FROM orders WHERE item = $1").await? };
        let transaction = $client.transaction().await?;
        assert!(add(&transaction, "book", 2).await?);
        assert!(add(&transaction, "pen", 1).await?);
        transaction.commit().await?;
        assert!(!add(&$client, "book", 3).await?);
        assert!($client.query_opt(&queries.by_item, &[&"cup"]).await?.is_none());
        let (book, pen) = futures::try_join!(
            $client.query_one(&queries.by_item, &[&"book"]),
            $client.query_one(&queries.by_item, &[&"pen"]),
        )?;
        let no_params: [&str; 0] = [];
        let rows = $client.query_raw("SELECT * FROM orders ORDER BY item", no_params).await?;
        let all: Vec<Order> = rows.map(|row| row.map(Order::from)).try_collect().await?;
        assert_eq!(all, [Order::from(book), Order::from(pen)]);
        Ok::<_, Error>(all)
    }};
}

fn orders() -> Vec<Order> {
    [("book", 2), ("pen", 1)].map(|(item, amount)| Order { item: item.to_owned(), amount }).into()
}

/// A table, a statement; BEGIN, two orders, COMMIT; an order that is there already; four queries.
const CALLS: usize = 2 + 4 + 1 + 4;

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn the_same_code_runs_untraced_and_traced() {
    let mut original = untraced().await;
    assert_eq!(async { shop!(original) }.await.unwrap(), orders());

    let tracing = tracing();
    let mut client = untraced().await.xray(&config());
    let (found, trace) = tracing.traced(async { shop!(client) }).await;
    assert_eq!(found.unwrap(), orders());
    assert_eq!(trace.root().children().len(), CALLS, "{trace}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn generic_code_is_traced_with_a_traced_client_only() {
    let tracing = tracing();
    let create = "CREATE TEMP TABLE orders (item text UNIQUE)";
    let mut original = untraced().await;
    original.batch_execute(create).await.unwrap();
    let (items, trace) = tracing.traced(add_all(&mut original, &["book", "pen"])).await;
    assert_eq!(items.unwrap(), ["book"]);
    let mut transaction = original.transaction().await.unwrap();
    assert_eq!(add_all(&mut transaction, &["book"]).await.unwrap(), ["book"]);
    assert_eq!(trace.render(), "shop\n");

    let mut client = untraced().await.xray(&config());
    client.batch_execute(create).await.unwrap();
    let (items, trace) = tracing.traced(add_all(&mut client, &["book", "pen"])).await;
    assert_eq!(items.unwrap(), ["book"]);
    let (end, insert) = ((false, Value::Null), (true, affected(1)));
    let expected = [end.clone(), (true, returned(0)), insert.clone(), insert, (true, returned(1)), end.clone()];
    assert_eq!(outlines(&trace), expected);

    let (items, trace) = tracing
        .traced(async {
            let mut transaction = client.transaction().await?;
            let items = add_all(&mut transaction, &["book", "pen"]).await?;
            transaction.rollback().await?;
            Ok::<_, Error>(items)
        })
        .await;
    assert_eq!(items.unwrap(), ["book"]);
    let expected = [&end, &end, &(true, returned(2)), &(true, returned(1)), &end, &end].map(Clone::clone);
    assert_eq!(outlines(&trace), expected);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_client_of_a_pool_is_traced_like_any_other() {
    let tracing = tracing();
    let config = config();
    let pool = Pool::builder(Manager::new(config.clone(), NoTls)).max_size(2).build().unwrap();
    let server = Server::from(&config);
    let handler = async || -> Result<Vec<Order>, Box<dyn std::error::Error + Send + Sync>> {
        let mut client = pool.get().await?.xray(&server);
        let found = async { shop!(client) }.await?;
        let cached = client.prepare_cached("DROP TABLE orders").await?;
        client.execute(&cached, &[]).await?;
        Ok(found)
    };
    let (found, trace) = tracing.traced(async { handler().in_subsegment("handler").await }).await;
    assert_eq!(found.unwrap(), orders());
    let handled = trace.find("handler").children();
    // The cached statement is prepared and run.
    assert_eq!(handled.len(), CALLS + 2, "{trace}");
    assert!(handled.iter().all(|call| call.name() == name()), "{trace}");
    // It is back in the pool.
    assert_eq!(pool.status().available, 1);
}

#[tokio::test]
#[ignore = "needs PostgreSQL: run tests/run"]
async fn a_call_runs_in_a_task_of_its_own() {
    let tracing = tracing();
    let client = std::sync::Arc::new(untraced().await.xray(&config()));
    let (_, trace) = tracing
        .traced(async {
            let shared = client.clone();
            let task = async move { shared.query("SELECT 1", &[]).await.map(|rows| rows.len()) };
            assert_eq!(tokio::spawn(task.in_current()).await.unwrap().unwrap(), 1);
        })
        .await;
    assert_eq!(trace.render(), format!("shop\n└─ {}\n", name()));
}

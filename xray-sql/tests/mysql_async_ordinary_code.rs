//! A program as its authors write it, untraced and traced by one line.

#![cfg(feature = "mysql_async")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use mysql_async::prelude::{FromRow, Query as _, Queryable, WithParams as _};
use mysql_async::{FromRowError, Row, TxOpts, params};
use xray_core::XRayFutureExt as _;
use xray_sql::mysql_async::PoolExt as _;

use self::support::mariadb::{name, options, tracing};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Order {
    item: String,
    amount: u32,
}

impl FromRow for Order {
    fn from_row_opt(row: Row) -> Result<Self, FromRowError> {
        let (item, amount) = FromRow::from_row_opt(row)?;
        Ok(Self { item, amount })
    }
}

/// Generic, so that it runs in a transaction and without one.
async fn stock<C: Queryable>(connection: &mut C, item: &str) -> mysql_async::Result<Option<u32>> {
    connection.exec_first("SELECT amount FROM ordinary_orders WHERE item = ?", (item,)).await
}

/// For anything that is a connection, by reference: here the original.
async fn version(connection: &mut mysql_async::Conn) -> mysql_async::Result<Option<String>> {
    connection.query_first("SELECT VERSION()").await
}

/// The program's code: a macro, because the traced pool is of another type.
macro_rules! shop {
    ($pool:expr) => {{
        let pool = $pool.clone();
        let mut connection = pool.get_conn().await?;
        connection
            .query_drop("CREATE TEMPORARY TABLE ordinary_orders (item varchar(20) UNIQUE, amount int unsigned)")
            .await?;
        let orders = orders();
        connection
            .exec_batch(
                "INSERT INTO ordinary_orders (item, amount) VALUES (:item, :amount)",
                orders.iter().map(|order| params! { "item" => &order.item, "amount" => order.amount }),
            )
            .await?;
        match connection.exec_drop(String::from("INSERT INTO ordinary_orders VALUES (?, ?)"), ("book", 3)).await {
            Err(mysql_async::Error::Server(error)) if error.code == 1062 => {}
            outcome => panic!("{outcome:?}"),
        }

        let mut transaction = connection.start_transaction(TxOpts::default()).await?;
        transaction.exec_drop("UPDATE ordinary_orders SET amount = amount - 1 WHERE item = ?", ("book",)).await?;
        assert_eq!(transaction.affected_rows(), 1);
        assert_eq!(stock(&mut transaction, "book").await?, Some(1));
        transaction.rollback().await?;

        let statement = connection.prep("SELECT item, amount FROM ordinary_orders WHERE amount >= ?").await?;
        let found: Vec<Order> = connection.exec(&statement, (2,)).await?;
        assert_eq!(found, orders[..1]);
        let by_item: BTreeMap<String, u32> = connection
            .exec_fold(&statement, (1,), BTreeMap::new(), |mut all, (item, amount)| {
                all.insert(item, amount);
                all
            })
            .await?;
        assert_eq!(by_item.len(), 2);

        let mut result = connection.query_iter("SELECT 1; SELECT item FROM ordinary_orders ORDER BY item").await?;
        assert_eq!(result.collect::<u8>().await?, [1]);
        assert_eq!(result.collect::<String>().await?, ["book", "pen"]);
        drop(result);

        let rows =
            connection.exec_stream::<Order, _, _>("SELECT item, amount FROM ordinary_orders ORDER BY item", ()).await?;
        let all: Vec<Order> = rows.try_collect().await?;
        assert!(version(&mut connection).await?.is_some());
        assert_eq!("SELECT ?".with((7,)).first::<u8, _>(&mut connection).await?, Some(7));
        assert_eq!("SELECT 8".first::<u8, _>(&pool).await?, Some(8));
        "DO ?".with((9,)).ignore(pool.get_conn().await?).await?;
        assert_eq!(stock(&mut connection, "cup").await?, None);
        Ok::<_, mysql_async::Error>(all)
    }};
}

fn orders() -> Vec<Order> {
    [("book", 2), ("pen", 1)].map(|(item, amount)| Order { item: item.to_owned(), amount }).into()
}

/// A connection, a table, a batch, an order that is there already; BEGIN, two calls, ROLLBACK; a statement, two runs
/// of it; two sets of rows, a stream; two more connections, and a generic call. Four go through the original type.
const CALLS: usize = 4 + 4 + 3 + 2 + 2 + 1;

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn the_same_code_runs_untraced_and_traced() {
    let options = options();
    let pool = mysql_async::Pool::new(options.clone());
    assert_eq!(async { shop!(pool) }.await.unwrap(), orders());
    pool.disconnect().await.unwrap();

    let tracing = tracing();
    let pool = mysql_async::Pool::new(options.clone()).xray(&options);
    let (found, trace) = tracing.traced(async { async { shop!(pool) }.in_subsegment("handler").await }).await;
    assert_eq!(found.unwrap(), orders());
    let calls = trace.find("handler").children();
    assert_eq!(calls.len(), CALLS, "{trace}");
    assert!(calls.iter().all(|call| call.name() == name()), "{trace}");
    assert_eq!(calls.iter().filter(|call| call.get("/fault") == true).count(), 1, "{trace}");
    pool.disconnect().await.unwrap();
}

/// Handlers share the pool and run in tasks of their own.
#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn handlers_in_tasks_of_their_own_are_traced() {
    let tracing = tracing();
    let options = options();
    let pool = mysql_async::Pool::new(options.clone()).xray(&options);
    let (_, trace) = tracing
        .traced(async {
            let handlers = (0..3).map(|number: u32| {
                let pool = pool.clone();
                let handler = async move {
                    let mut connection = pool.get_conn().await?;
                    connection.exec_first::<u32, _, _>("SELECT ?", (number,)).await
                };
                tokio::spawn(handler.in_current())
            });
            for (number, handler) in (0..).zip(futures::future::join_all(handlers).await) {
                assert_eq!(handler.unwrap().unwrap(), Some(number));
            }
        })
        .await;
    assert_eq!(trace.root().children().len(), 6, "{trace}");
    pool.disconnect().await.unwrap();
}

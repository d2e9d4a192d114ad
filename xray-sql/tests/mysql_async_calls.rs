//! Calls of a traced connection, against a real MariaDB.

#![cfg(feature = "mysql_async")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::TryStreamExt as _;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, TxOpts, params};
use serde_json::{Value, json};
use xray_core::Library;
use xray_core::testing::Node;
use xray_sql::mysql_async::{ConnExt as _, PoolExt as _};

use self::support::mariadb::{name, options, orders, tracing, untraced};
use self::support::promises::{assert_databases, assert_not_recorded, assert_own_parents};
use self::support::{affected, outlines, returned, subsegments};

const PREPARED: bool = true;
const TEXT: bool = false;

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_call_says_where_it_went() {
    let tracing = tracing();
    let options = options();
    let pool = mysql_async::Pool::new(options.clone()).xray(&options);
    let (_, trace) = tracing
        .traced(async {
            let mut connection = pool.get_conn().await.unwrap();
            connection.exec::<u8, _, _>("SELECT 1", ()).await.unwrap();
        })
        .await;
    let (major, minor, patch) = untraced().await.server_version();
    let (host, port) = (options.ip_or_hostname(), options.tcp_port());
    let (user, database) = (options.user().unwrap(), options.db_name().unwrap());
    let url = format!("mysql://{user}@{host}:{port}/{database}");
    let connecting = json!({ "url": url, "database_type": "MySQL", "driver_version": "mysql_async", "user": user });
    let mut query = connecting.clone();
    query["database_version"] = format!("{major}.{minor}.{patch}").into();
    query["preparation"] = "statement".into();
    assert_databases(&trace, &name(), &[connecting, query]);
    pool.disconnect().await.unwrap();
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn every_call_is_a_subsegment() {
    let tracing = tracing();
    let mut connection = orders().await;
    let (_, trace) = tracing.traced(every_call(&mut connection)).await;
    assert_eq!(outlines(&trace), every_outline());

    let mut connection = orders().await;
    let (_, trace) = tracing
        .traced(async {
            let mut transaction = connection.start_transaction(TxOpts::default()).await.unwrap();
            every_call(&mut transaction).await;
            transaction.commit().await.unwrap();
        })
        .await;
    let end = [(TEXT, Value::Null)];
    assert_eq!(outlines(&trace), [&end[..], &every_outline(), &end].concat());
}

/// Generic, as users' code is.
async fn every_call(connection: &mut impl Queryable) {
    let (all, by_id) = ("SELECT item FROM orders", "SELECT item FROM orders WHERE id = ?");
    let update = "UPDATE orders SET amount = amount + 1";
    connection.ping().await.unwrap();
    connection.query::<String, _>(all).await.unwrap();
    connection.query_first::<String, _>(all).await.unwrap();
    connection.query_map(all, |item: String| item).await.unwrap();
    connection.query_fold(all, 0, |count, _: String| count + 1).await.unwrap();
    connection.query_drop(update).await.unwrap();
    connection.query_iter(all).await.unwrap().collect_and_drop::<String>().await.unwrap();
    connection.query_stream::<String, _>(all).await.unwrap().try_collect::<Vec<_>>().await.unwrap();
    let statement = connection.prep(by_id).await.unwrap();
    connection.exec::<String, _, _>(&statement, (1,)).await.unwrap();
    connection.exec_first::<String, _, _>(&statement, (9,)).await.unwrap();
    connection.exec_map(&statement, (1,), |item: String| item).await.unwrap();
    connection.exec_fold(&statement, (1,), 0, |count, _: String| count + 1).await.unwrap();
    connection.exec_iter(&statement, (1,)).await.unwrap().collect_and_drop::<String>().await.unwrap();
    let rows = connection.exec_stream::<String, _, _>(&statement, (1,)).await.unwrap();
    rows.try_collect::<Vec<_>>().await.unwrap();
    connection.close(statement).await.unwrap();
    connection.exec_drop(update, ()).await.unwrap();
    connection.exec_batch("UPDATE orders SET amount = ? WHERE id = ?", [(3, 1), (4, 2)]).await.unwrap();
}

fn every_outline() -> Vec<(bool, Value)> {
    vec![
        (TEXT, Value::Null),
        (TEXT, returned(2)),
        (TEXT, returned(1)),
        (TEXT, returned(2)),
        (TEXT, returned(2)),
        (TEXT, affected(2)),
        (TEXT, Value::Null),
        (TEXT, Value::Null),
        (PREPARED, Value::Null),
        (PREPARED, returned(1)),
        (PREPARED, returned(0)),
        (PREPARED, returned(1)),
        (PREPARED, returned(1)),
        (PREPARED, Value::Null),
        (PREPARED, Value::Null),
        (TEXT, Value::Null),
        (PREPARED, affected(2)),
        (PREPARED, Value::Null),
    ]
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn what_begins_and_ends_a_transaction_is_a_call() {
    let tracing = tracing();
    let mut connection = orders().await;
    let add = "INSERT INTO orders (item) VALUES (?)";
    let (_, trace) = tracing
        .traced(async {
            let mut transaction = connection.start_transaction(TxOpts::default()).await.unwrap();
            transaction.exec_drop(add, ("cup",)).await.unwrap();
            transaction.commit().await.unwrap();
            let mut transaction = connection.start_transaction(TxOpts::default()).await.unwrap();
            transaction.exec_drop(add, ("hat",)).await.unwrap();
            transaction.rollback().await.unwrap();
            let items: Vec<String> = connection.query("SELECT item FROM orders ORDER BY id").await.unwrap();
            assert_eq!(items, ["book", "pen", "cup"]);
        })
        .await;
    let transaction = [(TEXT, Value::Null), (PREPARED, affected(1)), (TEXT, Value::Null)];
    assert_eq!(outlines(&trace), [&transaction[..], &transaction, &[(TEXT, returned(3))]].concat());
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_stream_ends_when_it_ends_or_is_dropped() {
    let tracing = tracing();
    let mut connection = orders().await;
    let all = "SELECT item FROM orders";
    let (_, trace) = tracing
        .traced(async {
            let whole = connection.query_stream::<String, _>(all).await.unwrap();
            assert_eq!(whole.try_collect::<Vec<_>>().await.unwrap().len(), 2);
            let mut half = connection.exec_stream::<String, _, _>(all, ()).await.unwrap();
            half.try_next().await.unwrap();
            drop(half);
            drop(connection.query_stream::<String, _>(all).await.unwrap().into_inner());
            connection.ping().await.unwrap();
        })
        .await;
    let expected = [(TEXT, returned(2)), (PREPARED, returned(1)), (TEXT, returned(0)), (TEXT, Value::Null)];
    assert_eq!(outlines(&trace), expected);
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn an_answer_that_is_read_bit_by_bit_is_one_call_until_it_is_read() {
    let tracing = tracing();
    let mut connection = orders().await;
    let (_, trace) = tracing
        .traced(async {
            // The server waits before each row: what ends with the first packet takes no time.
            let slow = "SELECT SLEEP(0.02) FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5) five";
            let mut whole = connection.query_iter(slow).await.unwrap();
            assert_eq!(whole.collect::<u8>().await.unwrap().len(), 5);
            drop(whole);
            let mut half = connection.exec_iter(slow, ()).await.unwrap();
            assert!(half.next().await.unwrap().is_some());
            drop(half);
            let stream = connection.query_iter(slow).await.unwrap();
            let stream = stream.stream_and_drop::<u8>().await.unwrap().unwrap();
            assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap().len(), 5);
            connection.exec_iter(slow, ()).await.unwrap().for_each_and_drop(drop).await.unwrap();
            drop(connection.query_iter("SELECT 1").await.unwrap().into_inner());
            connection.query_iter("SELECT 1").await.unwrap().drop_result().await.unwrap();
            connection.exec_iter("UPDATE orders SET amount = 7", ()).await.unwrap();
            let mut two = connection.query_iter("SELECT 1; SELECT item FROM orders").await.unwrap();
            assert_eq!(two.reduce(0, |sum, number: u8| sum + number).await.unwrap(), 1);
            assert_eq!(two.map(drop).await.unwrap().len(), 2);
        })
        .await;
    let expected = [
        (TEXT, returned(5)),
        (PREPARED, returned(1)),
        (TEXT, returned(5)),
        (PREPARED, returned(5)),
        (TEXT, Value::Null),
        (TEXT, Value::Null),
        (PREPARED, affected(2)),
        (TEXT, returned(3)),
    ];
    assert_eq!(outlines(&trace), expected);
    let nodes = subsegments(&trace);
    let seconds = |node: &Node| node.get("/end_time").as_f64().unwrap() - node.get("/start_time").as_f64().unwrap();
    let took: Vec<_> = nodes.iter().map(seconds).collect();
    assert!(took[0] >= 0.1 && took[1] >= 0.02 && took[2] >= 0.1 && took[3] >= 0.1, "{took:?}");
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_cancelled_call_is_ended_and_not_at_fault() {
    let tracing = tracing();
    let mut connection = orders().await;
    let mut observer = untraced().await;
    let id = connection.id();
    let is_asleep = async {
        let asleep = "SELECT count(*) FROM information_schema.processlist WHERE id = ? AND state = 'User sleep'";
        let is_asleep = async || observer.exec_first::<u8, _, _>(asleep, (id,)).await.unwrap() == Some(1);
        test_support::until("the server sleeps", is_asleep).await;
    };
    let (_, trace) = tracing
        .traced(async {
            tokio::select! {
                () = is_asleep => {}
                outcome = connection.query_drop("SELECT SLEEP(600)") => panic!("{outcome:?}"),
            }
        })
        .await;
    observer.query_drop(format!("KILL {id}")).await.unwrap();
    assert_eq!(outlines(&trace), [(TEXT, Value::Null)]);
    assert_eq!(trace.nodes().iter().filter(|node| node.is_document()).count(), 1, "{trace}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs MariaDB: run tests/run"]
async fn concurrent_calls_have_their_own_parents() {
    let tracing = tracing();
    let options = options();
    let pool = mysql_async::Pool::new(options.clone()).xray(&options);
    assert_own_parents(&tracing, &name(), 2, |number| {
        let pool = pool.clone();
        async move {
            let mut connection = pool.get_conn().await.unwrap();
            let found: Option<u32> = connection.exec_first("SELECT ?", (number,)).await.unwrap();
            assert_eq!(found, Some(number));
        }
    })
    .await;
    pool.disconnect().await.unwrap();
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn calls_that_are_not_recorded_go_through() {
    let mut connection = orders().await;
    assert_not_recorded(Library::MysqlAsync, async || all_kinds(&mut connection).await).await;
}

/// One call of each kind, one of which fails.
async fn all_kinds(connection: &mut xray_sql::mysql_async::Conn) {
    connection.query_drop("SELECT 1").await.unwrap();
    connection.query_drop("SELEKT 1").await.unwrap_err();
    connection.exec_drop("SELECT ?", (1,)).await.unwrap();
    connection.query_stream::<u8, _>("SELECT 1").await.unwrap().try_collect::<Vec<_>>().await.unwrap();
    connection.start_transaction(TxOpts::default()).await.unwrap().commit().await.unwrap();
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_connection_that_is_attached_twice_records_once() {
    let tracing = tracing();
    let mut connection = orders().await.into_inner().xray();
    let (_, trace) = tracing.traced(async { connection.query_drop("SELECT 1").await.unwrap() }).await;
    assert_eq!(trace.render(), format!("shop\n└─ {}\n", name()));
}

/// What a shop does with a connection of any type.
async fn shop<C: Queryable>(connection: &mut C) -> mysql_async::Result<Vec<(String, i32)>> {
    connection.query_drop("CREATE TEMPORARY TABLE orders (item varchar(20) UNIQUE, amount int)").await?;
    let orders = [("book", 2), ("pen", 1)].map(|(item, amount)| params! { "item" => item, "amount" => amount });
    connection.exec_batch("INSERT INTO orders VALUES (:item, :amount)", orders).await?;
    match connection.exec_drop("INSERT INTO orders VALUES (?, ?)", ("book", 3)).await {
        Err(mysql_async::Error::Server(error)) if error.code == 1062 => {}
        outcome => panic!("{outcome:?}"),
    }
    let by_item = connection.prep("SELECT amount FROM orders WHERE item = ?").await?;
    assert_eq!(connection.exec_first::<i32, _, _>(&by_item, ("cup",)).await?, None);
    connection.query("SELECT item, amount FROM orders ORDER BY item").await
}

/// A table, a batch, an order that is there already, a statement, two queries.
const CALLS: usize = 6;

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn the_same_code_runs_untraced_and_traced() {
    let orders = [("book".to_owned(), 2), ("pen".to_owned(), 1)];
    let mut original = Conn::new(options()).await.unwrap();
    assert_eq!(shop(&mut original).await.unwrap(), orders);

    let tracing = tracing();
    let mut connection = untraced().await.xray();
    let (found, trace) = tracing.traced(shop(&mut connection)).await;
    assert_eq!(found.unwrap(), orders);
    assert_eq!(trace.root().children().len(), CALLS, "{trace}");
}

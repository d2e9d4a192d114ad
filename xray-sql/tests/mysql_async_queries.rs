//! Queries that begin with the statement, against a real MariaDB.

#![cfg(feature = "mysql_async")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/unrecorded.rs"]
mod unrecorded;

use std::borrow::Cow;
use std::sync::Arc;

use futures::TryStreamExt as _;
use mysql_async::{Row, TxOpts, params};
use serde_json::Value;
use xray_core::Library;
use xray_sql::mysql_async::{ConnExt as _, PoolExt as _};

use self::support::mariadb::{name, options, orders, tracing, untraced};
use self::support::{Fixture, affected, outlines, returned, subsegments, texts};
use self::unrecorded::{allocations_of, assert_no_more};

const PREPARED: bool = true;
const TEXT: bool = false;

const ALL: &str = "SELECT item FROM orders ORDER BY item";
const BY_ID: &str = "SELECT item FROM orders WHERE id = ? AND item <> 's3cret'";

/// Each kind of query: a macro, because the prelude is another one where they are traced. Answers what was read.
macro_rules! each_query {
    ($($prelude:ident)::+, $connection:expr) => {{
        use $($prelude)::+::*;
        let connection = $connection;
        let mut read: Vec<String> = ALL.fetch(&mut *connection).await.unwrap();
        read.extend(String::from(ALL).first::<String, _>(&mut *connection).await.unwrap());
        read.extend(ALL.map(&mut *connection, |item: String| item).await.unwrap());
        read.extend(ALL.reduce(&mut *connection, None, |_, item: String| Some(item)).await.unwrap());
        read.extend(ALL.stream::<String, _>(&mut *connection).await.unwrap().try_collect::<Vec<_>>().await.unwrap());
        read.extend(ALL.run(&mut *connection).await.unwrap().collect_and_drop::<String>().await.unwrap());
        "SET @a = 's3cret'".ignore(&mut *connection).await.unwrap();
        read.extend(BY_ID.with((1,)).fetch::<String, _>(&mut *connection).await.unwrap());
        read.extend(BY_ID.with((1,)).first::<String, _>(&mut *connection).await.unwrap());
        read.extend(BY_ID.with((9,)).map(&mut *connection, |item: String| item).await.unwrap());
        let named = "INSERT INTO orders (item, amount) VALUES (:item, :amount)";
        named.with(params! { "item" => "s3cret", "amount" => 1 }).ignore(&mut *connection).await.unwrap();
        named
            .with(["cup", "hat"].map(|item| params! { "item" => item, "amount" => 2 }))
            .batch(&mut *connection)
            .await
            .unwrap();
        let statement = connection.prep("SELECT 17, ?").await.unwrap();
        assert_eq!((&statement).with((4,)).first::<(u8, u8), _>(&mut *connection).await.unwrap(), Some((17, 4)));
        read
    }};
}

fn every_outline() -> Vec<(bool, Value)> {
    vec![
        (TEXT, returned(2)),
        (TEXT, returned(1)),
        (TEXT, returned(2)),
        (TEXT, returned(2)),
        (TEXT, returned(2)),
        (TEXT, returned(2)),
        (TEXT, affected(0)),
        (PREPARED, returned(1)),
        (PREPARED, returned(1)),
        (PREPARED, returned(0)),
        (PREPARED, affected(1)),
        (PREPARED, Value::Null),
        (PREPARED, Value::Null),
        (PREPARED, returned(1)),
    ]
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn the_prelude_traces_the_same_code() {
    let read = each_query!(mysql_async::prelude, &mut orders().await.into_inner());

    let tracing = tracing();
    let mut connection = orders().await;
    let (traced, trace) = tracing.traced(async { each_query!(xray_sql::mysql_async::prelude, &mut connection) }).await;
    assert_eq!(traced, read);
    assert_eq!(outlines(&trace), every_outline(), "{trace}");
    assert!(subsegments(&trace).iter().all(|call| call.name() == name()), "{trace}");

    let mut connection = orders().await;
    let (traced, trace) = tracing
        .traced(async {
            let mut transaction = connection.start_transaction(TxOpts::default()).await.unwrap();
            let read = each_query!(xray_sql::mysql_async::prelude, &mut transaction);
            transaction.commit().await.unwrap();
            read
        })
        .await;
    assert_eq!(traced, read);
    let end = [(TEXT, Value::Null)];
    assert_eq!(outlines(&trace), [&end[..], &every_outline(), &end].concat(), "{trace}");
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn a_connection_of_a_pool_is_a_call_of_its_own() {
    use xray_sql::mysql_async::prelude::*;

    let tracing = tracing();
    let options = options();
    let pool = mysql_async::Pool::new(options.clone()).xray(&options);
    let (_, trace) = tracing
        .traced(async {
            assert_eq!("SELECT 8".first::<u8, _>(&pool).await.unwrap(), Some(8));
            "DO ?".with((9,)).ignore(pool.clone()).await.unwrap();
            "DO ?".with([(1,), (2,)]).batch(pool.get_conn().await.unwrap()).await.unwrap();
        })
        .await;
    let preparations: Vec<_> =
        subsegments(&trace).iter().map(|call| call.get("/sql/preparation") == "statement").collect();
    assert_eq!(preparations, [TEXT, TEXT, TEXT, PREPARED, TEXT, PREPARED], "{trace}");
    let waits = subsegments(&trace).iter().filter(|call| call.get("/metadata/sql/pool_wait_ms").is_number()).count();
    assert_eq!(waits, 3, "{trace}");
    pool.disconnect().await.unwrap();
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn errors_are_recorded() {
    use xray_sql::mysql_async::prelude::*;

    let tracing = tracing();
    let mut connection = orders().await;
    let (_, trace) = tracing
        .traced(async {
            "SELEKT 's3cret'".ignore(&mut connection).await.unwrap_err();
            "SELEKT ?".with(("s3cret",)).first::<Row, _>(&mut connection).await.unwrap_err();
            "SELEKT ?".with([("s3cret",)]).batch(&mut connection).await.unwrap_err();
        })
        .await;
    let calls = subsegments(&trace);
    assert_eq!(calls.len(), 3, "{trace}");
    for call in calls {
        assert_eq!(call.get("/fault"), true, "{trace}");
        assert_eq!(call.get("/cause/exceptions/0/type"), "1064 ER_PARSE_ERROR", "{trace}");
    }
    assert!(!tracing.documents().texts().any(|text| text.contains("s3cret")), "{trace}");
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn every_type_of_text_is_recorded_where_it_is_collected() {
    use xray_sql::mysql_async::prelude::*;

    const DO: &str = "DO 's3cret'";
    let tracing = Fixture::with(|builder| builder.libraries([Library::MysqlAsync]).collect_sql(true));
    let mut connection = orders().await;
    let (_, trace) = tracing
        .traced(async {
            DO.ignore(&mut connection).await.unwrap();
            DO.to_owned().ignore(&mut connection).await.unwrap();
            (&DO.to_owned()).ignore(&mut connection).await.unwrap();
            Box::<str>::from(DO).ignore(&mut connection).await.unwrap();
            Arc::<str>::from(DO).ignore(&mut connection).await.unwrap();
            Cow::from(DO).ignore(&mut connection).await.unwrap();
            DO.as_bytes().ignore(&mut connection).await.unwrap();
            DO.as_bytes().to_vec().ignore(&mut connection).await.unwrap();
            "DO ?".with((1,)).ignore(&mut connection).await.unwrap();
            "DO ?".with([(1,)]).batch(&mut connection).await.unwrap();
            let statement = connection.prep("DO 's3cret', ?").await.unwrap();
            statement.with((1,)).ignore(&mut connection).await.unwrap();
        })
        .await;
    let expected = [["DO ?"; 10].as_slice(), &["DO ?, ?"; 2]].concat();
    assert_eq!(texts(&trace), expected, "{trace}");
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn the_originals_are_not_traced() {
    use xray_sql::mysql_async::prelude::*;

    let tracing = tracing();
    let pool = mysql_async::Pool::new(options());
    let (_, trace) = tracing
        .traced(async {
            let mut connection = pool.get_conn().await.unwrap();
            assert_eq!("SELECT 7".first::<u8, _>(&mut connection).await.unwrap(), Some(7));
            let mut transaction = connection.start_transaction(TxOpts::default()).await.unwrap();
            "DO ?".with([(1,), (2,)]).batch(&mut transaction).await.unwrap();
            transaction.commit().await.unwrap();
            "DO 1".ignore(connection).await.unwrap();
            "DO 1".ignore(&pool).await.unwrap();
            "DO 1".ignore(pool.clone()).await.unwrap();
        })
        .await;
    assert_eq!(outlines(&trace), [], "{trace}");
    pool.disconnect().await.unwrap();
}

/// Of what is not recorded.
macro_rules! allocations {
    ($($prelude:ident)::+, $connection:expr) => {{
        use $($prelude)::+::*;
        let connection = &mut $connection;
        allocations_of! {
            "run": "SELECT 1".run(&mut *connection).await.unwrap().drop_result().await.unwrap(),
            "first": "SELECT 1".first::<Row, _>(&mut *connection).await.unwrap(),
            "fetch": "SELECT ?".with((1,)).fetch::<Row, _>(&mut *connection).await.unwrap(),
            "map": "SELECT ?".with((1,)).map(&mut *connection, |row: Row| row).await.unwrap(),
            "reduce": "SELECT 1".reduce(&mut *connection, 0, |count, _: Row| count + 1).await.unwrap(),
            "stream": "SELECT 1".stream::<Row, _>(&mut *connection).await.unwrap().try_collect::<Vec<_>>().await.unwrap(),
            "ignore": "DO 1".ignore(&mut *connection).await.unwrap(),
            "batch": "DO ?".with([(1,), (2,)]).batch(&mut *connection).await.unwrap(),
        }
    }};
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn what_is_not_recorded_allocates_nothing_more() {
    let mut original = untraced().await;
    let untraced = allocations!(mysql_async::prelude, original);
    let mut connection = original.xray();
    assert_no_more(Library::MysqlAsync, &untraced, async || allocations!(xray_sql::mysql_async::prelude, connection))
        .await;
}

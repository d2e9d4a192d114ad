//! What is recorded of errors, and that nothing else of a statement leaves the process.

#![cfg(feature = "mysql_async")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use futures::TryStreamExt as _;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Opts, Pool};
use test_support::ClosedPort;
use xray_sql::mysql_async::PoolExt as _;

use self::support::mariadb::{is_mariadb, options, orders, tracing};
use self::support::promises::{SECRET, assert_private, assert_referred_to, assert_refused};
use self::support::{exceptions, failure, subsegments};

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn the_error_of_a_statement_is_recorded_without_values() {
    let tracing = tracing();
    let mut connection = orders().await;
    let insert = format!("INSERT INTO orders (item) VALUES ('{SECRET}')");
    connection.query_drop(insert).await.unwrap();
    let is_mariadb = is_mariadb().await;
    let words = |mariadb: &'static str, mysql: &'static str| if is_mariadb { mariadb } else { mysql };
    let not_recorded = "the message may hold a value and is not recorded";
    let duplicate = words("Duplicate entry '?' for key 'item'", "Duplicate entry '?' for key 'orders.item'");
    let cases = [
        ("INSERT INTO orders (item) VALUES ('#')", "1062 ER_DUP_ENTRY", duplicate),
        ("INSERT INTO orders (item) VALUES (NULL)", "1048 ER_BAD_NULL_ERROR", "Column 'item' cannot be null"),
        (
            "INSERT INTO orders (item) VALUES ('#############')",
            "1406 ER_DATA_TOO_LONG",
            "Data too long for column 'item' at row 1",
        ),
        (
            "INSERT INTO orders (item, amount) VALUES ('x', -31415926)",
            words("4025 ER_CONSTRAINT_FAILED", "3819 ER_CHECK_CONSTRAINT_VIOLATED"),
            words(
                "CONSTRAINT `orders.amount` failed for `shop`.`orders`",
                "Check constraint 'orders_chk_1' is violated.",
            ),
        ),
        (
            "INSERT INTO orders (item, amount) VALUES ('x', '#')",
            "1366 ER_TRUNCATED_WRONG_VALUE_FOR_FIELD",
            not_recorded,
        ),
        ("SELEKT '#'", "1064 ER_PARSE_ERROR", "You have an error in your SQL syntax"),
        ("SELECT '#' FROM carts", "1146 ER_NO_SUCH_TABLE", "Table 'shop.carts' doesn't exist"),
        ("SELECT missing('#')", "1305 ER_SP_DOES_NOT_EXIST", "FUNCTION shop.missing does not exist"),
        (
            "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 1146, MESSAGE_TEXT = 'no #'",
            "1146 ER_NO_SUCH_TABLE",
            not_recorded,
        ),
    ];
    let (_, trace) = tracing
        .traced(async {
            for (sql, ..) in cases {
                let sql = sql.replace('#', SECRET);
                connection.query_drop(&sql).await.unwrap_err();
                let _ = connection.exec_drop(&sql, ()).await;
            }
        })
        .await;
    let nodes = subsegments(&trace);
    assert_eq!(nodes.len(), 2 * cases.len());
    // MySQL does not prepare this one.
    let unprepared = ("1295 ER_UNSUPPORTED_PS", "This command is not supported in the prepared statement protocol yet");
    let both = |&(sql, type_name, message): &(&'static str, &'static str, &'static str)| {
        let direct = (type_name, message);
        let prepared = if sql.starts_with("SIGNAL") && !is_mariadb { unprepared } else { direct };
        [direct, prepared].map(|expected| (sql, expected))
    };
    for (node, (sql, (type_name, message))) in nodes.iter().zip(cases.iter().flat_map(both)) {
        let message = message.replace("shop", options().db_name().unwrap());
        assert_eq!(failure(node), Some((type_name.to_owned(), message)), "{sql}");
        assert_eq!(node.get("/cause/exceptions/0/remote"), true, "{sql}");
    }
    assert_private(&tracing);
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn an_error_that_the_program_records_as_well_is_referred_to() {
    let tracing = tracing();
    let mut connection = orders().await;
    let insert = format!("INSERT INTO orders (item, amount) VALUES ('x', '{SECRET}')");
    let work = async { xray_core::capture_async("program", connection.query_drop(insert)).await };
    let (outcome, trace) = tracing.traced(work).await;
    assert!(outcome.unwrap_err().to_string().contains(SECRET), "else there is nothing to leak");
    assert_referred_to(&trace);
    assert_private(&tracing);
}

#[tokio::test]
#[ignore = "needs MariaDB: run tests/run"]
async fn the_errors_of_streams_and_parameters_are_recorded() {
    let tracing = tracing();
    let mut connection = orders().await;
    let (_, trace) = tracing
        .traced(async {
            let sql = "SELECT IF(n = 3, (SELECT 1 UNION SELECT 2), n) FROM (SELECT 1 n UNION ALL SELECT 2 UNION ALL SELECT 3) numbers";
            let rows = connection.query_stream::<i64, _>(sql).await.unwrap();
            rows.try_collect::<Vec<_>>().await.unwrap_err();
            connection.query_iter(sql).await.unwrap().collect::<i64>().await.unwrap_err();
            connection.exec_iter(sql, ()).await.unwrap().drop_result().await.unwrap_err();
            connection.exec_drop("SELECT ?", (SECRET, SECRET)).await.unwrap_err();
        })
        .await;
    let messages: Vec<_> = subsegments(&trace).iter().map(|node| exceptions(node).pop().unwrap().1).collect();
    assert_eq!(
        messages,
        [
            "Subquery returns more than 1 row",
            "Subquery returns more than 1 row",
            "Subquery returns more than 1 row",
            "Statement takes 1 parameters but 2 was supplied.",
        ],
        "{trace}"
    );
    assert_private(&tracing);
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_a_fault_with_the_reason() {
    let tracing = tracing();
    let closed = ClosedPort::hold();
    let options = Opts::from_url(&format!("mysql://app:{SECRET}@{closed}/shop")).unwrap();
    let pool = Pool::new(options.clone()).xray(&options);
    let (_, trace) = tracing.traced(async { pool.get_conn().await.map(drop).unwrap_err() }).await;
    assert_refused(&trace);
    assert_private(&tracing);
}

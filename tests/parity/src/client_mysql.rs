//! MySQL, here MariaDB: mysql_async here, PyMySQL in Python.

use aws_xray_sdk as xray;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Opts, Params, Result, Row, Value};
use xray::Library;
use xray::prelude::*;
use xray::sql::mysql_async::Conn;

use crate::scenario::{Scenario, block_on, refused_url, scenarios, variable};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    mysql_statements,
    mysql_bad_statement,
    mysql_missing_table,
    mysql_constraint_violation,
    mysql_connection_refused,
    mysql_in_an_unsampled_segment,
    mysql_not_patched,
];

fn patch() {
    xray::patch([Library::MysqlAsync]).unwrap();
}

async fn connect() -> Conn {
    let options = Opts::from_url(&variable("XRAY_TEST_MARIADB_URL")).unwrap();
    mysql_async::Conn::new(options).await.unwrap().xray()
}

/// Prepares the table before the segment begins, then runs the statements and prints how many rows each was about, or
/// the failure.
fn execute(statements: &[(&str, &[Value])]) {
    patch();
    block_on(async {
        let mut connection = connect().await;
        let table = "CREATE TEMPORARY TABLE orders (id int PRIMARY KEY, item text NOT NULL)";
        connection.query_drop(table).await.unwrap();
        let work = async {
            for (statement, parameters) in statements {
                match count_rows(&mut connection, statement, parameters).await {
                    Ok(rows) => println!("{rows} rows"),
                    Err(_) => println!("failed"),
                }
            }
        };
        work.in_segment(xray::begin_segment("shop")).await;
    });
}

async fn count_rows(connection: &mut Conn, statement: &str, parameters: &[Value]) -> Result<u64> {
    if statement.starts_with("SELECT") {
        return Ok(connection.query::<Row, _>(statement).await?.len() as u64);
    }
    match parameters {
        [] => connection.query_drop(statement).await?,
        _ => connection.exec_drop(statement, Params::Positional(parameters.to_vec())).await?,
    }
    Ok(connection.affected_rows())
}

fn mysql_statements() {
    let (book, pen, cup) = (Value::from("secret book"), Value::from("secret pen"), Value::from("secret cup"));
    execute(&[
        ("INSERT INTO orders VALUES (?, ?), (?, ?)", &[1_411_111_117.into(), book, 1_411_111_118.into(), pen]),
        ("UPDATE orders SET item = ? WHERE id = ?", &[cup, 1_411_111_118.into()]),
        ("SELECT id, item FROM orders", &[]),
        ("DELETE FROM orders WHERE id = ?", &[1_411_111_117.into()]),
    ]);
}

fn mysql_bad_statement() {
    execute(&[("SELEKT 1", &[])]);
}

fn mysql_missing_table() {
    execute(&[("SELECT * FROM carts", &[])]);
}

fn mysql_constraint_violation() {
    execute(&[
        ("INSERT INTO orders VALUES (1411111117, 'secret book')", &[]),
        ("INSERT INTO orders VALUES (1411111117, 'secret pen')", &[]),
        ("INSERT INTO orders VALUES (1411111118, NULL)", &[]),
    ]);
}

fn mysql_connection_refused() {
    patch();
    let options = Opts::from_url(&(refused_url().replace("http://", "mysql://app:s3cret@") + "/shop")).unwrap();
    let work = async {
        let pool = mysql_async::Pool::new(options.clone()).xray(&options);
        if pool.get_conn().await.is_err() {
            println!("failed");
        }
    };
    block_on(work.in_segment(xray::begin_segment("shop")));
}

fn mysql_in_an_unsampled_segment() {
    patch();
    let segment = xray::Recorder::current().segment("shop").sampled(false).begin();
    block_on(async { select_one(&mut connect().await).in_segment(segment).await });
}

fn mysql_not_patched() {
    block_on(async { select_one(&mut connect().await).in_segment(xray::begin_segment("shop")).await });
}

async fn select_one(connection: &mut Conn) {
    println!("{} rows", count_rows(connection, "SELECT 1", &[]).await.unwrap());
}

//! PostgreSQL: tokio-postgres here, psycopg2 in Python.

use std::future::Future;

use aws_xray_sdk as xray;
use tokio_postgres::config::Host;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Error, NoTls};
use xray::Library;
use xray::prelude::*;
use xray::sql::tokio_postgres::Client;

use crate::scenario::{Scenario, block_on, refused_url, scenarios, variable};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    postgres_statements,
    postgres_bad_statement,
    postgres_missing_table,
    postgres_constraint_violation,
    postgres_connection_string,
    postgres_connection_refused,
    postgres_in_an_unsampled_segment,
    postgres_not_patched,
];

type Statement<'a> = (&'a str, &'a [&'a (dyn ToSql + Sync)]);

fn patch() {
    xray::patch([Library::TokioPostgres]).unwrap();
}

/// Connects to the server, and runs the connection beside what uses it.
fn connected<F: Future>(work: impl FnOnce(Client) -> F) {
    connected_to(&variable("XRAY_TEST_POSTGRES_URL"), work);
}

fn connected_to<F: Future>(server: &str, work: impl FnOnce(Client) -> F) {
    block_on(async {
        let config: Config = server.parse().unwrap();
        let (client, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        work(client.xray(&config)).await;
    });
}

/// Prepares the table before the segment begins, then runs the statements and prints how many rows each was about, or
/// the failure.
fn execute(statements: &[Statement<'_>]) {
    patch();
    connected(async |client| {
        let table = "CREATE TEMPORARY TABLE orders (id integer PRIMARY KEY, item text NOT NULL)";
        client.batch_execute(table).await.unwrap();
        let work = async {
            for (statement, parameters) in statements {
                match count_rows(&client, statement, parameters).await {
                    Ok(rows) => println!("{rows} rows"),
                    Err(_) => println!("failed"),
                }
            }
        };
        work.in_segment(xray::begin_segment("shop")).await;
    });
}

async fn count_rows(client: &Client, statement: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64, Error> {
    if statement.starts_with("SELECT") {
        return Ok(client.query(statement, parameters).await?.len() as u64);
    }
    client.execute(statement, parameters).await
}

fn postgres_statements() {
    execute(&[
        (
            "INSERT INTO orders VALUES ($1, $2), ($3, $4)",
            &[&1_411_111_117, &"secret book", &1_411_111_118, &"secret pen"],
        ),
        ("UPDATE orders SET item = $1 WHERE id = $2", &[&"secret cup", &1_411_111_118]),
        ("SELECT id, item FROM orders", &[]),
        ("DELETE FROM orders WHERE id = $1", &[&1_411_111_117]),
    ]);
}

fn postgres_bad_statement() {
    execute(&[("SELEKT 1", &[])]);
}

fn postgres_missing_table() {
    execute(&[("SELECT * FROM carts", &[])]);
}

fn postgres_constraint_violation() {
    execute(&[
        ("INSERT INTO orders VALUES (1411111117, 'secret book')", &[]),
        ("INSERT INTO orders VALUES (1411111117, 'secret pen')", &[]),
        ("INSERT INTO orders VALUES (1411111118, NULL)", &[]),
    ]);
}

/// The same server, by keywords instead of a URL.
fn postgres_connection_string() {
    patch();
    let config: Config = variable("XRAY_TEST_POSTGRES_URL").parse().unwrap();
    let (Host::Tcp(host), port) = (&config.get_hosts()[0], config.get_ports()[0]) else { panic!("not over TCP") };
    let password = String::from_utf8(config.get_password().unwrap().to_vec()).unwrap();
    let (user, database) = (config.get_user().unwrap(), config.get_dbname().unwrap());
    let keywords = format!("host={host} port={port} user={user} password={password} dbname={database}");
    connected_to(&keywords, async |client| select_one(&client).in_segment(xray::begin_segment("shop")).await);
}

fn postgres_connection_refused() {
    patch();
    let url = refused_url().replace("http://", "postgresql://app:s3cret@") + "/shop";
    let work = async {
        if xray::sql::tokio_postgres::connect(&url.parse().unwrap(), NoTls).await.is_err() {
            println!("failed");
        }
    };
    block_on(work.in_segment(xray::begin_segment("shop")));
}

fn postgres_in_an_unsampled_segment() {
    patch();
    let segment = xray::Recorder::current().segment("shop").sampled(false).begin();
    connected(async |client| select_one(&client).in_segment(segment).await);
}

fn postgres_not_patched() {
    connected(async |client| select_one(&client).in_segment(xray::begin_segment("shop")).await);
}

async fn select_one(client: &Client) {
    println!("{} rows", count_rows(client, "SELECT 1", &[]).await.unwrap());
}

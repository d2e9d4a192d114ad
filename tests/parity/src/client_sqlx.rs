//! Three databases through one library: sqlx here, SQLAlchemy in Python.

use std::time::Duration;

use aws_xray_sdk as xray;
use sqlx::Result;
use sqlx::mysql::MySqlPool;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::SqlitePool;
use xray::Library;
use xray::prelude::*;

use crate::scenario::{Scenario, block_on, refused_url, scenarios, variable};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    sqlalchemy_sqlite,
    sqlalchemy_postgres,
    sqlalchemy_mysql,
    sqlalchemy_connection_refused,
    sqlalchemy_in_an_unsampled_segment,
    sqlalchemy_not_patched,
];

const TABLE: &str = "CREATE TEMPORARY TABLE orders (id integer PRIMARY KEY, item varchar(20) NOT NULL)";

fn patch(library: Library) {
    xray::patch([library]).unwrap();
}

fn print(rows: Result<u64>) {
    match rows {
        Ok(rows) => println!("{rows} rows"),
        Err(_) => println!("failed"),
    }
}

/// Prepares the table before the segment begins. Each database has types of its own for the same code.
macro_rules! take_orders {
    ($pool:expr, $insert:literal) => {
        block_on(async {
            let pool = $pool.await.unwrap().xray();
            let mut connection = pool.acquire().await.unwrap();
            sqlx::raw_sql(TABLE).execute(&mut *connection).await.unwrap();
            let work = async {
                let book = sqlx::query($insert).bind(1_411_111_117).bind("secret book").execute(&mut *connection).await;
                print(book.map(|done| done.rows_affected()));
                let orders = sqlx::query("SELECT id, item FROM orders").fetch_all(&mut *connection).await;
                print(orders.map(|rows| rows.len() as u64));
                let pen = sqlx::query($insert).bind(1_411_111_117).bind("secret pen").execute(&mut *connection).await;
                print(pen.map(|done| done.rows_affected()));
                let carts = sqlx::query("SELECT * FROM carts").fetch_all(&mut *connection).await;
                print(carts.map(|rows| rows.len() as u64));
            };
            work.in_segment(xray::begin_segment("shop")).await;
        })
    };
}

fn sqlalchemy_sqlite() {
    patch(Library::SqlxSqlite);
    take_orders!(SqlitePool::connect("sqlite://shop.db?mode=rwc"), "INSERT INTO orders VALUES (?, ?)");
}

fn sqlalchemy_postgres() {
    patch(Library::SqlxPostgres);
    take_orders!(PgPool::connect(&variable("XRAY_TEST_POSTGRES_URL")), "INSERT INTO orders VALUES ($1, $2)");
}

fn sqlalchemy_mysql() {
    patch(Library::SqlxMysql);
    take_orders!(MySqlPool::connect(&variable("XRAY_TEST_MARIADB_URL")), "INSERT INTO orders VALUES (?, ?)");
}

fn sqlalchemy_connection_refused() {
    patch(Library::SqlxPostgres);
    let url = refused_url().replace("http://", "postgresql://app:s3cret@") + "/shop";
    let work = async {
        // A pool tries again until its time is up.
        let pool = PgPoolOptions::new().acquire_timeout(Duration::from_secs(2)).connect_lazy(&url).unwrap().xray();
        if pool.acquire().await.is_err() {
            println!("failed");
        }
    };
    block_on(work.in_segment(xray::begin_segment("shop")));
}

fn sqlalchemy_in_an_unsampled_segment() {
    patch(Library::SqlxPostgres);
    select_orders_in(xray::Recorder::current().segment("shop").sampled(false).begin());
}

fn sqlalchemy_not_patched() {
    select_orders_in(xray::begin_segment("shop"));
}

fn select_orders_in(segment: xray::Segment) {
    block_on(async {
        let pool = PgPool::connect(&variable("XRAY_TEST_POSTGRES_URL")).await.unwrap().xray();
        let mut connection = pool.acquire().await.unwrap();
        sqlx::raw_sql(TABLE).execute(&mut *connection).await.unwrap();
        let work = async {
            let orders = sqlx::query("SELECT id, item FROM orders").fetch_all(&mut *connection).await;
            print(orders.map(|rows| rows.len() as u64));
        };
        work.in_segment(segment).await;
    });
}

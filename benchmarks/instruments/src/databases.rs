//! Databases that need a server, each where its URL is given.

use std::rc::Rc;

use aws_xray_sdk as xray;
use mongodb::bson::doc;
use mysql_async::prelude::Queryable as _;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;
use xray::prelude::*;

use crate::contender::{Contender, Library};
use crate::ours;

pub fn libraries(runtime: &'static Runtime) -> Vec<Library> {
    let given = |name: &str| std::env::var(format!("XRAY_TEST_{name}_URL")).ok();
    let postgres = given("POSTGRES").map(|url| tokio_postgres(runtime, &url));
    let mysql = given("MARIADB").map(|url| mysql_async(runtime, &url));
    let mongodb = given("MONGODB").map(|url| mongodb(runtime, &url));
    [postgres, mysql, mongodb].into_iter().flatten().collect()
}

// Both are measured on one connection: those of two differ by more than what is measured.

fn tokio_postgres(runtime: &'static Runtime, url: &str) -> Library {
    let config: tokio_postgres::Config = url.parse().expect("a URL of PostgreSQL");
    let client = runtime.block_on(async {
        let (client, connection) = config.connect(tokio_postgres::NoTls).await.expect("a server");
        tokio::spawn(connection);
        client
    });
    let statement = runtime.block_on(client.prepare("SELECT 17")).expect("a statement");
    let (traced, statement_of_traced) = (Rc::new(client.xray(&config)), statement.clone());
    let plain = Rc::clone(&traced);
    Library {
        name: "tokio-postgres, prepared `SELECT 17`",
        untraced: Contender::plain(runtime, async move || {
            tokio_postgres::Client::query_one(&plain, &statement, &[]).await.expect("a row");
        }),
        traced: ours::states(runtime, async move || {
            traced.query_one(&statement_of_traced, &[]).await.expect("a row");
        }),
    }
}

fn mysql_async(runtime: &'static Runtime, url: &str) -> Library {
    let options = mysql_async::Opts::from_url(url).expect("a URL of MySQL");
    let pool = mysql_async::Pool::new(options.clone()).xray(&options);
    let traced = Rc::new(Mutex::new(runtime.block_on(pool.get_conn()).expect("a server")));
    let plain = Rc::clone(&traced);
    Library {
        name: "mysql_async, `SELECT 17`",
        untraced: Contender::plain(runtime, async move || {
            let connection: &mut mysql_async::Conn = &mut *plain.lock().await;
            let _: Option<i64> = connection.query_first("SELECT 17").await.expect("a row");
        }),
        traced: ours::states(runtime, async move || {
            let _: Option<i64> = traced.lock().await.query_first("SELECT 17").await.expect("a row");
        }),
    }
}

fn mongodb(runtime: &'static Runtime, url: &str) -> Library {
    let options =
        runtime.block_on(async { mongodb::options::ClientOptions::parse(url).await }).expect("a URL of MongoDB");
    let client = |options| {
        let _entered = runtime.enter();
        mongodb::Client::with_options(options).expect("a client").database("instruments")
    };
    let (plain, traced) = (client(options.clone()), client(options.xray()));
    let count = |database: mongodb::Database| {
        async move || {
            database.run_command(doc! { "count": "orders" }).await.expect("a count");
        }
    };
    Library {
        name: "mongodb, `count`",
        untraced: Contender::plain(runtime, count(plain)),
        traced: ours::states(runtime, count(traced)),
    }
}

//! Databases that need a server, each where its URL is given.

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

fn tokio_postgres(runtime: &'static Runtime, url: &str) -> Library {
    let config: tokio_postgres::Config = url.parse().expect("a URL of PostgreSQL");
    let connect = || {
        runtime.block_on(async {
            let (client, connection) = config.connect(tokio_postgres::NoTls).await.expect("a server");
            tokio::spawn(connection);
            client
        })
    };
    let (plain, traced) = (connect(), connect().xray(&config));
    let statement = runtime.block_on(plain.prepare("SELECT 17")).expect("a statement");
    let statement_of_traced = runtime.block_on(traced.prepare("SELECT 17")).expect("a statement");
    Library {
        name: "tokio-postgres, prepared `SELECT 17`",
        untraced: Contender::plain(runtime, async move || {
            plain.query_one(&statement, &[]).await.expect("a row");
        }),
        traced: ours::states(runtime, async move || {
            traced.query_one(&statement_of_traced, &[]).await.expect("a row");
        }),
    }
}

fn mysql_async(runtime: &'static Runtime, url: &str) -> Library {
    let options = mysql_async::Opts::from_url(url).expect("a URL of MySQL");
    let plain = mysql_async::Pool::new(options.clone());
    let traced = mysql_async::Pool::new(options.clone()).xray(&options);
    let plain = Mutex::new(runtime.block_on(plain.get_conn()).expect("a server"));
    let traced = Mutex::new(runtime.block_on(traced.get_conn()).expect("a server"));
    Library {
        name: "mysql_async, `SELECT 17`",
        untraced: Contender::plain(runtime, async move || {
            let _: Option<i64> = plain.lock().await.query_first("SELECT 17").await.expect("a row");
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

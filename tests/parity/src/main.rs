//! One scenario, recorded by this SDK: `parity NAME`, or `parity --list` for the names of all.
//!
//! The file of the same name in `python/` says what a scenario does. What it prints is compared too, line by line,
//! with what Python prints.

#![allow(clippy::print_stdout, reason = "printing is what a scenario does")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a scenario that cannot be set up must fail the run")]

mod annotations;
mod aws;
mod aws_messages;
mod client_http;
mod client_http_async;
mod client_httplib;
mod client_mongodb;
mod client_mysql;
mod client_postgres;
mod client_sqlite;
mod client_sqlx;
mod concurrency;
mod context;
mod entities;
mod exceptions;
mod headers;
mod lambda_function;
mod names;
mod sampling;
mod scenario;
mod server_http;
mod streaming;

use std::env;

use aws_xray_sdk as xray;

use scenario::Scenario;

const TOPICS: &[&[Scenario]] = &[
    entities::SCENARIOS,
    annotations::SCENARIOS,
    names::SCENARIOS,
    exceptions::SCENARIOS,
    context::SCENARIOS,
    concurrency::SCENARIOS,
    streaming::SCENARIOS,
    sampling::SCENARIOS,
    headers::SCENARIOS,
    lambda_function::SCENARIOS,
    client_http::SCENARIOS,
    server_http::SCENARIOS,
    client_http_async::SCENARIOS,
    client_httplib::SCENARIOS,
    client_sqlite::SCENARIOS,
    client_postgres::SCENARIOS,
    client_mysql::SCENARIOS,
    client_mongodb::SCENARIOS,
    client_sqlx::SCENARIOS,
    aws::SCENARIOS,
    aws_messages::SCENARIOS,
];

fn main() {
    let wanted = env::args().nth(1).unwrap_or_default();
    let mut scenarios = TOPICS.iter().copied().flatten();
    if wanted == "--list" {
        scenarios.for_each(|scenario| println!("{}", scenario.name));
        return;
    }
    let scenario = scenarios.find(|scenario| scenario.name == wanted);
    let scenario = scenario.unwrap_or_else(|| panic!("no scenario {wanted:?}; --list names all"));
    // Decisions are a topic of their own: everywhere else every segment is sampled.
    match scenario::install(xray::Recorder::builder()) {
        Ok(_) => (scenario.run)(),
        // As a program's `main` that ends with the error, but for the status: the driver takes that for a broken scenario.
        Err(error) => println!("{error}"),
    }
}

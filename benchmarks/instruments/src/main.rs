//! What each instrument adds to a call: `cargo run --release` prints the table.
//!
//! A library makes the same call untraced, with its instrument attached but not patched, in a trace that is not sampled,
//! recorded for an emitter that drops the JSON, and recorded and sent to a daemon. They take turns in rounds, and what is
//! printed is the median over the rounds of the difference to the untraced call of the same round, and half of the distance
//! between its quartiles. Run it on one processor (`taskset -c 0 cargo run --release`): on two, how long a thread takes to
//! wake up on the other one is ten times of what is measured.
//! HTTP and the AWS SDK call a server in this process over the loopback, SQLite is in memory, and what needs a
//! server is measured where one is given: `XRAY_TEST_POSTGRES_URL`, `XRAY_TEST_MARIADB_URL`, `XRAY_TEST_MONGODB_URL`.
//!
//! What is there instead, `reqwest-tracing` and `sqlx-tracing` with `tracing-opentelemetry`, hands its spans to an exporter
//! that drops them.

mod contender;
mod databases;
mod http;
mod opentelemetry_peer;
mod ours;
mod servers;
#[path = "../../sink.rs"]
mod sink;
mod sqlite;

use contender::Library;

/// Enough for the median to stand; `cargo run --release 5` is for a look.
const ROUNDS: usize = 201;

/// The columns beside the untraced call.
const STATES: usize = 4;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let runtime: &'static tokio::runtime::Runtime = Box::leak(Box::new(runtime));
    let mut libraries = http::libraries(runtime);
    libraries.extend(sqlite::libraries(runtime));
    libraries.extend(databases::libraries(runtime));

    let rounds = std::env::args().nth(1).map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));

    println!("| | untraced | unpatched | unsampled | recorded | recorded and sent |");
    println!("|---|---:|---:|---:|---:|---:|");
    for library in &mut libraries {
        print_row(library, rounds);
    }
}

fn print_row(library: &mut Library, rounds: usize) {
    let Library { name, untraced, traced } = library;
    let mut calls = Vec::new();
    let mut added: Vec<Vec<f64>> = vec![Vec::new(); traced.len()];
    for _ in 0..rounds {
        let bare = untraced.measure();
        calls.push(bare);
        for (contender, added) in traced.iter_mut().zip(&mut added) {
            added.push(contender.measure() - bare);
        }
    }
    let call = median(&mut calls);
    let mut cells: Vec<_> = added
        .iter_mut()
        .map(|added| format!("{:+.0} ± {:.0} ns (× {:.2})", median(added), spread(added), 1.0 + median(added) / call))
        .collect();
    cells.resize(STATES, String::new());
    println!("| {name} | {:.1} µs | {} |", call / 1000.0, cells.join(" | "));
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Half of the distance between the quartiles of what is sorted.
fn spread(values: &[f64]) -> f64 {
    (values[values.len() * 3 / 4] - values[values.len() / 4]) / 2.0
}

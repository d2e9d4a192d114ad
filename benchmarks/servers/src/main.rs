//! What a request costs behind our layer, and behind what a user would pick instead: `cargo run --release` prints the table.
//!
//! An axum router answers one request after the other: called in the process, which shows what a layer adds, and over one
//! connection that is kept, which shows what is left of that beside the work of a server. All contenders take turns in
//! rounds, so that a machine which changes its speed changes it for all of them; the figures are those of the fastest round of
//! each, because whatever else the machine does only adds to them.

mod contender;
mod opentelemetry_peer;
mod ours;
#[path = "../../sink.rs"]
mod sink;

use sink::Sink;

const ROUNDS: usize = 201;

fn main() {
    let sink = Sink::start();
    let mut contenders = vec![ours::axum_alone()];
    contenders.extend(ours::contenders(&sink));
    contenders.extend(opentelemetry_peer::contenders(&sink));

    let mut fastest = vec![[f64::INFINITY; 2]; contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, [calls, requests]) in contenders.iter_mut().zip(&mut fastest) {
            *calls = calls.min(contender.measure_calls());
            *requests = requests.min(contender.measure_requests());
        }
    }

    println!("| | ns per call | added | × axum | µs over a connection | × axum |");
    println!("|---|---:|---:|---:|---:|---:|");
    let [alone, alone_connected] = fastest[0];
    for (contender, [call, request]) in contenders.iter().zip(fastest) {
        let (name, added, ratio) = (contender.name, call - alone, call / alone);
        let (request, connected) = (request / 1_000.0, request / alone_connected);
        println!("| {name} | {call:.0} | {added:.0} | {ratio:.2} | {request:.1} | {connected:.2} |");
    }
}

//! What a trace costs, here and with what a user would pick instead: `cargo run --release` prints the table.
//!
//! A trace is one segment with ten subsegments, each with two annotations. All contenders take turns in
//! rounds, so that a machine which changes its speed changes it for all of them; the figures are medians
//! over the rounds, and the ratio to the bare send is that of each round.

mod contender;
mod fastrace_peer;
mod opentelemetry_peer;
mod ours;
#[path = "../../sink.rs"]
mod sink;

use contender::{Contender, SUBSEGMENTS};
use sink::Sink;

const ROUNDS: usize = 31;

fn main() {
    let sink = Sink::start();
    let mut contenders: Vec<Contender> = vec![ours::bare_send(&sink)];
    contenders.extend(ours::contenders(&sink));
    contenders.extend(opentelemetry_peer::contenders(&sink));
    contenders.push(fastrace_peer::recording());

    let mut rounds: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, times) in contenders.iter_mut().zip(&mut rounds) {
            times.push(contender.measure());
        }
    }

    println!("| | ns per trace | per node | bare sends |");
    println!("|---|---:|---:|---:|");
    let bare = rounds[0].clone();
    for (contender, times) in contenders.iter().zip(rounds) {
        let ratio = median(times.iter().zip(&bare).map(|(time, bare)| time / bare).collect());
        let time = median(times);
        let nodes = (1 + SUBSEGMENTS) as f64;
        println!("| {} | {time:.0} | {:.1} | {ratio:.2} |", contender.name, time / nodes);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

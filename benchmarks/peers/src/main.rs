//! What a trace costs, here and with what a user would pick instead: `cargo run --release` prints the table.
//!
//! A trace is one segment with ten subsegments, each with two annotations. All contenders take turns in
//! rounds, so that a machine which changes its speed changes it for all of them; the figures are medians
//! over the rounds, and the ratio to the bare send is that of each round. `captures` as the argument prints
//! the other table, of captured functions.

mod captures;
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
    if std::env::args().nth(1).is_some_and(|table| table == "captures") {
        return compare_captures();
    }
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

/// What each way adds to the plain functions of the same round.
fn compare_captures() {
    let mut rows = captures::contenders();
    let mut added: Vec<[Vec<f64>; 4]> = rows.iter().map(|_| Default::default()).collect();
    for _ in 0..ROUNDS {
        let times: Vec<[f64; 4]> = rows.iter_mut().map(|row| row.each_mut().map(Contender::measure)).collect();
        for (number, (times_of_row, added)) in times.iter().zip(&mut added).enumerate() {
            for (column, added) in added.iter_mut().enumerate() {
                let plain = if number == 0 { 0.0 } else { times[0][column] };
                added.push(times_of_row[column] - plain);
            }
        }
    }
    println!("| ns | a function | 5 levels | an `async fn` | 5 levels |");
    println!("|---|---:|---:|---:|---:|");
    for (number, (row, added)) in rows.iter().zip(added).enumerate() {
        let sign = if number == 0 { "" } else { "+" };
        let [one, five, later, later_five] = added.map(median).map(|added| format!("{sign}{added:.1}"));
        println!("| {} | {one} | {five} | {later} | {later_five} |", row[0].name);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

//! Code of the program's that uses the SDK, panics, waits or logs wherever the SDK runs it.
//!
//! Every such thing (a filter, a `Display`, an emitter, a thread-local that goes with its thread, …) is played with every
//! behaviour and, inside of it, with every line that the SDK can log, to which the `tracing` subscriber behaves the same.
//! What instruments run (services, bodies, handlers, …) is played with three of those lines, one of each kind that comes of
//! recording. A cell of this table that hangs would hang the whole test, and one that aborts would end it: so cells are
//! played in child processes, and a watchdog names the cell that a child did not come back from.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_macros)] // a test program
#![allow(missing_docs, missing_debug_implementations, unreachable_pub)]

mod behaviour;
mod calls;
mod cell;
mod child;
mod complete;
mod lines;
mod subscriber;
mod things;
mod watchdog;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("child") => {
            child::play(&arguments[1..]);
            return ExitCode::SUCCESS;
        }
        // Other runs of the tests look for those that need a server, or for names.
        Some("--ignored" | "--list") => return ExitCode::SUCCESS,
        _ => {}
    }
    let mut problems = complete::problems();
    problems.extend(watchdog::run(arguments.first().filter(|argument| !argument.starts_with('-'))));
    for problem in &problems {
        println!("FAILED {problem}");
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! The parent: it starts the children, and says which cell a child did not come back from.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::cell::Cell;

/// Longer than any cell takes on a busy machine, most of which take milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Cells wait now and then, so more can be played than there are processors.
const CHILDREN: usize = 6;
/// A broken SDK would fail in all cells.
const MOST_PROBLEMS: usize = 60;

/// Plays all cells whose name contains a text, and returns what is wrong.
pub fn run(filter: Option<&String>) -> Vec<String> {
    let cells = Cell::all().into_iter().filter(|cell| filter.is_none_or(|text| cell.to_string().contains(text)));
    let mut groups: BTreeMap<String, Vec<Cell>> = BTreeMap::new();
    for (number, cell) in cells.enumerate() {
        let surroundings = cell.surroundings();
        // Some lines are written once in a process, and those that change how the process works are played alone.
        let group = if surroundings.is_fresh {
            format!("{number}")
        } else {
            format!("{} {:?}", cell.thing.name, cell.behaviour)
        };
        groups.entry(group).or_default().push(cell);
    }
    let count: usize = groups.values().map(Vec::len).sum();
    let work = Mutex::new(groups.into_values().collect::<Vec<_>>());
    let problems = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..CHILDREN {
            scope.spawn(|| {
                loop {
                    let Some(group) = work.lock().unwrap_or_else(PoisonError::into_inner).pop() else { return };
                    let found = play(&group);
                    let mut problems = problems.lock().unwrap_or_else(PoisonError::into_inner);
                    problems.extend(found);
                    if problems.len() >= MOST_PROBLEMS {
                        work.lock().unwrap_or_else(PoisonError::into_inner).clear();
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{count} cells, {} of them failed", problems.len());
    problems
}

/// Plays cells in one child after the other: after a failure the next one goes on behind it.
fn play(cells: &[Cell]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut rest = cells;
    while !rest.is_empty() && problems.len() < MOST_PROBLEMS {
        let (played, problem) = play_in_one_child(rest, &mut problems);
        problems.extend(problem);
        rest = &rest[played..];
    }
    problems
}

/// How many cells need not be played again, and what was wrong with the last of them.
fn play_in_one_child(cells: &[Cell], problems: &mut Vec<String>) -> (usize, Option<String>) {
    let mut child = start(cells);
    let (lines, line) = mpsc::channel();
    let (output, mut errors) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = thread::spawn(move || {
        BufReader::new(output).lines().map_while(Result::ok).for_each(|line| drop(lines.send(line)));
    });
    let error_reader = thread::spawn(move || {
        let mut text = Vec::new();
        let _ = errors.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut done = 0;
    let hangs = loop {
        match line.recv_timeout(PATIENCE) {
            Ok(line) => match line.split_once(' ') {
                Some(("end", _)) => done += 1,
                Some(("silent", cell)) => {
                    problems.push(format!("{cell}: the line was not written"));
                    done += 1;
                }
                Some(("unrun", cell)) => {
                    problems.push(format!("{cell}: the SDK did not run it, or should not have"));
                    done += 1;
                }
                _ => {}
            },
            Err(RecvTimeoutError::Disconnected) => break false,
            Err(RecvTimeoutError::Timeout) => break true,
        }
    };
    if hangs {
        let _ = child.kill();
    }
    let status = child.wait().unwrap();
    let _ = reader.join();
    let said = error_reader.join().unwrap_or_default();
    if done == cells.len() && status.success() {
        return (done, None);
    }
    let cell = cells.get(done).map_or_else(|| "after the last cell".to_owned(), ToString::to_string);
    let what = if hangs { "hangs".to_owned() } else { format!("ended the process, {status}") };
    let tail: Vec<&str> = said.lines().rev().take(6).collect();
    (
        (done + 1).min(cells.len()),
        Some(format!("{cell}: {what}; {}", tail.into_iter().rev().collect::<Vec<_>>().join(" | "))),
    )
}

fn start(cells: &[Cell]) -> Child {
    let surroundings = cells[0].surroundings();
    // With few files it is soon tried out what happens without any.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n 256; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap()).arg("child");
    command.args(cells.iter().map(ToString::to_string));
    // Nobody listens there, and what follows from that is not this test's.
    command.env("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:9").envs(surroundings.variables.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

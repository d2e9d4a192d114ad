//! The process in which cells are played.

use std::cell::Cell as Flag;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use xray_core::__private::forget_notices;

use crate::behaviour::{has_reacted, react, set_played};
use crate::cell::Cell;
use crate::{subscriber, things};

thread_local! {
    /// Whether this is the thread that plays the cells.
    static PLAYS: Flag<bool> = const { Flag::new(false) };
}

/// Plays cells, each of which it names before and after.
pub fn play(cells: &[String]) {
    PLAYS.set(true);
    // Not in threads that panic because of the line: each would make the next one panic, without end.
    set_hook(Box::new(|_| {
        if PLAYS.get() {
            react("panic hook");
        }
    }));
    subscriber::install();
    xray_core::filter_messages(things::filter);
    // Has our hook in front of the program's.
    drop(things::recorder());
    for name in cells {
        let cell: Cell = name.parse().unwrap();
        say("begin", &cell.to_string());
        subscriber::forget();
        forget_notices();
        set_played(Some(cell));
        // What the program's code panics with may come back to where it was called; never further than that.
        let _ = catch_unwind(AssertUnwindSafe(|| cell.thing.run()));
        set_played(None);
        let silent = cell.thing.shows_lines && !subscriber::has_seen(cell.line);
        let word = match has_reacted() {
            // Without threads not everything is run.
            reacted if reacted != cell.thing.is_run && !cell.surroundings().is_fresh => "unrun",
            _ if silent => "silent",
            _ => "end",
        };
        say(word, name);
    }
}

fn say(word: &str, cell: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{word} {cell}").and_then(|()| output.flush()).unwrap();
}

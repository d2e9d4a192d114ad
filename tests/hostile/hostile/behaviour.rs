//! What the program's code does when it is run.

use std::cell::Cell as Flag;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::calls;
use crate::cell::Cell;
use crate::lines;
use crate::things::Thing;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Calls every public function of the SDK, and the instrument that is under way.
    Uses,
    Panics,
    /// Waits for a thread that calls every public function.
    Waits,
    /// Writes to the log, and to that of the SDK.
    Logs,
}

impl Behaviour {
    pub const ALL: [Self; 4] = [Self::Uses, Self::Panics, Self::Waits, Self::Logs];
}

/// The cell that is played, while it is.
static PLAYED: Mutex<Option<Cell>> = Mutex::new(None);

thread_local! {
    /// Whether this thread reacts already: what the reaction runs does not react again.
    static REACTS: Flag<bool> = const { Flag::new(false) };
    static HEARS: Flag<bool> = const { Flag::new(false) };
}

/// Whether the thing of the cell that is played, or was played last, has been run.
static HAS_REACTED: AtomicBool = AtomicBool::new(false);

pub fn set_played(cell: Option<Cell>) {
    if cell.is_some() {
        HAS_REACTED.store(false, Ordering::Relaxed);
    }
    *PLAYED.lock().unwrap_or_else(PoisonError::into_inner) = cell;
}

pub fn has_reacted() -> bool {
    HAS_REACTED.load(Ordering::Relaxed)
}

fn played() -> Option<Cell> {
    *PLAYED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a thing does wherever it is run: it provokes the line, and behaves.
pub fn react(thing: &str) {
    let Some(cell) = played().filter(|cell| cell.thing.name == thing) else { return };
    HAS_REACTED.store(true, Ordering::Relaxed);
    once(&REACTS, || {
        lines::provoke(cell.line);
        behave(&cell);
    });
}

/// What the subscriber does with a line of the SDK.
pub fn hear() {
    if let Some(cell) = played() {
        once(&HEARS, || behave(&cell));
    }
}

fn behave(cell: &Cell) {
    let thing = cell.thing;
    match cell.behaviour {
        Behaviour::Uses => use_everything(thing),
        Behaviour::Panics => panic!("as hostile code does"),
        Behaviour::Waits => join(move || use_everything(thing)),
        Behaviour::Logs => {
            // Where a thread is ending, its own subscriber may panic: that is not ours to catch.
            let _ = catch_unwind(|| tracing::info!(target: "hostile", "the program's own line"));
            quietly(|| drop(xray_core::begin_subsegment("in no segment")));
        }
    }
}

fn use_everything(thing: &Thing) {
    quietly(|| {
        calls::make_all();
        thing.use_instrument();
    });
}

/// Runs work to which nothing reacts.
pub fn quietly(work: impl FnOnce()) {
    let _before = (Before::set(&REACTS), Before::set(&HEARS));
    work();
}

/// Runs work on another thread, whatever the size of stacks is that the system cannot give, and waits for it.
pub fn join(work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(4 << 20).spawn(work).unwrap();
    if let Err(payload) = thread.join() {
        std::panic::resume_unwind(payload);
    }
}

fn once(flag: &'static thread::LocalKey<Flag<bool>>, work: impl FnOnce()) {
    let before = Before::set(flag);
    if !before.was_set {
        work();
    }
}

/// Sets a flag until dropped.
struct Before {
    flag: &'static thread::LocalKey<Flag<bool>>,
    was_set: bool,
}

impl Before {
    fn set(flag: &'static thread::LocalKey<Flag<bool>>) -> Self {
        Self { flag, was_set: flag.replace(true) }
    }
}

impl Drop for Before {
    fn drop(&mut self) {
        self.flag.set(self.was_set);
    }
}

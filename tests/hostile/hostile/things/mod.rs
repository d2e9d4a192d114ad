//! Everything of a program's that the SDK runs.
//!
//! It is listed in `ARCHITECTURE.md`, too, by the same names; `complete.rs` compares the two.

mod aws;
mod clients;
mod core;
mod instruments;
mod lambda;
mod mongo;
mod pieces;
mod servers;
mod sql;

use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
use xray_core::sampling::FixedSampler;
use xray_core::{Environment, Library, Recorder, RecorderBuilder, begin_segment};

use self::pieces::{Piece, Played};
use crate::behaviour::{Behaviour, join};

pub use self::core::filter;

pub struct Thing {
    pub name: &'static str,
    run: Run,
    /// Whether a line that is provoked in it is written in any case.
    pub shows_lines: bool,
    /// Whether the SDK runs it at all; what it does not is played too, so that this stays so.
    pub is_run: bool,
    /// What the language does not allow there: a panic that nobody can catch.
    never_panics: bool,
    /// Whether it is the panic hook, in which nobody may panic, not even to be caught.
    pub is_hook: bool,
}

/// What has the SDK run the thing, which reacts.
enum Run {
    OfCore(fn()),
    /// In a segment, with a call by which the instrument that runs it is used again.
    OfInstrument(fn(), fn(Played)),
    /// One piece of that call.
    Piece(Piece, fn(Played)),
}

impl Thing {
    pub fn may(&self, behaviour: Behaviour) -> bool {
        !(self.never_panics && behaviour == Behaviour::Panics)
    }

    /// Whether it is an instrument that runs it, and the core only below that.
    pub fn is_of_instrument(&self) -> bool {
        !matches!(self.run, Run::OfCore(_))
    }

    pub fn run(&self) {
        match self.run {
            Run::OfCore(run) => run(),
            Run::OfInstrument(run, _) => in_segment(run),
            Run::Piece(piece, call) => in_segment(|| call(Played { name: self.name, piece })),
        }
    }

    /// Uses the instrument that runs it, if one does.
    ///
    /// On a thread of its own: where the program's code is run, a runtime may be current.
    pub fn use_instrument(&self) {
        if let Run::OfInstrument(_, call) | Run::Piece(_, call) = self.run {
            join(move || in_segment(|| call(Played::NOTHING)));
        }
    }
}

const fn thing(name: &'static str, run: fn()) -> Thing {
    Thing { name, run: Run::OfCore(run), shows_lines: false, is_run: true, never_panics: false, is_hook: false }
}

/// What an instrument runs, which `call` uses.
const fn instrumented(name: &'static str, call: fn(Played), run: fn()) -> Thing {
    Thing { run: Run::OfInstrument(run, call), ..thing(name, || {}) }
}

/// A piece of a call through an instrument.
const fn piece(name: &'static str, piece: Piece, call: fn(Played)) -> Thing {
    Thing { run: Run::Piece(piece, call), ..thing(name, || {}) }
}

pub fn all() -> impl Iterator<Item = &'static Thing> {
    [core::ALL, instruments::ALL, servers::ALL, clients::ALL, aws::ALL, lambda::ALL, sql::ALL, mongo::ALL]
        .into_iter()
        .flatten()
}

pub fn builder() -> RecorderBuilder {
    Recorder::builder().environment(Environment::empty()).sampler(FixedSampler::ALL).emitter(Nowhere)
}

pub fn recorder() -> Recorder {
    builder().build().unwrap()
}

/// Runs work with a recorder for which all libraries are patched.
fn with_recorder(emitter: impl Emitter + 'static, work: impl FnOnce()) {
    let recorder = builder().libraries(Library::ALL).emitter(emitter).streaming_threshold(0).build().unwrap();
    let _scope = recorder.scope();
    work();
}

/// Runs work in a segment, with all libraries patched.
fn in_segment(work: impl FnOnce()) {
    with_recorder(Nowhere, || {
        let _segment = begin_segment("shop").entered();
        work();
    });
}

/// An emitter that drops what it gets.
#[derive(Debug)]
pub struct Nowhere;

impl Emitter for Nowhere {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        Ok(())
    }
}

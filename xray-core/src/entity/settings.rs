//! What the recorder decided once, for every entity that it begins.

use std::sync::atomic::{AtomicU64, Ordering};
use std::{fmt, mem};

use crate::clock::Clock;
use crate::document::Platform;
use crate::emitter::{EmitError, Emitter, SegmentDocument};
use crate::library::LibrarySet;
use crate::notice::{self, Notice};
use crate::panic::caught;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) emitter: Box<dyn Emitter>,
    /// Whether the emitter is one whose code we know.
    pub(crate) is_emitter_ours: bool,
    pub(crate) clock: Clock,
    pub(crate) streaming_threshold: usize,
    /// The `service` block, as JSON.
    pub(crate) service: String,
    /// What the plugins found.
    pub(crate) platform: Platform,
    /// Overrides the process-wide switch of the libraries.
    pub(crate) libraries: Option<LibrarySet>,
    /// Whether SQL clients record the text of statements.
    pub(crate) collect_sql: bool,
    /// How many frames of the stack an error keeps that the program records.
    pub(crate) stack_frames: usize,
    pub(crate) counters: Counters,
}

impl Drop for Settings {
    fn drop(&mut self) {
        // An emitter of the program's may panic as it goes, which may be where a segment ends.
        let emitter = mem::replace(&mut self.emitter, Box::new(Nowhere));
        let _ = caught(|| drop(emitter));
    }
}

/// What is left in the place of an emitter that is gone.
#[derive(Debug)]
struct Nowhere;

impl Emitter for Nowhere {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        Err(EmitError::Refused)
    }
}

/// What became of the documents and values of a recorder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Documents handed to the network.
    pub emitted: u64,
    /// Documents lost because nobody listened at the daemon's address.
    pub dropped_refused: u64,
    /// Documents lost because the socket's buffer was full.
    pub dropped_socket_full: u64,
    /// Documents lost because not even a divided one was small enough.
    pub dropped_too_large: u64,
    /// Documents lost to any other failure of the emitter.
    pub dropped_failed: u64,
    /// Values that were taken out of an entity which was too large all by itself.
    pub trimmed_values: u64,
    /// How often no segment was current where one was needed: a subsegment was begun, a value was put, or a client that is
    /// patched was called. Counted whatever [`ContextMissing`](crate::ContextMissing) says, but not while the SDK is switched
    /// off: in the scopes of the recorder, and for the one that is installed in the whole process where there is no scope.
    pub missing_segments: u64,
    /// What was put on a handle that stands for nothing while a segment was current, such as that of
    /// [`current_subsegment`](crate::current_subsegment) directly in a segment.
    pub misplaced_values: u64,
    /// Values that could not be recorded: no room, no name, not a number, or the entity had ended.
    pub rejected_values: u64,
    /// Log lines of the whole process that were due and not written: the thread was ending or was writing another line of
    /// the SDK's, or the program's `tracing` subscriber panicked.
    pub unwritten_lines: u64,
}

impl Stats {
    /// All documents that were lost, for whatever reason.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped_refused + self.dropped_socket_full + self.dropped_too_large + self.dropped_failed
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    emitted: AtomicU64,
    refused: AtomicU64,
    socket_full: AtomicU64,
    too_large: AtomicU64,
    failed: AtomicU64,
    trimmed: AtomicU64,
    misplaced: AtomicU64,
    rejected: AtomicU64,
}

impl Counters {
    pub(crate) fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            emitted: read(&self.emitted),
            dropped_refused: read(&self.refused),
            dropped_socket_full: read(&self.socket_full),
            dropped_too_large: read(&self.too_large),
            dropped_failed: read(&self.failed),
            trimmed_values: read(&self.trimmed),
            // The recorder knows.
            missing_segments: 0,
            misplaced_values: read(&self.misplaced),
            rejected_values: read(&self.rejected),
            unwritten_lines: notice::unwritten(),
        }
    }
}

impl Settings {
    pub(crate) fn count_emitted(&self) {
        self.counters.emitted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a lost document and says so, once a minute at most.
    pub(crate) fn count_dropped(&self, error: EmitError) {
        let counter = match &error {
            EmitError::Refused => &self.counters.refused,
            EmitError::SocketFull => &self.counters.socket_full,
            EmitError::TooLarge { .. } => &self.counters.too_large,
            _ => &self.counters.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        Notice::DocumentsLost { error: &WithSource(&error), dropped: self.counters.stats().dropped() }.log();
        // What is wrong may be told by an error of the program's.
        let _ = caught(|| drop(error));
    }

    pub(crate) fn count_trimmed(&self, values: usize) {
        self.counters.trimmed.fetch_add(values as u64, Ordering::Relaxed);
        if values > 0 {
            Notice::ValuesTrimmed { values: values as u64 }.log();
        }
    }

    pub(crate) fn count_misplaced(&self) {
        self.counters.misplaced.fetch_add(1, Ordering::Relaxed);
    }

    /// As [`count_rejected`](Self::count_rejected), for what was put on a segment that is Lambda's.
    pub(crate) fn count_rejected_by_facade(&self, what: &str) {
        self.counters.rejected.fetch_add(1, Ordering::Relaxed);
        Notice::ValueOfFunction { what }.log();
    }

    /// Counts a value that was not recorded, and says which, once a minute at most.
    pub(crate) fn count_rejected(&self, what: &str, reason: &str) {
        self.counters.rejected.fetch_add(1, Ordering::Relaxed);
        Notice::ValueNotRecorded { what, reason }.log();
    }
}

/// An error and what it came from, which is what tells a full disk from a network that is down.
struct WithSource<'a>(&'a EmitError);

impl fmt::Display for WithSource<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)?;
        match self.0 {
            EmitError::Io(source) => write!(formatter, ": {source}"),
            _ => Ok(()),
        }
    }
}

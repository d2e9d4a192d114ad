//! Sends what leaves an arena: serialise, divide if it does not fit, emit.

use std::cell::Cell;
use std::io;

use super::pool;
use super::tree::Tree;
use crate::document::{self, Branch, Setting, is_too_deep, split};
use crate::emitter::{EmitError, HEADER, SegmentDocument};
use crate::format::LARGEST_DOCUMENT;
use crate::panic::caught;

thread_local! {
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A buffer that one large trace needed is not kept.
const LARGEST_BUFFER: usize = 128 * 1_024;

/// Sends one tree that left, in as many documents as it takes; or none, of a trace that was not sampled and in which
/// nothing went wrong.
pub(super) fn depart(tree: &Tree, branches: Vec<Branch>) {
    if !tree.origin.is_sent() {
        return pool::give_back(branches);
    }
    // Taken, not borrowed: an emitter may record a trace of its own.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    let mut next = Some(branches);
    let mut documents = Vec::new();
    while let Some(branches) = next.take().or_else(|| documents.pop()) {
        // The emitter is not ours.
        let sent = caught(|| send(tree, &branches, &mut buffer));
        match sent.unwrap_or_else(|_| Err(Failure::Emit(EmitError::Io(io::Error::other("the emitter panicked"))))) {
            Ok(()) => {
                tree.settings.count_emitted();
                pool::give_back(branches);
            }
            Err(Failure::DoesNotFit { size, limit }) => {
                let (parts, trimmed) = split(branches, limit, setting(tree));
                tree.settings.count_trimmed(trimmed);
                if parts.len() == 1 && trimmed == 0 {
                    tree.settings.count_dropped(EmitError::TooLarge { size, limit });
                } else {
                    documents.extend(parts);
                }
            }
            Err(Failure::Emit(error)) => tree.settings.count_dropped(error),
        }
    }
    if buffer.capacity() <= LARGEST_BUFFER {
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
    }
}

enum Failure {
    DoesNotFit { size: usize, limit: usize },
    Emit(EmitError),
}

fn send(tree: &Tree, branches: &[Branch], buffer: &mut Vec<u8>) -> Result<(), Failure> {
    let emitter = &tree.settings.emitter;
    let limit = LARGEST_DOCUMENT.min(emitter.max_document_size());
    if is_too_deep(branches) {
        return Err(Failure::DoesNotFit { size: 0, limit });
    }
    buffer.clear();
    buffer.extend_from_slice(HEADER);
    document::write(buffer, branches, setting(tree));
    let size = buffer.len() - HEADER.len();
    if size > limit {
        return Err(Failure::DoesNotFit { size, limit });
    }
    match emitter.emit(SegmentDocument::framed(buffer)) {
        Ok(()) => Ok(()),
        // The socket takes less than it said: its limit is lower now.
        Err(EmitError::TooLarge { .. }) if emitter.max_document_size() < size => {
            Err(Failure::DoesNotFit { size, limit: emitter.max_document_size() })
        }
        Err(error) => Err(Failure::Emit(error)),
    }
}

fn setting(tree: &Tree) -> Setting<'_> {
    Setting {
        trace_id: &tree.origin.trace_id,
        service: &tree.settings.service,
        platform: &tree.settings.platform,
        rule_name: tree.origin.rule_name.as_deref(),
    }
}

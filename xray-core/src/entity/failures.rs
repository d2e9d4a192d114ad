//! Recognises an error that travels up through several entities.
//!
//! Rust's errors have no identity: `?` moves them and wraps them. An error counts as the same when
//! an entity below has recorded one with the same message.

use super::arena::{Arena, Index};
use crate::document::{Cause, Recorded};
use crate::error::Exception;
use crate::id::SegmentId;

/// The latest errors of a segment.
#[derive(Debug, Default)]
pub(super) struct Failures {
    latest: Vec<Failure>,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    fingerprint: u64,
    exception: SegmentId,
    /// The entity that recorded it, and that entity's parent for when it has left.
    owner: Index,
    owner_id: SegmentId,
    owner_parent: Option<SegmentId>,
}

/// An error on its way up is among the last few.
const MOST: usize = 32;

impl Arena {
    /// Adds an exception to an open entity; what a child recorded before is referred to by its id.
    ///
    /// Returns how many exceptions there was no room for, or `None` if the entity has ended.
    pub(super) fn record_exception(&mut self, index: Index, id: SegmentId, exception: Exception) -> Option<usize> {
        let parent = self.open_record(index, id)?.parent;
        let known = exception.links.iter().enumerate().find_map(|(position, link)| {
            let fingerprint = link.fingerprint();
            self.failures
                .latest
                .iter()
                .rev()
                .find(|failure| {
                    failure.fingerprint == fingerprint
                        && (failure.owner_parent == Some(id) || self.is_above(id, failure.owner, failure.owner_id))
                })
                .map(|failure| (position, *failure))
        });
        let cause = match known {
            // Said twice of the same entity.
            Some((0, failure)) if failure.owner_id == id => return Some(0),
            Some((0, failure)) => {
                // The next entity up has this one for a child.
                self.failures.remember(Failure { owner: index, owner_id: id, owner_parent: parent, ..failure });
                let outermost = exception.links.into_iter().next();
                let (type_name, message) = outermost.map(|link| (link.type_name, link.message)).unwrap_or_default();
                Cause::Reference { exception: failure.exception, type_name, message }
            }
            known => {
                let links = known.map_or(exception.links.len(), |(position, _)| position);
                let fingerprints: Vec<_> = exception.links.iter().take(links).map(|link| link.fingerprint()).collect();
                let recorded = Recorded::from_exception(exception, links, known.map(|(_, failure)| failure.exception));
                for (fingerprint, recorded) in fingerprints.into_iter().zip(&recorded) {
                    let exception = recorded.id;
                    self.failures.remember(Failure {
                        fingerprint,
                        exception,
                        owner: index,
                        owner_id: id,
                        owner_parent: parent,
                    });
                }
                Cause::Exceptions(recorded)
            }
        };
        let record = self.open_record(index, id)?;
        Some(Cause::add(&mut record.blocks().cause, cause))
    }
}

impl Failures {
    fn remember(&mut self, failure: Failure) {
        if self.latest.len() == MOST {
            self.latest.remove(0);
        }
        self.latest.push(failure);
    }
}

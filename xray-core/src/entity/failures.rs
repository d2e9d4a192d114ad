//! Recognises an error that travels up through several entities.
//!
//! Rust's errors have no identity: `?` moves them and wraps them. An error counts as the same when
//! an entity below has recorded one with the same message.

use super::arena::{Arena, Index, SEGMENT};
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
    /// The entity that recorded it.
    owner: SegmentId,
    /// That entity, or once it has left, the closest one above it that is still here.
    place: Index,
    place_id: SegmentId,
}

/// An error on its way up is among the last few.
const MOST: usize = 32;

impl Arena {
    /// Adds an exception to an open entity; what a child recorded before is referred to by its id.
    ///
    /// Returns how many exceptions there was no room for, or `None` if the entity has ended.
    pub(super) fn record_exception(&mut self, index: Index, id: SegmentId, mut exception: Exception) -> Option<usize> {
        self.open_record(index, id)?;
        let known = self.find_known(index, id, &exception);
        let mut ids = Vec::new();
        let cause = match known {
            // Said twice of the same entity.
            Some((0, failure)) if failure.owner == id => return Some(0),
            Some((0, failure)) => {
                ids.push((failure.fingerprint, failure.exception));
                let outermost = exception.links.into_iter().next();
                let (type_name, message) = outermost.map(|link| (link.type_name, link.message)).unwrap_or_default();
                Cause::Reference { exception: failure.exception, type_name, message }
            }
            known => {
                let links = known.map_or(exception.links.len(), |(position, _)| position);
                let fingerprints: Vec<_> = exception.links.iter().take(links).map(|link| link.fingerprint).collect();
                let known_by = std::mem::take(&mut exception.known_by);
                let recorded = Recorded::from_exception(exception, links, known.map(|(_, failure)| failure.exception));
                let recorded_ids = || recorded.iter().map(|recorded| recorded.id);
                let outermost = recorded_ids().next();
                ids.extend(known_by.into_iter().filter_map(|fingerprint| Some((fingerprint, outermost?))));
                ids.extend(fingerprints.into_iter().zip(recorded_ids()));
                Cause::Exceptions(recorded)
            }
        };
        let record = self.open_record(index, id)?;
        let left_out = record.add_cause(cause);
        // What there was no room for cannot be referred to.
        ids.truncate(ids.len().saturating_sub(left_out));
        // The outermost comes last and is found first, when it has the words of its source.
        for (fingerprint, exception) in ids.into_iter().rev() {
            self.failures.remember(Failure { fingerprint, exception, owner: id, place: index, place_id: id });
        }
        Some(left_out)
    }

    /// The first error of a chain that the entity, or one below it, has recorded, and its place in the chain.
    fn find_known(&self, index: Index, id: SegmentId, exception: &Exception) -> Option<(usize, Failure)> {
        exception.links.iter().enumerate().find_map(|(position, link)| {
            let mut latest = self.failures.latest.iter().rev();
            let known = latest.find(|failure| {
                link.is_known_by(failure.fingerprint) && self.is_above((index, id), failure.place, failure.place_id)
            });
            known.map(|failure| (position, *failure))
        })
    }

    /// Whether an entity would be the first to record an error, and any of those that have caused it.
    pub(super) fn wants_stack(&mut self, index: Index, id: SegmentId, exception: &Exception) -> bool {
        let is_facade = self.is_facade() && index == SEGMENT;
        let is_first =
            if is_facade { !self.has_recorded(exception) } else { self.find_known(index, id, exception).is_none() };
        is_first && (is_facade || self.open_record(index, id).is_some())
    }

    /// Lets the parent of what has just left stand for it: an error may still be on its way up.
    pub(super) fn hand_failures_up(&mut self, parent: Index) {
        let mut failures = std::mem::take(&mut self.failures);
        failures.latest.retain_mut(|failure| {
            if self.is(failure.place, failure.place_id) {
                return true;
            }
            let parent_id = self.id_of(parent);
            if let Some(parent_id) = parent_id {
                (failure.place, failure.place_id) = (parent, parent_id);
            }
            // A facade remembers what its subsegments have recorded: nobody else can carry the error then.
            parent_id.is_some() || self.is_facade()
        });
        self.failures = failures;
    }

    /// Whether an entity has recorded the error, or one that caused it.
    pub(super) fn has_recorded(&self, exception: &Exception) -> bool {
        let mut links = exception.links.iter();
        links.any(|link| self.failures.latest.iter().any(|failure| link.is_known_by(failure.fingerprint)))
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

//! The context of work that comes in pieces.

use std::ops::Deref;

use crate::context::{self, Context};
use crate::handle::Entity;
use crate::panic;
use crate::segment::Segment;
use crate::subsegment::Subsegment;

/// An entity whose work comes in pieces, such as the polls of a future and then the frames of a body.
///
/// For those who write an instrument; the futures of a program have [`XRayFutureExt`](crate::XRayFutureExt).
/// The entity ends when this is dropped. A panic in a piece is recorded; any other panic that drops this only ends it.
///
/// ```
/// use xray_core::{EntityScope, begin_segment, current_trace_id};
///
/// let mut scope = EntityScope::from(begin_segment("shop"));
/// assert_eq!(scope.run(current_trace_id), scope.trace_id());
/// assert_eq!(current_trace_id(), None);
/// ```
#[must_use = "the entity ends when this is dropped"]
#[derive(Debug)]
pub struct EntityScope {
    /// That of the entity; lent to the thread while a piece runs, so that nothing is cloned.
    context: Context,
    entity: Entity,
}

impl EntityScope {
    pub(crate) fn new(entity: Entity) -> Self {
        Self { context: entity.context.clone(), entity }
    }

    /// Runs a piece of the work with the entity as what is current.
    pub fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let before = std::thread::panicking();
        if !before {
            panic::forget();
        }
        // Noticed while it unwinds: not every executor drops a future that panicked at once.
        let _noticed = NoticePanic { entity: &self.entity, before };
        context::lend(&mut self.context, work)
    }

    /// Says that a panic from now on is not the entity's, if it did not begin in a piece.
    pub(crate) fn disown_panic(&mut self) {
        self.entity.disown_panic();
    }
}

impl From<Segment> for EntityScope {
    fn from(segment: Segment) -> Self {
        Self::new(segment.0)
    }
}

impl From<Subsegment> for EntityScope {
    fn from(subsegment: Subsegment) -> Self {
        Self::new(subsegment.0)
    }
}

impl Deref for EntityScope {
    type Target = Entity;

    fn deref(&self) -> &Entity {
        &self.entity
    }
}

impl Drop for EntityScope {
    fn drop(&mut self) {
        // Its own panic is recorded by now; another one has only cancelled it.
        self.disown_panic();
    }
}

struct NoticePanic<'a> {
    entity: &'a Entity,
    before: bool,
}

impl Drop for NoticePanic<'_> {
    fn drop(&mut self) {
        if !self.before {
            self.entity.record_panic();
        }
    }
}

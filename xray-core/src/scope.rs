//! The context of work that comes in pieces.

use std::ops::Deref;

use crate::handle::Entity;
use crate::panic;
use crate::segment::Segment;
use crate::stack::{self, Token};
use crate::subsegment::Subsegment;

/// An entity whose work comes in pieces, such as the polls of a future and then the frames of a body.
///
/// For those who write an instrument; the futures of a program have [`XRayFutureExt`](crate::XRayFutureExt).
/// The entity ends when this is dropped, and has the annotation `cancelled` then: work that is done says so by
/// [`end`](Self::end). A panic in a piece is recorded, and is the end too; any other panic that drops this has cancelled it.
///
/// ```
/// use xray_core::{EntityScope, begin_segment, current_trace_id};
///
/// let mut scope = EntityScope::from(begin_segment("shop"));
/// assert_eq!(scope.run(current_trace_id), scope.trace_id());
/// assert_eq!(current_trace_id(), None);
/// scope.end();
/// ```
#[must_use = "the entity ends when this is dropped"]
#[derive(Debug)]
pub struct EntityScope {
    entity: Entity,
}

impl EntityScope {
    fn new(entity: Entity) -> Self {
        entity.set_cancelled_if_dropped(true);
        Self { entity }
    }

    /// Runs a piece of the work with the entity as what is current.
    pub fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let _piece = Piece::begin(&mut self.entity);
        work()
    }

    /// Ends the entity: its work is done.
    pub fn end(self) {
        self.entity.set_cancelled_if_dropped(false);
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
        self.entity.disown_panic();
    }
}

/// A piece of an entity's work: the entity is current. It is lent to the thread, so that nothing is cloned.
struct Piece<'a> {
    entity: &'a mut Entity,
    token: Option<Token>,
    panicking: bool,
}

impl<'a> Piece<'a> {
    fn begin(entity: &'a mut Entity) -> Self {
        let panicking = entity.is_recording() && begin_piece();
        let token = stack::put(&mut entity.context);
        Self { entity, token, panicking }
    }
}

impl Drop for Piece<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.token {
            stack::take_back(token, &mut self.entity.context);
        }
        end_piece(self.entity, self.panicking);
    }
}

/// Says that a piece of the work of an entity begins that is recorded. Whether the thread panics already.
pub(crate) fn begin_piece() -> bool {
    let panicking = std::thread::panicking();
    if !panicking {
        panic::forget();
    }
    panicking
}

/// Says that a piece has ended. A panic is noticed while it unwinds: not every executor drops a future that panicked at once.
pub(crate) fn end_piece(entity: &Entity, panicking: bool) {
    if entity.is_recording() && !panicking && std::thread::panicking() {
        entity.record_panic();
        entity.set_cancelled_if_dropped(false);
    }
}

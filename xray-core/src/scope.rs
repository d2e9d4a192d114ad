//! The context of work that comes in pieces.

use std::ops::Deref;

use crate::context::{self, Context, Token};
use crate::handle::Entity;
use crate::panic;
use crate::segment::Segment;
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
        run_piece(&mut self.entity, work)
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

/// Runs a piece of an entity's work with the entity as what is current. What is lent to the thread is the handle itself,
/// so that nothing is cloned.
#[inline]
pub(crate) fn run_piece<R>(entity: &mut Entity, work: impl FnOnce() -> R) -> R {
    if matches!(entity.context, Context::Recording(_)) {
        let _piece = Piece::begin(entity);
        work()
    } else {
        context::lend(&mut entity.context, work)
    }
}

/// A piece of the work of an entity that is recorded. A panic is noticed while it unwinds: not every executor drops a
/// future that panicked at once.
struct Piece<'a> {
    entity: &'a mut Entity,
    token: Option<Token>,
    /// Whether the thread panicked before.
    panicking: bool,
}

impl<'a> Piece<'a> {
    fn begin(entity: &'a mut Entity) -> Self {
        let panicking = std::thread::panicking();
        if !panicking {
            panic::forget();
        }
        let token = context::put(&mut entity.context);
        Self { entity, token, panicking }
    }
}

impl Drop for Piece<'_> {
    fn drop(&mut self) {
        if let Some(token) = self.token {
            context::take_back(token, &mut self.entity.context);
        }
        if !self.panicking && std::thread::panicking() {
            self.entity.record_panic();
            self.entity.set_cancelled_if_dropped(false);
        }
    }
}

//! The handle on a segment.

use std::ops::Deref;
use std::time::SystemTime;

use crate::format::{LONGEST_TEXT, is_origin};
use crate::handle::Entity;
use crate::name::truncated;
use crate::stack;

/// The work that one service does for one request; it ends, and is sent, when it is dropped.
///
/// All that can be put on it is at [`Entity`], to which it derefs.
#[must_use = "a segment ends when it is dropped"]
#[derive(Debug)]
pub struct Segment(pub(crate) Entity);

impl Segment {
    /// Sets the user on whose behalf the request came, at most 250 characters.
    pub fn set_user(&self, user: &str) {
        let user = truncated(user, LONGEST_TEXT).to_owned();
        self.0.change("user", |record| record.blocks().user = Some(user));
    }

    /// Sets the kind of AWS resource that runs the program, such as `AWS::ECS::Container`; anything of another form is rejected.
    pub fn set_origin(&self, origin: &str) {
        if is_origin(origin) {
            let origin = origin.to_owned();
            self.0.change("origin", |record| record.blocks().origin = Some(origin));
        } else {
            self.0.count_refused(Some(("origin", "it is not of the form AWS::Service::Resource")));
        }
    }

    /// Makes the segment current on this thread, and ends it when the result is dropped.
    ///
    /// That must not be held over an `.await`, though it compiles where tasks stay on their thread: see [`Entity::enter`].
    /// Futures have [`in_segment`](crate::XRayFutureExt::in_segment).
    pub fn entered(self) -> EnteredSegment {
        EnteredSegment { _entered: stack::enter(&self.0.context), segment: self }
    }

    /// Ends the segment and sends it, as dropping it does.
    ///
    /// Subsegments that are still open are sent on their own when they end.
    pub fn end(self) {
        self.0.set_cancelled_if_dropped(false);
    }

    /// Ends the segment at a given time, and sends it: for work that was over before it could be told.
    ///
    /// It ends no later than now, and not before it began: another time is taken for the nearest of these. What is below it
    /// may end later. (The start is told by [`SegmentBuilder::begin_at`](crate::SegmentBuilder::begin_at).)
    pub fn end_at(self, time: impl Into<SystemTime>) {
        self.0.end_at(time.into());
    }
}

impl Deref for Segment {
    type Target = Entity;

    fn deref(&self) -> &Entity {
        &self.0
    }
}

/// A segment that is current on this thread; dropped, it ends and what was current before is current again.
///
/// It is not `Send`, so a task that is spawned cannot hold it over an `.await`:
///
/// ```compile_fail,E0277
/// async fn work() {}
/// fn spawn<F: std::future::Future + Send>(_: F) {}
/// spawn(async {
///     let _segment = xray_core::begin_segment("shop").entered();
///     work().await;
/// });
/// ```
#[must_use = "the segment ends when this is dropped"]
#[derive(Debug)]
pub struct EnteredSegment {
    // Fields drop in order: first the context is restored, then the segment ends.
    _entered: stack::Entered,
    segment: Segment,
}

impl EnteredSegment {
    /// Ends the segment and sends it, as dropping it does.
    pub fn end(self) {}

    /// Ends the segment at a given time, see [`Segment::end_at`].
    pub fn end_at(self, time: impl Into<SystemTime>) {
        self.segment.0.end_at(time.into());
    }
}

impl Deref for EnteredSegment {
    type Target = Segment;

    fn deref(&self) -> &Segment {
        &self.segment
    }
}

//! A request that is being served.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Deref;

use xray_core::{Entity, EntityScope, Exception, HttpResponse, TraceHeader};

use super::header;
use crate::deadline::Deadline;

/// A request with its segment, which ends with the response's body. Dropped before, as nobody wants it any more, it is
/// cancelled.
#[derive(Debug)]
pub(crate) struct Serving {
    scope: EntityScope,
    /// Whether the caller asked for the decision.
    requested: bool,
    /// Whether the response has no body, whatever it says: the method is `HEAD`.
    is_head: bool,
    /// How much of the response's body is still to come, if that is known.
    left: Option<u64>,
    /// Until when the caller waits, if it says so.
    deadline: Option<Deadline>,
    /// Whether the work has panicked: that was its end, whatever is dropped when.
    panicked: bool,
}

impl Serving {
    pub(super) fn new(scope: EntityScope, requested: bool, is_head: bool) -> Self {
        Self { scope, requested, is_head, left: None, deadline: None, panicked: false }
    }

    pub(super) fn set_deadline(&mut self, deadline: Option<Deadline>) {
        self.deadline = deadline;
    }

    /// Ends the segment: the response is complete.
    pub(crate) fn end(self) {
        self.scope.end();
    }

    /// Learns how long the body of the response will be, if that is known.
    pub(crate) fn expect_body(&mut self, status: u16, length: Option<u64>) {
        // See <https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1>.
        let has_none = self.is_head || matches!(status, 100..=199 | 204 | 304);
        self.left = if has_none { Some(0) } else { length };
    }

    /// Hears how much has come of the body.
    pub(crate) fn count(&mut self, length: usize) {
        self.left = self.left.map(|left| left.saturating_sub(length as u64));
    }

    /// Hears that nothing follows. Of a body that is shorter than was declared, the client gets a part: the server breaks the
    /// connection off.
    pub(crate) fn complete_body(&mut self) {
        if let Some(left) = self.left.replace(0).filter(|left| *left > 0) {
            let message = format!("the body ended {left} bytes before its declared length");
            self.record_exception(Exception::new("IncompleteBody", &message));
            self.set_fault();
        }
    }

    /// Hears that the body has failed.
    pub(crate) fn fail_body(&mut self) {
        self.left = Some(0);
    }

    /// Ends the segment of a body that is dropped. A server that has sent all of it does not ask what follows.
    pub(crate) fn drop_body(self) {
        match self.left {
            Some(0) => self.end(),
            _ => self.give_up(),
        }
    }

    /// Ends the segment of a request that is dropped before its answer is complete: its time was up, or nobody wants it.
    pub(crate) fn give_up(self) {
        let is_up = !self.panicked && self.deadline.is_some_and(Deadline::has_passed);
        if is_up {
            Deadline::record_in(&self);
            self.end();
        }
    }

    /// Runs a piece of the handler or of the response's body in the segment's context. A panic is recorded, and goes on.
    pub(crate) fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let _mark = Mark::set();
        let panicked = std::mem::replace(&mut self.panicked, true);
        let done = self.scope.run(work);
        self.panicked = panicked;
        done
    }

    /// Records the pattern of the route that serves the request, if it is known by now.
    pub(crate) fn record_route<'a>(&self, route: impl FnOnce() -> Option<Cow<'a, str>>) {
        if self.is_recording()
            && let Some(route) = route()
        {
            self.put_metadata_in("http", "route", route);
        }
    }

    /// The header to put on the response, if any.
    pub(crate) fn answer(&self) -> Option<TraceHeader> {
        header::answer(&self.scope, self.requested)
    }

    /// Records the response. A length that is not declared is left out.
    pub(crate) fn record_response(&self, status: u16, content_length: Option<u64>) {
        let response = HttpResponse::new(status);
        self.set_http_response(match content_length {
            Some(length) => response.content_length(Some(length)),
            None => response,
        });
    }
}

/// To what can be put on the segment.
impl Deref for Serving {
    type Target = Entity;

    fn deref(&self) -> &Entity {
        &self.scope
    }
}

/// Runs a piece of the work for a request of which nothing is recorded.
pub(super) fn leave_out<R>(work: impl FnOnce() -> R) -> R {
    let _mark = Mark::set();
    work()
}

/// Whether a request is being served on this thread right now, or left out.
pub(super) fn is_serving() -> bool {
    SERVING.get()
}

thread_local! {
    static SERVING: Cell<bool> = const { Cell::new(false) };
}

/// Marks the thread until dropped. The context does not tell: a segment that is current need not be that of a request, and
/// on a single-threaded runtime that of `main` is current everywhere.
struct Mark {
    before: bool,
}

impl Mark {
    fn set() -> Self {
        Self { before: SERVING.replace(true) }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        SERVING.set(self.before);
    }
}

//! A request that is being served.

use std::cell::Cell;
use std::ops::Deref;

use xray_core::{Entity, EntityScope, HttpResponse, TraceHeader};

use super::header;

/// A request with its segment, which ends when this is dropped: when the response's body has ended, or when nobody wants
/// it any more.
#[derive(Debug)]
pub(crate) struct Serving {
    scope: EntityScope,
    /// Whether the caller asked for the decision.
    requested: bool,
}

impl Serving {
    pub(super) fn new(scope: EntityScope, requested: bool) -> Self {
        Self { scope, requested }
    }

    /// Runs a piece of the handler or of the response's body in the segment's context. A panic is recorded, and goes on.
    pub(crate) fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let _mark = Mark::set();
        self.scope.run(work)
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

/// Whether a request is being served on this thread right now.
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

//! An invocation that runs: its scope, and who looks after it when its time is up.

use std::ops::{Deref, DerefMut};

use xray_core::__private::OpenWork;
use xray_core::EntityScope;

use super::deadline::Watched;

/// The scope of an invocation, and of the stream that it answers with. Dropped, it has been cancelled.
#[derive(Debug)]
pub(super) struct Running {
    scope: EntityScope,
    /// Until the invocation has ended.
    _watched: Option<Watched>,
}

impl Running {
    /// `deadline` is in milliseconds since the epoch; 0 if there is none.
    pub(super) fn new(scope: EntityScope, deadline: u64) -> Self {
        let watched = OpenWork::of(&scope).and_then(|work| Watched::until(deadline, work));
        Self { scope, _watched: watched }
    }

    pub(super) fn end(self) {
        self.scope.end();
    }
}

impl Deref for Running {
    type Target = EntityScope;

    fn deref(&self) -> &EntityScope {
        &self.scope
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut EntityScope {
        &mut self.scope
    }
}

//! What is open of a trace, for those who know that the process is about to end.

use crate::context::Context;
use crate::entity::TreeHandle;
use crate::handle::Entity;

/// A look at what is recorded with an entity, which ends nothing.
///
/// For those who write an adapter to a runtime.
#[doc(hidden)]
#[derive(Debug)]
pub struct OpenWork(TreeHandle);

impl OpenWork {
    /// The work of an entity; `None` if it is not recorded.
    #[must_use]
    pub fn of(entity: &Entity) -> Option<Self> {
        match &entity.context {
            Context::Recording(handle) => Some(Self(handle.clone())),
            _ => None,
        }
    }

    /// Sends every subsegment that is open in a function of Lambda's, in progress. Each is sent once more if it ends.
    pub fn send(&self) {
        self.0.send_open();
    }
}

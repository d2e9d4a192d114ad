//! What a trace has of a call through a client library, known before there is anything of it.

use crate::context::{self, Context};
use crate::library::{Library, is_patched};

/// What comes of a call through a client library; for those who write an instrument that has something to prepare before
/// [`begin_client_subsegment`](crate::begin_client_subsegment).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCall {
    /// Nothing: the library is not [patched](crate::patch), or no segment is current and nobody wants to know.
    Untraced,
    /// A report, by [`ContextMissing`](crate::ContextMissing), that no segment is current.
    Missing,
    /// A header to send, in a trace that is not sampled.
    Unsampled,
    /// A subsegment, and its header to send.
    Recorded,
}

impl ClientCall {
    /// What would come of a call that is made here and now. Nothing is begun or reported.
    ///
    /// ```
    /// # use xray_core::{ClientCall, Library};
    /// assert_eq!(ClientCall::of(Library::Reqwest), ClientCall::Untraced);
    /// ```
    #[must_use]
    pub fn of(library: Library) -> Self {
        let (call, libraries) = context::with_current(|current| {
            let call = match current {
                Context::Absent => Self::Missing,
                Context::Unsampled(_) | Context::UnsampledWith(_) => Self::Unsampled,
                Context::Recording(_) => Self::Recorded,
            };
            (call, current.libraries())
        });
        if !is_patched(library, libraries) || (call == Self::Missing && !context::is_missing_reported()) {
            return Self::Untraced;
        }
        call
    }
}

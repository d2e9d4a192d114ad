//! What a trace has of a call through a client library, known before there is anything of it.

use crate::context::Context;
use crate::library::{Library, is_patched, mention};
use crate::missing;
use crate::stack;

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
        match Self::look(library) {
            Self::Missing if !missing::is_reported() => Self::Untraced,
            call => call,
        }
    }

    /// As [`of`](Self::of), with a segment that is missing, whether that is reported or not.
    fn look(library: Library) -> Self {
        let (call, libraries) = stack::with_current(|current| {
            let call = match current {
                Context::Absent => Self::Missing,
                Context::Suppressed | Context::Untraced => Self::Untraced,
                Context::Unsampled(_) | Context::UnsampledWith(_) => Self::Unsampled,
                Context::Recording(_) => Self::Recorded,
            };
            (call, current.libraries())
        });
        if !is_patched(library, libraries) {
            mention(library, missing::is_switched_off);
            return Self::Untraced;
        }
        call
    }

    /// What comes of a call that begins here and now, for an instrument that hands what is not recorded through as it is.
    ///
    /// A missing segment is reported, as by [`begin_client_subsegment`](crate::begin_client_subsegment), which is not needed then.
    ///
    /// ```
    /// # use xray_core::{ClientCall, Library};
    /// let recorder = xray_core::Recorder::builder().libraries([Library::Reqwest]).build()?;
    /// let _segment = recorder.segment("shop").sampled(true).begin().entered();
    /// assert_eq!(ClientCall::begin(Library::Reqwest), ClientCall::Recorded);
    /// assert_eq!(ClientCall::begin(Library::Mongodb), ClientCall::Untraced);
    /// # Ok::<(), xray_core::ConfigError>(())
    /// ```
    ///
    /// # Panics
    /// If no segment is current, and [`ContextMissing::RuntimeError`](crate::ContextMissing::RuntimeError) says so.
    #[must_use]
    pub fn begin(library: Library) -> Self {
        let call = Self::look(library);
        if call != Self::Missing {
            return call;
        }
        let is_reported = missing::is_reported();
        missing::report("call through", library.name());
        if is_reported { Self::Missing } else { Self::Untraced }
    }

    /// Whether there is a header to send, of a trace that is recorded or not.
    #[must_use]
    pub fn is_traced(self) -> bool {
        matches!(self, Self::Unsampled | Self::Recorded)
    }
}

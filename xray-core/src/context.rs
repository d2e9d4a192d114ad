//! What a handle stands for, and what comes of work that begins below it.

use std::sync::Arc;

use crate::entity::TreeHandle;
use crate::header::{Sampled, TraceHeader};
use crate::id::{SegmentId, TraceId};
use crate::library::LibrarySet;

/// What a handle stands for. Not recording is a state of it, not another type.
#[derive(Clone, Debug, Default)]
pub(crate) enum Context {
    /// Nothing, where a segment was expected: none was current. Entered, it leaves what is current as it is.
    #[default]
    Absent,
    /// Nothing, and nobody misses it, of a call through a library that is not patched. Entered, it leaves what is current as it is.
    Untraced,
    /// Nothing on purpose, of an emitter or a disabled SDK. Entered, it hides what is current, and nothing is missing there.
    Suppressed,
    /// A trace that is not recorded, whose header still travels on.
    Unsampled(Unsampled),
    /// The same, where more than that of the incoming header is passed on.
    UnsampledWith(Arc<PassedOn>),
    /// An entity of a trace that is recorded.
    Recording(TreeHandle),
}

/// What there is of a trace that is not recorded. It is copied for each subsegment: nothing is allocated, nothing counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unsampled {
    pub(crate) root: TraceId,
    pub(crate) parent: Option<SegmentId>,
    pub(crate) libraries: Option<LibrarySet>,
}

/// A header that goes on as it is while nothing is recorded.
#[derive(Debug)]
pub(crate) struct PassedOn {
    /// Without a root there is nothing to pass on.
    pub(crate) header: TraceHeader,
    pub(crate) libraries: Option<LibrarySet>,
    /// Whether it is that of a facade.
    pub(crate) facade: bool,
}

impl Context {
    pub(crate) fn unsampled(unsampled: Unsampled, extras: Option<Arc<str>>) -> Self {
        if extras.is_none() {
            return Self::Unsampled(unsampled);
        }
        let header = unsampled.trace_header().with_extras(extras);
        Self::UnsampledWith(Arc::new(PassedOn { header, libraries: unsampled.libraries, facade: false }))
    }

    /// The id of the trace, recorded or not.
    pub(crate) fn trace_id(&self) -> Option<TraceId> {
        match self {
            Self::Absent | Self::Untraced | Self::Suppressed => None,
            Self::Unsampled(unsampled) => Some(unsampled.root),
            Self::UnsampledWith(passed_on) => passed_on.header.root(),
            Self::Recording(handle) => Some(handle.origin().trace_id),
        }
    }

    /// The header for calls that are made in this context; `None` if there is no trace.
    pub(crate) fn trace_header(&self) -> Option<TraceHeader> {
        match self {
            Self::Absent | Self::Untraced | Self::Suppressed => None,
            Self::Unsampled(unsampled) => Some(unsampled.trace_header()),
            Self::UnsampledWith(passed_on) => passed_on.header.root().map(|_| passed_on.header.clone()),
            Self::Recording(handle) => Some(
                TraceHeader::new(handle.origin().trace_id)
                    .with_parent(handle.id())
                    .with_sampled(if handle.origin().is_sampled() { Sampled::Yes } else { Sampled::No })
                    .with_extras(handle.origin().extras.clone()),
            ),
        }
    }

    /// The libraries that are traced in this context, where they are not those of the process.
    pub(crate) fn libraries(&self) -> Option<LibrarySet> {
        match self {
            Self::Absent | Self::Untraced | Self::Suppressed => None,
            Self::Unsampled(unsampled) => unsampled.libraries,
            Self::UnsampledWith(passed_on) => passed_on.libraries,
            Self::Recording(handle) => handle.settings().libraries,
        }
    }

    /// A subsegment of this one.
    #[inline]
    pub(crate) fn begin_child(&self, name: &str) -> Self {
        match self {
            Self::Absent => Self::Absent,
            Self::Untraced => Self::Untraced,
            Self::Suppressed => Self::Suppressed,
            Self::Unsampled(unsampled) => Self::Unsampled(*unsampled),
            Self::UnsampledWith(passed_on) => Self::UnsampledWith(Arc::clone(passed_on)),
            Self::Recording(handle) => Self::Recording(handle.begin_child(name)),
        }
    }

    /// A subsegment of this one that began at a given time, in microseconds since the Unix epoch.
    pub(crate) fn begin_child_at(&self, name: &str, time: u64) -> Self {
        match self {
            Self::Recording(handle) => Self::Recording(handle.begin_child_at(name, time)),
            other => other.begin_child(name),
        }
    }

    /// A subsegment of this one that is not recorded, whatever this one is; nor are those below it.
    pub(crate) fn begin_child_without_sampling(&self) -> Self {
        let handle = match self {
            Self::Recording(handle) => handle,
            // Reported by now, and what was not to be recorded is not missed.
            Self::Absent => return Self::Untraced,
            other => return other.begin_child(""),
        };
        let origin = handle.origin();
        let root = origin.trace_id;
        let unsampled = Unsampled { root, parent: Some(handle.id()), libraries: handle.settings().libraries };
        if !handle.is_in_facade() {
            return Self::unsampled(unsampled, origin.extras.clone());
        }
        let header = unsampled.trace_header().with_extras(origin.extras.clone());
        Self::UnsampledWith(Arc::new(PassedOn { header, libraries: unsampled.libraries, facade: true }))
    }

    /// Whether to enter this one, where the other is current, would change nothing. Not asked of entities: each is one of its own.
    #[inline]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Suppressed, Self::Suppressed) => true,
            (Self::Unsampled(this), Self::Unsampled(other)) => this == other,
            (Self::UnsampledWith(this), Self::UnsampledWith(other)) => Arc::ptr_eq(this, other),
            _ => false,
        }
    }

    /// Whether the segment is a facade, recorded or not.
    pub(crate) fn is_in_facade(&self) -> bool {
        match self {
            Self::Absent | Self::Untraced | Self::Suppressed | Self::Unsampled(_) => false,
            Self::UnsampledWith(passed_on) => passed_on.facade,
            Self::Recording(handle) => handle.is_in_facade(),
        }
    }
}

impl Unsampled {
    fn trace_header(&self) -> TraceHeader {
        let header = TraceHeader::new(self.root).with_sampled(Sampled::No);
        match self.parent {
            Some(parent) => header.with_parent(parent),
            None => header,
        }
    }
}

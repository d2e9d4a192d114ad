//! What is current on this thread, for code that holds no handle.

use std::any::type_name_of_val;

use crate::annotation::AnnotationValue;
use crate::context::Context;
use crate::error::Cause;
use crate::handle::Entity;
use crate::header::TraceHeader;
use crate::id::TraceId;
use crate::log_reference::LogReference;
use crate::missing;
use crate::segment::Segment;
use crate::stack;
use crate::subsegment::Subsegment;

/// What is current, be it a segment or a subsegment, to look at from elsewhere; dropping this handle does not end it.
///
/// Threads, callbacks and closures that run on other threads take it along, and enter it there:
///
/// ```
/// # use xray_core::{begin_segment, current_entity, current_trace_id, put_annotation};
/// let segment = begin_segment("shop").entered();
/// let current = current_entity();
/// std::thread::scope(|scope| {
///     for part in ["one", "two"] {
///         let current = &current;
///         scope.spawn(move || {
///             let _guard = current.enter(); // or `current.entered()`, which owns the handle
///             xray_core::begin_subsegment(part).end();
///         });
///     }
/// });
/// # assert_eq!(current.trace_id(), segment.trace_id());
/// ```
///
/// It stands for nothing if nothing is current.
#[must_use]
pub fn current_entity() -> Entity {
    Entity::new(stack::current())
}

/// The segment that the current entity belongs to, to add to it; dropping this handle does not end it.
pub fn current_segment() -> Segment {
    Segment(Entity::new(match stack::current() {
        Context::Recording(handle) => Context::Recording(handle.segment()),
        other => other,
    }))
}

/// The subsegment that is current, to add to it; dropping this handle does not end it.
///
/// It stands for nothing if the segment itself is current: [`current_entity`] is either. What is put on it then is reported
/// like a missing segment, by [`ContextMissing`](crate::ContextMissing), and counted in [`Stats`](crate::Stats).
pub fn current_subsegment() -> Subsegment {
    Subsegment(Entity::new(match stack::current() {
        Context::Recording(handle) if !handle.is_subsegment() => Context::Absent,
        other => other,
    }))
}

/// The header for a call made here; `None` if there is no trace.
#[must_use]
pub fn current_trace_header() -> Option<TraceHeader> {
    stack::with_current(Context::trace_header)
}

/// The id of the trace that is current, sampled or not.
#[must_use]
pub fn current_trace_id() -> Option<TraceId> {
    stack::with_current(Context::trace_id)
}

/// What a log line says of the trace that is current; `None` if there is none.
///
/// Under the feature `tracing-subscriber`, the module `logs` writes it into every line.
#[must_use]
pub fn current_log_reference() -> Option<LogReference> {
    stack::with_current(|current| {
        let segment_id = match current {
            Context::Recording(handle) if handle.origin().is_sampled() => Some(handle.id()),
            _ => None,
        };
        Some(LogReference::new(current.trace_id()?, segment_id))
    })
}

/// Whether a trace is current and recorded.
#[must_use]
pub fn is_sampled() -> bool {
    stack::with_current(|current| matches!(current, Context::Recording(handle) if handle.origin().is_sampled()))
}

/// Puts an annotation on what is current, see [`Entity::put_annotation`].
pub fn put_annotation<'a>(key: &str, value: impl Into<AnnotationValue<'a>>) {
    with_current_entity("annotation", key, |entity| entity.put_annotation(key, value));
}

/// Puts metadata on what is current, see [`Entity::put_metadata`].
pub fn put_metadata(key: &str, value: impl serde::Serialize) {
    with_current_entity("metadata", key, |entity| entity.put_metadata(key, value));
}

/// Puts metadata in a namespace of one's own on what is current, see [`Entity::put_metadata_in`].
pub fn put_metadata_in(namespace: &str, key: &str, value: impl serde::Serialize) {
    with_current_entity("metadata", key, |entity| entity.put_metadata_in(namespace, key, value));
}

/// Records an error on what is current, see [`Entity::record_error`].
///
/// ```
/// # use xray_core::{begin_segment, record_error};
/// let _segment = begin_segment("shop").entered();
/// if let Err(error) = "seventeen".parse::<u8>() {
///     record_error(&error); // and go on
/// }
/// ```
pub fn record_error<Kind>(error: &(impl Cause<Kind> + ?Sized)) {
    with_current_entity("error", type_name_of_val(error), |entity| entity.record_error(error));
}

fn with_current_entity(what: &str, name: &str, put: impl FnOnce(&Entity)) {
    match stack::current() {
        Context::Absent => missing::report(what, name),
        // A clone is put on, because putting runs the user's code.
        context => put(&Entity::new(context)),
    }
}

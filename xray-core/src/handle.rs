//! What segments and subsegments have in common.

use std::any::type_name_of_val;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::SystemTime;

use serde::Serialize;

use crate::annotation::AnnotationValue;
use crate::clock::unix_microseconds;
use crate::context::Context;
use crate::document::{HttpRequest, HttpResponse, Record, Refusal, to_field, to_json};
use crate::entity::TreeHandle;
use crate::error::{Cause, Exception};
use crate::format::{MOST_LINKS, RESERVED_NAMESPACE, call_field, segment_field};
use crate::header::TraceHeader;
use crate::id::{SegmentId, TraceId};
use crate::missing;
use crate::panicked;
use crate::stack::{self, Entered};

/// A segment or a subsegment: the work that is traced.
///
/// It is always there, recording or not: every method works, and does nothing where nothing is
/// recorded. Methods return no `Result` and never panic (but for
/// [`ContextMissing::RuntimeError`](crate::ContextMissing::RuntimeError)); what cannot be recorded is counted in
/// [`Stats`](crate::Stats) and logged. Once the entity has ended, changes are rejected.
///
/// A handle may stand for nothing: begun while no segment was current, or that of the current subsegment where there is none.
/// What is put on it while a segment is current is lost, and reported like a missing segment.
pub struct Entity {
    /// Dropped, it ends what it owns.
    pub(crate) context: Context,
}

impl Entity {
    pub(crate) fn new(context: Context) -> Self {
        Self { context }
    }

    /// A handle that stands for nothing.
    #[inline]
    pub(crate) fn absent() -> Self {
        Self { context: Context::Absent }
    }

    /// The entity's id; `None` where nothing is recorded.
    #[must_use]
    pub fn id(&self) -> Option<SegmentId> {
        match &self.context {
            Context::Recording(handle) => Some(handle.id()),
            _ => None,
        }
    }

    /// The trace's id, also of a trace that is not sampled; `None` if there is no trace.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.context.trace_id()
    }

    /// Whether what is put on the entity will be seen by anybody.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        matches!(self.context, Context::Recording(_))
    }

    /// The header for a call that is made on behalf of this entity; `None` if there is no trace.
    #[must_use]
    pub fn trace_header(&self) -> Option<TraceHeader> {
        self.context.trace_header()
    }

    /// Makes the entity current on this thread until the guard is dropped.
    ///
    /// A handle that stands for nothing, as there was no segment or the library is not patched, changes nothing: what is
    /// current stays so. With the SDK disabled nothing is current then.
    ///
    /// The guard borrows the handle, so one of a temporary, which would end its entity at once, does not compile:
    ///
    /// ```compile_fail,E0716
    /// let _guard = xray_core::begin_subsegment("charge").enter();
    /// // ...
    /// ```
    ///
    /// Either the handle has a name, `let charge = begin_subsegment("charge"); let _guard = charge.enter();`, or the guard
    /// owns it, `let charge = begin_subsegment("charge").entered();`.
    ///
    /// # Not over an `.await`
    ///
    /// While one task waits, others run on its thread, and what is current there is current for them: they would work in its
    /// subsegment. The guard is not `Send`, so that a task which holds one cannot be spawned. Where tasks stay on their
    /// thread (a `LocalSet`, the handlers of actix-web, `block_on`), it compiles all the same; then one line in the log says
    /// so, where it is noticed. Futures have [`in_subsegment`](crate::XRayFutureExt::in_subsegment) and
    /// [`in_segment`](crate::XRayFutureExt::in_segment), and clippy finds the guards, if `clippy.toml` names them as the README
    /// shows.
    pub fn enter(&self) -> EntityGuard<'_> {
        EntityGuard { _entered: stack::enter(&self.context), entity: PhantomData }
    }

    /// Makes the entity current on this thread until the result is dropped, which holds the handle: for closures and
    /// callbacks that take [`current_entity`](crate::current_entity) along.
    ///
    /// It is not for futures either, see [`enter`](Self::enter).
    pub fn entered(self) -> EnteredEntity {
        EnteredEntity { _entered: stack::enter(&self.context), entity: self }
    }

    /// Adds or replaces an annotation: a value by which traces can be searched.
    ///
    /// Characters of the key other than `[A-Za-z0-9_]` become `_`. An entity has at most 50 annotations, and more are
    /// rejected: X-Ray indexes no more than 50 of a whole trace. All that is on an entity takes no more than 112 KB.
    /// [`AnnotationValue`] says what a value may be; `None` puts nothing.
    ///
    /// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-annotations>.
    pub fn put_annotation<'a>(&self, key: &str, value: impl Into<AnnotationValue<'a>>) {
        if let Some(handle) = self.recording("annotation", key)
            && let AnnotationValue(Some(value)) = value.into()
        {
            handle.change(key, |record| record.put_annotation(key, &value));
        }
    }

    /// Adds or replaces metadata in the namespace `default`: any value, not searchable.
    ///
    /// The value is turned into JSON at once, up to 60,000 bytes and 48 levels; a larger or deeper
    /// one is replaced by a note that says so. Its `Serialize` is stopped by an error after a megabyte.
    ///
    /// An entity keeps 100 KB of metadata, more than fits into a document; what is more is rejected.
    ///
    /// The value is dropped here, after it was recorded: if its `Drop` panics, the panic goes on to the caller.
    pub fn put_metadata(&self, key: &str, value: impl Serialize) {
        self.put_metadata_in("default", key, value);
    }

    /// Adds or replaces metadata in a namespace of one's own. Namespaces that begin with `AWS.` are reserved.
    pub fn put_metadata_in(&self, namespace: &str, key: &str, value: impl Serialize) {
        if let Some(handle) = self.recording("metadata", key) {
            // A value that has no place anyway is not looked at.
            let is_reserved = namespace.starts_with(RESERVED_NAMESPACE);
            if handle.change(key, |record| !is_reserved && record.has_room_for_metadata(namespace, key)) {
                let json = to_json(&value);
                handle.change(key, |record| record.put_metadata(namespace, key, json));
            }
        }
    }

    /// Adds or replaces a value of the `aws` block, such as `operation` or `table_name`.
    ///
    /// The block's fields have types, and receivers refuse the whole segment for a value of another type. A value that can be
    /// converted is: the number 123456789012 is the text that `account_id` is, `"3"` is the count of `retries`, and a text
    /// alone is a list of one, as for `table_names`. What cannot be converted is rejected, as are keys of calls on a segment,
    /// keys of the resource that runs the program on a subsegment, `xray`, and a value of more than 60,000 bytes. Other keys of
    /// a subsegment may have any value, and are spelled `in_snake_case`. A value that is `None` is left out.
    pub fn put_aws(&self, key: &str, value: impl Serialize) {
        if let Some(handle) = self.recording("value", key) {
            let field = if handle.is_segment() { segment_field(key) } else { call_field(key) };
            let mut refusals = Vec::new();
            if let Some(json) = to_field(field, key, &value, &mut refusals) {
                handle.change(key, |record| record.put_aws(key, json));
            }
            for Refusal { what, reason } in refusals {
                handle.settings().count_rejected(&what, &reason);
            }
        }
    }

    /// Links the segment or subsegment of another trace that this work is about, such as the sender of a message.
    ///
    /// A header without root or parent names none, and is rejected. At most 20 are kept, the number of traces that X-Ray
    /// shows as linked.
    pub fn put_link(&self, header: &TraceHeader) {
        if let Some(handle) = self.recording("value", "links") {
            handle.change("links", |record| {
                let (Some(root), Some(parent)) = (header.root(), header.parent()) else { return false };
                let links = &mut record.blocks().links;
                let room = links.len() < MOST_LINKS;
                if room && !links.contains(&(root, parent)) {
                    links.push((root, parent));
                }
                room
            });
        }
    }

    /// Records an error with the whole chain of its sources, and flags the entity as faulty.
    ///
    /// An error that an entity below has recorded already is referred to, not repeated. It keeps a stack if
    /// [`stack_frames`](crate::RecorderBuilder::stack_frames) says so, that of the place which recorded it first. The segment
    /// of a Lambda function cannot carry an error: there it is sent as a subsegment `## handler`, unless a subsegment has
    /// recorded it.
    pub fn record_error<Kind>(&self, error: &(impl Cause<Kind> + ?Sized)) {
        if self.recording("error", type_name_of_val(error)).is_some() {
            self.record_own(Exception::from_error(error));
        }
    }

    /// Records an error that arose elsewhere, as [`record_error`](Self::record_error) does, but without a stack: this place
    /// says nothing of where; for those who write an instrument.
    pub fn record_foreign_error<Kind>(&self, error: &(impl Cause<Kind> + ?Sized)) {
        if self.recording("error", type_name_of_val(error)).is_some() {
            self.record_fault(Exception::from_error(error));
        }
    }

    /// Records an error of which only the type and perhaps a text are known.
    pub(crate) fn record_message(&self, type_name: &str, message: &dyn fmt::Display) {
        if self.is_recording() {
            self.record_own(Exception::from_display(type_name, message));
        }
    }

    /// Records an error of the program, with the stack of this place if the recorder wants one.
    fn record_own(&self, mut exception: Exception) {
        if let Context::Recording(handle) = &self.context {
            exception.add_stack(handle.stack_frames(&exception));
        }
        self.record_fault(exception);
    }

    /// Records an exception, and flags the entity as faulty.
    pub fn record_fault(&self, exception: Exception) {
        let Some(handle) = self.recording("exception", exception.type_name()) else { return };
        if handle.is_facade() {
            stack::suppress(|| handle.report(exception));
        } else {
            handle.record_exception(exception);
            self.set_fault();
        }
    }

    /// Records an exception without setting a flag: the caller knows whether it is an error or a fault.
    pub fn record_exception(&self, exception: Exception) {
        if let Some(handle) = self.recording("exception", exception.type_name()) {
            handle.record_exception(exception);
        }
    }

    /// Flags an error of the caller, such as HTTP 4xx.
    pub fn set_error(&self) {
        self.change("error", |record| record.flags.error = true);
    }

    /// Flags a fault of this side, such as HTTP 5xx or an error that was not handled.
    pub fn set_fault(&self) {
        self.change("fault", |record| record.flags.fault = true);
    }

    /// Flags a call that was throttled, such as HTTP 429, which is an error.
    ///
    /// The fault that a status of 5xx stands for is then none, as in the Java SDK; one that the program has recorded stays.
    pub fn set_throttle(&self) {
        self.change("throttle", |record| record.flags.set_throttle());
    }

    /// Sets the request of the `http` block.
    ///
    /// A URL or a client's address that is none is left out and counted as rejected.
    pub fn set_http_request(&self, request: HttpRequest) {
        let refused = request.refused();
        self.change("http.request", |record| record.blocks().http_request = Some(request));
        self.count_refused(refused);
    }

    /// Sets the response of the `http` block, and the flags that its status stands for.
    ///
    /// A status outside of 100 to 599 is left out and counted as rejected.
    pub fn set_http_response(&self, response: HttpResponse) {
        let refused = response.refused();
        self.change("http.response", |record| {
            if let Some(status) = response.status() {
                record.flags.set_status(status);
            }
            record.blocks().http_response = Some(response);
        });
        self.count_refused(refused);
    }

    pub(crate) fn count_refused(&self, refused: Option<(&'static str, &'static str)>) {
        if let Context::Recording(handle) = &self.context
            && let Some((what, reason)) = refused
        {
            handle.settings().count_rejected(what, reason);
        }
    }

    /// Replaces the name.
    pub fn set_name(&self, name: &str) {
        self.change("name", |record| record.rename(name));
    }

    pub(crate) fn change(&self, what: &str, change: impl FnOnce(&mut Record)) {
        if let Some(handle) = self.recording("value", what) {
            handle.change(what, |record| {
                change(record);
                true
            });
        }
    }

    /// What is recorded. Says that `what` is lost, if the handle stands for nothing.
    #[inline]
    pub(crate) fn recording(&self, what: &str, name: &str) -> Option<&TreeHandle> {
        match &self.context {
            Context::Recording(handle) => Some(handle),
            Context::Absent => {
                missing::report_misplaced(what, name);
                None
            }
            _ => None,
        }
    }

    /// Ends what the handle owns, now or at a time in microseconds since the Unix epoch. A second call does nothing.
    #[inline]
    fn finish(&self, time: Option<u64>) {
        if let Context::Recording(handle) = &self.context
            && handle.owns()
        {
            self.record_panic();
            if let Some(leaving) = handle.end(time) {
                // What the emitter itself traces is not part of this trace: it would be emitted in turn, without end.
                stack::suppress(|| handle.send(leaving));
            }
        }
    }

    /// As dropping it, at a given time.
    pub(crate) fn end_at(&self, time: SystemTime) {
        self.set_cancelled_if_dropped(false);
        self.finish(Some(unix_microseconds(time)));
    }

    /// Says that the panic which this thread unwinds from, if it does, is not the entity's.
    pub(crate) fn disown_panic(&mut self) {
        if let Context::Recording(handle) = &mut self.context {
            handle.disown_panic();
        }
    }

    /// Says whether a drop of this handle comes before the end of the work: then it is marked as cancelled.
    pub(crate) fn set_cancelled_if_dropped(&self, cancelled: bool) {
        if let Context::Recording(handle) = &self.context {
            handle.set_awaits_end(cancelled);
        }
    }

    /// Records the panic that this thread unwinds from, if it began after the entity.
    pub(crate) fn record_panic(&self) {
        if let Context::Recording(handle) = &self.context
            && handle.is_panicking()
        {
            self.record_fault(panicked::current());
        }
    }
}

impl Drop for Entity {
    #[inline]
    fn drop(&mut self) {
        self.finish(None);
    }
}

/// The clone looks at the same entity; dropping it does not end that.
impl Clone for Entity {
    fn clone(&self) -> Self {
        Self { context: self.context.clone() }
    }
}

/// A panic leaves an entity as it was: what a caught panic has seen of it can be used on.
impl UnwindSafe for Entity {}
impl RefUnwindSafe for Entity {}

impl fmt::Debug for Entity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.context {
            Context::Absent => "absent",
            Context::Untraced => "untraced",
            Context::Suppressed => "suppressed",
            Context::Unsampled(_) | Context::UnsampledWith(_) => "unsampled",
            Context::Recording(_) => "recording",
        };
        let mut output = formatter.debug_struct("Entity");
        output.field("state", &state).field("trace_id", &self.trace_id()).field("id", &self.id()).finish()
    }
}

/// Makes an entity current on this thread until it is dropped.
#[must_use = "the entity is current only as long as the guard lives"]
#[derive(Debug)]
pub struct EntityGuard<'a> {
    _entered: Entered,
    entity: PhantomData<&'a Entity>,
}

impl Drop for EntityGuard<'_> {
    /// Does nothing, but for the compiler: a guard with a `Drop` of its own may not outlive what it borrows, so that there is
    /// none of a temporary.
    fn drop(&mut self) {}
}

/// Looks at an entity, which is current on this thread until this is dropped; made by [`Entity::entered`].
#[must_use = "the entity is current only as long as this lives"]
#[derive(Debug)]
pub struct EnteredEntity {
    _entered: Entered,
    entity: Entity,
}

impl Deref for EnteredEntity {
    type Target = Entity;

    fn deref(&self) -> &Entity {
        &self.entity
    }
}

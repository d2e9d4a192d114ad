//! A segment's tree, and the handle on one of its entities.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use super::arena::{Arena, Index};
use super::departure::depart;
use super::settings::Settings;
use crate::annotation::Value;
use crate::clock::{Anchor, microseconds};
use crate::document::{Branch, Record};
use crate::error::Exception;
use crate::id::{SegmentId, TraceId};
use crate::panic;
use crate::random::notice_copy;
use crate::sampling::Watch;

/// A segment with all that is below it.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(super) settings: Arc<Settings>,
    pub(super) origin: Origin,
    segment: SegmentId,
    head: Head,
    /// Nothing below the segment begins before it. When a facade's began, nobody has said: 0.
    begun: u64,
    anchor: Anchor,
    arena: Mutex<Arena>,
}

/// What stands at the head of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    /// A segment of ours.
    Segment,
    /// A segment of somebody else, who ends and sends it.
    Facade,
    /// Work that was begun as a subsegment in a trace of which no entity is known. It is sent as a segment.
    Subsegment,
}

/// Where a trace comes from and what chose it.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) trace_id: TraceId,
    pub(crate) parent: Option<SegmentId>,
    /// Keys of the incoming header that are passed on.
    pub(crate) extras: Option<Arc<str>>,
    pub(crate) rule_name: Option<Arc<str>>,
    /// Who looks for anomalies. A trace that was not sampled is recorded only because one may come.
    pub(crate) watch: Option<Arc<Watch>>,
}

impl Origin {
    /// Whether the trace was chosen to be sent, whatever becomes of it.
    pub(crate) fn is_sampled(&self) -> bool {
        self.watch.as_ref().is_none_or(|watch| watch.is_sampled())
    }

    /// Whether what leaves is sent.
    pub(super) fn is_sent(&self) -> bool {
        self.watch.as_ref().is_none_or(|watch| watch.is_sampled() || watch.is_captured())
    }
}

/// How many finished subsegments are kept at least of a trace that may yet be sent.
const LEAST_KEPT: usize = 100;

/// One entity: the tree and the entity's place in it.
///
/// The handle that began an entity owns it; a clone only looks at it.
#[derive(Debug)]
pub(crate) struct TreeHandle {
    tree: Arc<dyn AnyTree>,
    id: SegmentId,
    index: Index,
    role: Role,
    /// Whether a drop comes before the end of the work, and not with it.
    awaits_end: AtomicBool,
}

/// A tree, of which the compiler knows no more than that any thread may have it.
///
/// Each future that is traced holds a handle. To see whether a future is `Send`, the compiler looks at all that is in it, and
/// gives up at a depth that futures in futures reach soon: behind this trait it need not look at a recorder, a sampler and
/// regular expressions.
trait AnyTree: fmt::Debug + Send + Sync {
    fn tree(&self) -> &Tree;
}

impl AnyTree for Tree {
    #[inline]
    fn tree(&self) -> &Tree {
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Looks,
    Owns,
    /// The thread was panicking already when the entity began, or when its future was dropped: that panic is not the entity's.
    OwnsSincePanic,
}

impl Clone for TreeHandle {
    fn clone(&self) -> Self {
        self.looking_at(self.id, self.index)
    }
}

impl TreeHandle {
    /// Begins a segment at a time that is not after its anchor's.
    pub(crate) fn begin(settings: Arc<Settings>, anchor: Anchor, begun: u64, name: &str, origin: Origin) -> Self {
        Self::begin_as(Head::Segment, settings, anchor, begun, name, origin)
    }

    /// Begins work in a trace of which no entity is known, so that it cannot be a subsegment but in name.
    pub(crate) fn begin_alone(settings: Arc<Settings>, name: &str, origin: Origin) -> Self {
        let anchor = settings.clock.anchor();
        notice_copy(&anchor);
        let begun = anchor.start();
        Self::begin_as(Head::Subsegment, settings, anchor, begun, name, origin)
    }

    fn begin_as(head: Head, settings: Arc<Settings>, anchor: Anchor, begun: u64, name: &str, origin: Origin) -> Self {
        let (arena, id) = Arena::new(name, origin.parent, begun);
        let tree = Tree { settings, origin, segment: id, head, begun, anchor, arena: Mutex::new(arena) };
        Self::owning(Arc::new(tree), id, 0)
    }

    /// Stands for a segment of somebody else, who ends and sends it.
    pub(crate) fn facade(settings: Arc<Settings>, segment: SegmentId, origin: Origin) -> Self {
        let anchor = settings.clock.anchor();
        notice_copy(&anchor);
        let arena = Mutex::new(Arena::of_facade());
        let tree = Tree { settings, origin, segment, head: Head::Facade, begun: 0, anchor, arena };
        Self::owning(Arc::new(tree), segment, 0)
    }

    /// Begins a subsegment of this entity.
    pub(crate) fn begin_child(&self, name: &str) -> Self {
        let tree = self.tree();
        let start = tree.anchor.now();
        let (index, id) = tree.arena().open_below(self.index, self.id, name, start);
        Self::owning(Arc::clone(&self.tree), id, index)
    }

    /// Begins a subsegment of this entity at a time: not before this one, of which that is known as long as it has not
    /// left, nor later than now.
    pub(crate) fn begin_child_at(&self, name: &str, time: u64) -> Self {
        let latest = self.tree().anchor.now();
        let mut arena = self.arena();
        let earliest = arena.start_of(self.index, self.id).unwrap_or(self.tree().begun);
        let (index, id) = arena.open_below(self.index, self.id, name, time.min(latest).max(earliest));
        drop(arena);
        Self::owning(Arc::clone(&self.tree), id, index)
    }

    fn owning(tree: Arc<dyn AnyTree>, id: SegmentId, index: Index) -> Self {
        Self { tree, id, index, role: Role::owner(), awaits_end: AtomicBool::new(false) }
    }

    fn looking_at(&self, id: SegmentId, index: Index) -> Self {
        let awaits_end = AtomicBool::new(false);
        Self { tree: Arc::clone(&self.tree), id, index, role: Role::Looks, awaits_end }
    }

    #[inline]
    fn tree(&self) -> &Tree {
        self.tree.tree()
    }

    /// Moves the begin back, as far as the parent's, or the segment's if the parent has left.
    pub(crate) fn set_age(&self, age: Duration) {
        let earliest = self.arena().start_of_parent(self.index).unwrap_or(self.tree().begun);
        let start = self.tree().anchor.now().saturating_sub(microseconds(age)).max(earliest);
        self.change("start_time", |record| {
            record.start = start.min(record.start);
            true
        });
    }

    pub(crate) fn owns(&self) -> bool {
        self.role != Role::Looks
    }

    /// Says that the panic which this thread unwinds from, if it does, is not the entity's.
    pub(crate) fn disown_panic(&mut self) {
        if self.owns() {
            self.role = Role::owner();
        }
    }

    pub(crate) fn set_awaits_end(&self, awaits_end: bool) {
        self.awaits_end.store(awaits_end, Ordering::Relaxed);
    }

    /// Whether this thread panics, and the panic is the entity's.
    pub(crate) fn is_panicking(&self) -> bool {
        self.role != Role::OwnsSincePanic && std::thread::panicking()
    }

    /// Changes the entity's data; counts it if that was refused, or if the entity has ended. Whether it was not.
    #[inline]
    pub(crate) fn change(&self, what: &str, change: impl FnOnce(&mut Record) -> bool) -> bool {
        let changed = self.arena().open_record(self.index, self.id).map(change);
        if changed != Some(true) {
            self.refuse(what, changed.map(|_| "there is no room for it, or it has no JSON"));
        }
        changed == Some(true)
    }

    /// Counts what was not recorded and says so; the lock may not be held. Without a reason, there is no entity any more.
    #[cold]
    fn refuse(&self, what: &str, reason: Option<&str>) {
        match reason {
            Some(reason) => self.tree().settings.count_rejected(what, reason),
            None if self.is_facade() => self.tree().settings.count_rejected_by_facade(what),
            None => self.tree().settings.count_rejected(what, "the segment or subsegment has ended"),
        }
    }

    /// How many frames of the stack an error is given that the program records now: none, if a level below has given it some.
    pub(crate) fn stack_frames(&self, exception: &Exception) -> usize {
        let frames = self.tree().settings.stack_frames;
        if frames > 0 && self.arena().wants_stack(self.index, self.id, exception) { frames } else { 0 }
    }

    pub(crate) fn record_exception(&self, exception: Exception) {
        let left_out = self.arena().record_exception(self.index, self.id, exception);
        if left_out != Some(0) {
            self.refuse("exception", left_out.map(|_| "the entity has too many"));
        }
    }

    /// Sends the error of a facade in a subsegment of its own, as long as the segment itself, unless one has recorded it.
    pub(crate) fn report(&self, exception: Exception) {
        let leaving = self.report_in(&mut self.arena(), exception);
        if let Some(leaving) = leaving {
            self.send(leaving);
        }
    }

    fn report_in(&self, arena: &mut Arena, exception: Exception) -> Option<Vec<Branch>> {
        let end = self.tree().anchor.now();
        if arena.has_recorded(&exception) {
            return None;
        }
        let (index, id) = arena.open_below(self.index, self.id, REPORT, self.tree().anchor.start());
        arena.record_exception(index, id, exception);
        if let Some(record) = arena.open_record(index, id) {
            record.flags.fault = true;
        }
        arena.finish(index, id, end);
        arena.take_leaving(0)
    }

    /// Ends the entity and what it is part of, as faulty by a panic that ends the process, and sends it; unless the lock
    /// is taken, which nobody may ever give back. Nothing of the program's runs.
    pub(crate) fn end_by_abort(&self, exception: &Exception) {
        if !self.tree().settings.is_emitter_ours {
            return;
        }
        let mut arena = match self.tree().arena.try_lock() {
            Ok(arena) => arena,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let mut leaving = Vec::new();
        if self.is_facade() {
            leaving.extend(self.report_in(&mut arena, exception.clone()));
        }
        let end = self.tree().anchor.now();
        for (index, id) in arena.line(self.index, self.id) {
            arena.record_exception(index, id, exception.clone());
            let Some(record) = arena.open_record(index, id) else { continue };
            record.flags.fault = true;
            if let Some(watch) = &self.tree().origin.watch {
                watch.observe(record, end);
            }
            arena.finish(index, id, end);
        }
        while let Some(branches) = arena.take_leaving(0) {
            leaving.push(branches);
        }
        drop(arena);
        leaving.into_iter().for_each(|branches| depart(self.tree(), branches));
    }

    /// Ends the entity, now or at a time before; a second call does nothing. Returns the first tree that leaves, for
    /// [`send`](Self::send).
    pub(crate) fn end(&self, time: Option<u64>) -> Option<Vec<Branch>> {
        let tree = self.tree();
        let now = tree.anchor.now();
        let end = time.map_or(now, |time| time.min(now));
        let mut arena = tree.arena();
        if self.awaits_end.load(Ordering::Relaxed)
            && !self.is_panicking()
            && let Some(record) = arena.open_record(self.index, self.id)
        {
            record.put_annotation(CANCELLED, &Value::Boolean(true));
        }
        if let Some(watch) = &tree.origin.watch
            && let Some(record) = arena.open_record(self.index, self.id)
        {
            watch.observe(record, end);
        }
        if arena.finish(self.index, self.id, end) { arena.take_leaving(self.streaming_threshold()) } else { None }
    }

    /// Sends what leaves, and all else that may leave.
    pub(crate) fn send(&self, leaving: Vec<Branch>) {
        let mut leaving = Some(leaving);
        while let Some(branches) = leaving {
            depart(self.tree(), branches);
            leaving = self.arena().take_leaving(self.streaming_threshold());
        }
    }

    /// Sends every open subsegment of somebody else's segment, in progress. Each is sent once more when it ends.
    pub(crate) fn send_open(&self) {
        // In a segment of ours they are parts of documents that will come.
        let mut next = if self.tree().head == Head::Facade { Some(0) } else { None };
        while let Some(index) = next {
            let open = self.arena().open_from(index);
            next = open.as_ref().map(|(index, _)| index + 1);
            if let Some((_, record)) = open {
                depart(self.tree(), vec![Branch { record, depth: 1 }]);
            }
        }
    }

    fn streaming_threshold(&self) -> usize {
        let threshold = self.tree().settings.streaming_threshold;
        if self.tree().origin.is_sent() { threshold } else { threshold.max(LEAST_KEPT) }
    }

    pub(crate) fn id(&self) -> SegmentId {
        self.id
    }

    /// Whether this was begun as a subsegment.
    pub(crate) fn is_subsegment(&self) -> bool {
        self.index != 0 || self.tree().head == Head::Subsegment
    }

    pub(crate) fn is_segment(&self) -> bool {
        self.index == 0
    }

    /// Whether this is a segment of somebody else.
    pub(crate) fn is_facade(&self) -> bool {
        self.index == 0 && self.tree().head == Head::Facade
    }

    /// Whether this belongs to a function of Lambda's, where nobody begins segments.
    pub(crate) fn is_in_facade(&self) -> bool {
        self.tree().head != Head::Segment
    }

    /// The segment of the tree. It may have ended.
    pub(crate) fn segment(&self) -> Self {
        self.looking_at(self.tree().segment, 0)
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.tree().origin
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.tree().settings
    }

    pub(crate) fn shared_settings(&self) -> Arc<Settings> {
        Arc::clone(&self.tree().settings)
    }

    #[inline]
    fn arena(&self) -> MutexGuard<'_, Arena> {
        self.tree().arena()
    }
}

impl Tree {
    #[inline]
    fn arena(&self) -> MutexGuard<'_, Arena> {
        // Nothing of the user's runs under the lock: no filter, no line of the log. A half-made change is still a valid arena.
        self.arena.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The annotation of what was dropped before its end.
const CANCELLED: &str = "cancelled";

/// The name of the subsegment that carries an error which no other one does; the mark is that of AWS's tools for Lambda.
const REPORT: &str = "## handler";

impl Role {
    fn owner() -> Self {
        if std::thread::panicking() {
            return Self::OwnsSincePanic;
        }
        panic::forget();
        Self::Owns
    }
}

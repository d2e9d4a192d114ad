//! The handle on a subsegment.

use std::borrow::Cow;
use std::ops::Deref;
use std::time::{Duration, SystemTime};

use crate::client_call::ClientCall;
use crate::clock::unix_microseconds;
use crate::context::Context;
use crate::document::{Namespace, Sql};
use crate::handle::Entity;
use crate::id::SegmentId;
use crate::library::Library;
use crate::missing;
use crate::stack;

/// A part of a segment's work, or a call to another service; it ends when it is dropped.
///
/// All that can be put on it is at [`Entity`], to which it derefs.
#[must_use = "a subsegment ends when it is dropped"]
#[derive(Debug)]
pub struct Subsegment(pub(crate) Entity);

impl Subsegment {
    /// Says who is on the other side. Local work, the default, has no namespace.
    pub fn set_namespace(&self, namespace: Namespace) {
        self.0.change("namespace", |record| record.blocks().namespace = Some(namespace));
    }

    /// Sets the `sql` block.
    pub fn set_sql(&self, sql: Sql) {
        self.0.change("sql", |record| record.blocks().sql = Some(sql));
    }

    /// Whether the recorder wants the text of SQL statements; for those who write an instrument.
    ///
    /// `false` where nothing is recorded. See [`RecorderBuilder::collect_sql`](crate::RecorderBuilder::collect_sql).
    #[must_use]
    pub fn collects_sql(&self) -> bool {
        match &self.0.context {
            Context::Recording(handle) => handle.settings().collect_sql,
            _ => false,
        }
    }

    /// Says how long the work has been under way: for a call that turns out to be worth recording only when it is over.
    ///
    /// It begins no earlier than what it is a part of.
    pub fn set_age(&self, age: Duration) {
        if let Some(handle) = self.0.recording("value", "start_time") {
            handle.set_age(age);
        }
    }

    /// Names a sibling that had to end before this one began; at most 100 are kept.
    pub fn put_precursor(&self, sibling: SegmentId) {
        if let Some(handle) = self.0.recording("value", "precursor_ids") {
            handle.change("precursor_ids", |record| {
                let precursors = &mut record.blocks().precursors;
                let room = precursors.len() < 100;
                if room && !precursors.contains(&sibling) {
                    precursors.push(sibling);
                }
                room
            });
        }
    }

    /// Makes the subsegment current on this thread, and ends it when the result is dropped.
    ///
    /// That must not be held over an `.await`, though it compiles where tasks stay on their thread: see [`Entity::enter`].
    /// Futures have [`in_subsegment`](crate::XRayFutureExt::in_subsegment).
    pub fn entered(self) -> EnteredSubsegment {
        EnteredSubsegment { _entered: stack::enter(&self.0.context), subsegment: self }
    }

    /// Says whether to drop the subsegment is to give its work up: dropped before its [`end`](Self::end), it has the annotation
    /// `cancelled` then. By default a drop is an end. For those who write an instrument whose work is a future or a stream.
    ///
    /// ```
    /// # async fn answer() {}
    /// # async fn example() {
    /// let call = xray_core::begin_subsegment("call");
    /// call.set_cancelled_if_dropped(true);
    /// answer().await; // if that is given up, the call is cancelled
    /// call.end();
    /// # }
    /// ```
    pub fn set_cancelled_if_dropped(&self, cancelled: bool) {
        self.0.set_cancelled_if_dropped(cancelled);
    }

    /// Ends the subsegment, as dropping it does.
    pub fn end(self) {
        self.0.set_cancelled_if_dropped(false);
    }

    /// Ends the subsegment at a given time: for work that was over before it could be told.
    ///
    /// It ends no later than now, and not before it began: another time is taken for the nearest of these. What is below it
    /// may end later. (The start is told by [`begin_subsegment_at`].)
    pub fn end_at(self, time: impl Into<SystemTime>) {
        self.0.end_at(time.into());
    }
}

impl Entity {
    /// Begins a subsegment of this entity, whatever is current.
    pub fn begin_subsegment(&self, name: &str) -> Subsegment {
        let _ = self.recording("subsegment", name);
        Subsegment(Entity::new(self.context.begin_child(name)))
    }

    /// Begins a subsegment of this entity at a given time, see [`begin_subsegment_at`].
    pub fn begin_subsegment_at(&self, name: &str, time: impl Into<SystemTime>) -> Subsegment {
        let _ = self.recording("subsegment", name);
        Subsegment(Entity::new(self.context.begin_child_at(name, unix_microseconds(time.into()))))
    }
}

impl Deref for Subsegment {
    type Target = Entity;

    fn deref(&self) -> &Entity {
        &self.0
    }
}

/// A subsegment that is current on this thread; dropped, it ends and what was current before is current again.
///
/// It is not `Send`, so a task that is spawned cannot hold it over an `.await`.
#[must_use = "the subsegment ends when this is dropped"]
#[derive(Debug)]
pub struct EnteredSubsegment {
    // Fields drop in order: first the context is restored, then the subsegment ends.
    _entered: stack::Entered,
    subsegment: Subsegment,
}

impl EnteredSubsegment {
    /// Ends the subsegment, as dropping it does.
    pub fn end(self) {}

    /// Ends the subsegment at a given time, see [`Subsegment::end_at`].
    pub fn end_at(self, time: impl Into<SystemTime>) {
        self.subsegment.0.end_at(time.into());
    }
}

impl Deref for EnteredSubsegment {
    type Target = Subsegment;

    fn deref(&self) -> &Subsegment {
        &self.subsegment
    }
}

/// The subsegment that something runs in: by its name, one of what is current, which is yet to begin; or one that has begun.
///
/// Both, and every kind of text, convert into it.
#[derive(Debug)]
#[non_exhaustive]
pub enum NameOrSubsegment<'a> {
    /// The name of one that is yet to begin.
    Name(Cow<'a, str>),
    /// One that has begun, and ends with what runs in it.
    Subsegment(Subsegment),
}

impl NameOrSubsegment<'_> {
    /// Whether it is yet to begin.
    #[inline]
    pub(crate) fn is_name(&self) -> bool {
        matches!(self, Self::Name(_))
    }

    #[inline]
    pub(crate) fn begin(self) -> Subsegment {
        match self {
            Self::Name(name) => begin_subsegment(&name),
            Self::Subsegment(subsegment) => subsegment,
        }
    }
}

macro_rules! into_name {
    ($($text:ty),*) => {$(
        impl<'a> From<$text> for NameOrSubsegment<'a> {
            fn from(name: $text) -> Self {
                Self::Name(name.into())
            }
        }
    )*};
}

into_name!(&'a str, &'a String, String, Cow<'a, str>);

impl From<Subsegment> for NameOrSubsegment<'_> {
    fn from(subsegment: Subsegment) -> Self {
        Self::Subsegment(subsegment)
    }
}

/// Begins a subsegment of what is current. It is not current itself until it is entered.
///
/// With no segment, [`ContextMissing`](crate::ContextMissing) says what happens, and the handle records nothing.
#[inline]
pub fn begin_subsegment(name: &str) -> Subsegment {
    // Filled in place: a context is large, and this is the hot path.
    let mut subsegment = Subsegment(Entity::absent());
    if !stack::begin_child_of_current(name, &mut subsegment.0.context) {
        missing::report("subsegment", name);
    }
    subsegment
}

/// Begins a subsegment of what is current, of work that began before: a wait in a queue, a step that a log tells of.
///
/// `time` is a [`SystemTime`], or what turns into one, as the times of `chrono` and `jiff` do. It begins no later than now,
/// and not before what it is a part of: another time is taken for the nearest of these.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// # let asked = SystemTime::now();
/// let segment = xray_core::Recorder::current().segment("shop").begin_at(asked).begin().entered();
/// xray_core::begin_subsegment_at("queue", asked).end_at(asked + Duration::from_millis(20));
/// ```
pub fn begin_subsegment_at(name: &str, time: impl Into<SystemTime>) -> Subsegment {
    match stack::current() {
        Context::Recording(handle) => {
            let handle = handle.begin_child_at(name, unix_microseconds(time.into()));
            Subsegment(Entity::new(Context::Recording(handle)))
        }
        _ => begin_subsegment(name),
    }
}

/// Begins a subsegment that is not recorded, nor what is below it, whatever is current.
///
/// The header for calls made in it says `Sampled=0`. So work for a caller that is not sampled, such as one message of a
/// batch, does not make sampled traces of everything behind it. A future runs in it by
/// [`in_subsegment`](crate::XRayFutureExt::in_subsegment).
///
/// ```
/// # use xray_core::Sampled;
/// let _segment = xray_core::Recorder::current().segment("shop").sampled(true).begin().entered();
/// let subsegment = xray_core::begin_subsegment_without_sampling("message");
/// assert!(!subsegment.is_recording());
/// assert_eq!(subsegment.trace_header().unwrap().sampled(), Sampled::No);
/// ```
pub fn begin_subsegment_without_sampling(name: &str) -> Subsegment {
    if stack::is_absent() {
        missing::report("subsegment", name);
    }
    Subsegment(Entity::new(stack::with_current(Context::begin_child_without_sampling)))
}

/// Begins the subsegment of a call through a client library; for those who write an instrument.
///
/// `name` is only asked for when the call is recorded. The handle records nothing, and has no
/// header to send, when the library is not [patched](crate::patch) or no segment is current; when
/// the trace is not sampled it records nothing but has a header. Nobody misses what is put on it then.
pub fn begin_client_subsegment<N: AsRef<str>>(library: Library, name: impl FnOnce() -> N) -> Subsegment {
    match ClientCall::begin(library) {
        ClientCall::Missing | ClientCall::Untraced => Subsegment(Entity::new(Context::Untraced)),
        // Cloned, because the name is asked of code that is not ours, which may itself begin or enter something.
        ClientCall::Unsampled | ClientCall::Recorded => Subsegment(Entity::new(match stack::current() {
            Context::Recording(handle) => Context::Recording(handle.begin_child(name().as_ref())),
            unsampled => unsampled,
        })),
    }
}

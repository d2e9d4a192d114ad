//! What is current on this thread.
//!
//! A stack whose top is the current entity: guards and polled futures push what they make current
//! and take it away again. Nobody changes an entry in place, so siblings under `join!` and
//! `select!` keep their parent. What is absent is no entry: it hides nothing, and costs nothing.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::entity::TreeHandle;
use crate::header::{Sampled, TraceHeader};
use crate::id::{SegmentId, TraceId};
use crate::library::LibrarySet;
use crate::notice::{Notice, NoticeKind};

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
#[derive(Clone, Copy, Debug)]
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

thread_local! {
    static STACK: RefCell<Vec<(Token, Context)>> = const { RefCell::new(Vec::new()) };
    static NEXT_TOKEN: Cell<Token> = const { Cell::new(0) };
    static SCOPED_MISSING: RefCell<Vec<(Token, SharedMissing)>> = const { RefCell::new(Vec::new()) };
}

/// Looks at the current context without cloning it. `look` must not begin, end or enter anything.
#[inline]
pub(crate) fn with_current<R>(look: impl Fn(&Context) -> R) -> R {
    let seen = STACK.try_with(|stack| match stack.try_borrow() {
        Ok(stack) => match stack.last() {
            Some((_, context)) => look(context),
            None => look(&Context::Absent),
        },
        Err(_) => look(&Context::Absent),
    });
    match seen {
        Ok(seen) => seen,
        // The thread is ending.
        Err(_) => look(&Context::Absent),
    }
}

/// As [`with_current`], for what can only be done once; not done at all while the thread is ending.
#[inline]
pub(crate) fn with_current_once(look: impl FnOnce(&Context)) {
    let _ = STACK.try_with(|stack| {
        if let Ok(stack) = stack.try_borrow()
            && let Some((_, context)) = stack.last()
        {
            look(context);
        }
    });
}

/// Whether nothing is current, without a copy of the context: this is the way of programs that trace nothing.
#[inline]
pub(crate) fn is_absent() -> bool {
    STACK.try_with(|stack| stack.try_borrow().map_or(true, |stack| stack.is_empty())).unwrap_or(true)
}

/// The current context.
pub(crate) fn current() -> Context {
    with_current(Context::clone)
}

/// What is recorded and current on this thread, also behind what hides it, innermost first.
pub(crate) fn all_recording() -> Vec<TreeHandle> {
    let recording = |(_, context): &(Token, Context)| match context {
        Context::Recording(handle) => Some(handle.clone()),
        _ => None,
    };
    let all =
        STACK.try_with(|stack| stack.try_borrow().map(|stack| stack.iter().rev().filter_map(recording).collect()));
    all.ok().and_then(Result::ok).unwrap_or_default()
}

/// Makes a context current until the guard is dropped.
pub(crate) fn enter(mut context: Context) -> Entered {
    Entered { token: put(&mut context), not_send: PhantomData }
}

/// Makes a context current until dropped; what was current before is current again then.
///
/// Not `Send`: it must be dropped on the thread that it was made on.
#[derive(Debug)]
pub(crate) struct Entered {
    token: Option<Token>,
    not_send: PhantomData<*const ()>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(token) = self.token {
            // Dropped here, outside of the stack's borrow: it may be the last of its tree.
            drop(pop(token));
        }
    }
}

/// Lends a context to the thread while `work` runs, without cloning it.
pub(crate) fn lend<R>(context: &mut Context, work: impl FnOnce() -> R) -> R {
    struct Lent<'a> {
        token: Token,
        owner: &'a mut Context,
    }
    impl Drop for Lent<'_> {
        fn drop(&mut self) {
            take_back(self.token, self.owner);
        }
    }
    let Some(token) = put(context) else { return work() };
    let _lent = Lent { token, owner: context };
    work()
}

/// Runs what is not part of any trace.
pub(crate) fn suppress<R>(work: impl FnOnce() -> R) -> R {
    let _suppressed = enter(Context::Suppressed);
    work()
}

/// Finds an entry again.
pub(crate) type Token = u32;

/// Moves a context to the thread, for [`take_back`]; it stays where it is if it would change nothing there, and once the thread is ending.
#[inline]
pub(crate) fn put(context: &mut Context) -> Option<Token> {
    if matches!(context, Context::Absent | Context::Untraced) {
        return None;
    }
    let token = next_token();
    STACK.try_with(|stack| stack.borrow_mut().push((token, std::mem::take(context)))).ok().map(|()| token)
}

/// Moves a context back from the thread that it was [`put`] on.
#[inline]
pub(crate) fn take_back(token: Token, owner: &mut Context) {
    *owner = pop(token);
}

fn next_token() -> Token {
    NEXT_TOKEN.try_with(|next| next.replace(next.get().wrapping_add(1))).unwrap_or_default()
}

/// Takes an entry away, even when guards are dropped in another order than they were made.
#[inline]
fn pop(token: Token) -> Context {
    let popped = STACK.try_with(|stack| {
        let mut stack = stack.borrow_mut();
        let position = stack.iter().rposition(|(entry, _)| *entry == token)?;
        let is_on_top = position + 1 == stack.len();
        Some((stack.remove(position).1, is_on_top))
    });
    let Some((context, is_on_top)) = popped.ok().flatten() else { return Context::Absent };
    if !is_on_top {
        Notice::GuardOutlived {}.log();
    }
    context
}

/// What happens when a subsegment is begun, or an annotation put, while no segment is current.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextMissing {
    /// One line in the log for each process; the default, as in every X-Ray SDK.
    #[default]
    LogError,
    /// Nothing.
    IgnoreError,
    /// A panic. For tests: it shows where a segment is missing.
    RuntimeError,
}

impl fmt::Display for ContextMissing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LogError => "LOG_ERROR",
            Self::IgnoreError => "IGNORE_ERROR",
            Self::RuntimeError => "RUNTIME_ERROR",
        })
    }
}

/// What a missing segment comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Reported(ContextMissing),
    /// Nobody expects a segment.
    SwitchedOff,
}

/// What a missing segment comes to with a recorder, which may be switched off at any time.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedMissing(Arc<AtomicU8>);

impl SharedMissing {
    pub(crate) fn set(&self, missing: Missing) {
        self.0.store(missing.to_bits(), Ordering::Relaxed);
    }
}

impl Missing {
    const OFF: u8 = u8::MAX;

    const fn to_bits(self) -> u8 {
        match self {
            Self::Reported(strategy) => strategy as u8,
            Self::SwitchedOff => Self::OFF,
        }
    }

    fn from_bits(bits: u8) -> Self {
        let strategies = [ContextMissing::LogError, ContextMissing::IgnoreError, ContextMissing::RuntimeError];
        match strategies.into_iter().find(|strategy| *strategy as u8 == bits) {
            Some(strategy) => Self::Reported(strategy),
            None => Self::SwitchedOff,
        }
    }

    /// That of this thread's scope, or of the process.
    fn here() -> Self {
        let scoped = SCOPED_MISSING.try_with(|scoped| {
            let scoped = scoped.borrow();
            scoped.last().map(|(_, shared)| shared.0.load(Ordering::Relaxed))
        });
        Self::from_bits(scoped.ok().flatten().unwrap_or_else(|| STRATEGY.load(Ordering::Relaxed)))
    }
}

static STRATEGY: AtomicU8 = AtomicU8::new(ContextMissing::LogError as u8);
/// How many threads have a strategy of their own: while it is 0, nobody looks for one.
static SCOPES: AtomicUsize = AtomicUsize::new(0);

/// Sets what happens in the whole process.
pub(crate) fn set_missing(missing: Missing) {
    STRATEGY.store(missing.to_bits(), Ordering::Relaxed);
}

/// Whether the recorder that is used here is switched off.
pub(crate) fn is_switched_off() -> bool {
    Missing::here() == Missing::SwitchedOff
}

/// Sets what happens on this thread until the guard is dropped.
pub(crate) fn scope_missing(missing: SharedMissing) -> MissingScope {
    SCOPES.fetch_add(1, Ordering::Relaxed);
    let token = next_token();
    let _ = SCOPED_MISSING.try_with(|scoped| scoped.borrow_mut().push((token, missing)));
    MissingScope { token, not_send: PhantomData }
}

#[derive(Debug)]
pub(crate) struct MissingScope {
    token: Token,
    not_send: PhantomData<*const ()>,
}

impl Drop for MissingScope {
    fn drop(&mut self) {
        SCOPES.fetch_sub(1, Ordering::Relaxed);
        // Scopes may end in another order than they began in.
        let _ = SCOPED_MISSING.try_with(|scoped| scoped.borrow_mut().retain(|(token, _)| *token != self.token));
    }
}

/// Says that there is no segment for `what`.
///
/// # Panics
/// If the strategy is [`ContextMissing::RuntimeError`].
pub(crate) fn missing(what: &str, name: &str) {
    if is_missing_reported() {
        report_missing(what, name);
    }
}

/// Says that `what` is put on a handle that stands for nothing.
///
/// # Panics
/// As [`missing`].
#[inline]
pub(crate) fn misplaced(what: &str, name: &str) {
    if !is_absent() || is_missing_reported() {
        report_misplaced(what, name);
    }
}

#[cold]
fn report_misplaced(what: &str, name: &str) {
    match current() {
        Context::Recording(handle) if handle.is_facade() => handle.settings().count_rejected_by_facade(name),
        Context::Recording(handle) => {
            handle.settings().count_misplaced();
            match Missing::here() {
                Missing::Reported(ContextMissing::LogError) => Notice::HandleOfNothing { what, name }.log(),
                Missing::Reported(ContextMissing::RuntimeError) if !std::thread::panicking() => {
                    panic!(
                        "{what} {name:?} is put on a handle that stands for nothing and the strategy is RUNTIME_ERROR"
                    )
                }
                _ => {}
            }
        }
        Context::Absent => missing(what, name),
        // Nothing is recorded here in any case.
        Context::Untraced | Context::Suppressed | Context::Unsampled(_) | Context::UnsampledWith(_) => {}
    }
}

/// Whether there may be something to say where there is no segment.
#[inline]
pub(crate) fn is_missing_reported() -> bool {
    SCOPES.load(Ordering::Relaxed) != 0
        || match Missing::from_bits(STRATEGY.load(Ordering::Relaxed)) {
            Missing::SwitchedOff | Missing::Reported(ContextMissing::IgnoreError) => false,
            Missing::Reported(ContextMissing::LogError) => !NoticeKind::SegmentMissing.is_spent(),
            Missing::Reported(ContextMissing::RuntimeError) => true,
        }
}

#[cold]
fn report_missing(what: &str, name: &str) {
    match Missing::here() {
        Missing::SwitchedOff | Missing::Reported(ContextMissing::IgnoreError) => {}
        Missing::Reported(ContextMissing::LogError) => {
            Notice::SegmentMissing { what, name }.log();
        }
        // While it unwinds already, a second panic would abort the process.
        Missing::Reported(ContextMissing::RuntimeError) if std::thread::panicking() => {}
        Missing::Reported(ContextMissing::RuntimeError) => {
            panic!("{what} {name:?} has no segment and the strategy is RUNTIME_ERROR")
        }
    }
}

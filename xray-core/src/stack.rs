//! What is current on this thread.
//!
//! A stack whose top is the current context: guards and polled futures push what they make current
//! and take it away again. Nobody changes an entry in place, so siblings under `join!` and
//! `select!` keep their parent. What is absent is no entry: it hides nothing, and costs nothing.
//! What is not recorded and current already is no new entry either: it is counted how often it was entered.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;

use crate::context::Context;
use crate::entity::TreeHandle;
use crate::notice::Notice;

thread_local! {
    static STACK: RefCell<Stack> = const { RefCell::new(Stack { entries: Vec::new(), next: 0 }) };
    /// Beside the stack, which is slower to ask because it has something to drop: this is the way of programs that trace
    /// nothing, and of traces that are not recorded.
    static LAST: Last = const { Last { kind: Cell::new(Kind::Nothing), token: Cell::new(Token(0)) } };
}

/// What is current on a thread, and what was before, innermost last.
struct Stack {
    entries: Vec<Entry>,
    /// The number of the next entry.
    next: u32,
}

struct Entry {
    number: u32,
    /// How often it had been entered again when the next one came; of the last one, [`Last`] knows.
    again: u32,
    context: Context,
}

/// The last entry of the stack.
struct Last {
    kind: Cell<Kind>,
    /// That of who entered it last and has not left it since.
    token: Cell<Token>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// There is none.
    Nothing,
    Unrecorded,
    Recording,
}

/// Finds an entry again: its number, and below that how often it had been entered before. They are one number because they are
/// compared, and handed around, for each call that is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token(u64);

impl Token {
    #[inline]
    fn new(number: u32, turn: u32) -> Self {
        Self(u64::from(number) << 32 | u64::from(turn))
    }

    #[inline]
    fn number(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline]
    fn turn(self) -> u32 {
        self.0 as u32
    }
}

impl Stack {
    fn push(&mut self, context: Context) -> Token {
        LAST.with(|last| {
            if let Some(entry) = self.entries.last_mut() {
                entry.again = last.token.get().turn();
            }
            let number = self.next;
            self.next = number.wrapping_add(1);
            let token = Token::new(number, 0);
            last.set(&context, token);
            self.entries.push(Entry { number, again: 0, context });
            token
        })
    }

    /// Leaves an entry, also when guards are dropped in another order than they were made. Whether it was the last that was
    /// entered, and its context if nobody else is in it.
    fn leave(&mut self, token: Token) -> Option<(bool, Option<Context>)> {
        let position = self.entries.iter().rposition(|entry| entry.number == token.number())?;
        if position + 1 < self.entries.len() {
            let entry = self.entries.get_mut(position)?;
            if entry.again > 0 {
                entry.again -= 1;
                return Some((false, None));
            }
            return Some((false, Some(self.entries.remove(position).context)));
        }
        LAST.with(|last| {
            let latest = last.token.get();
            if latest.turn() > 0 {
                last.token.set(Token(latest.0 - 1));
                return Some((latest.turn() <= token.turn(), None));
            }
            let context = self.entries.pop()?.context;
            match self.entries.last() {
                Some(entry) => last.set(&entry.context, Token::new(entry.number, entry.again)),
                None => last.kind.set(Kind::Nothing),
            }
            Some((true, Some(context)))
        })
    }
}

impl Drop for Stack {
    /// The thread is ending.
    fn drop(&mut self) {
        LAST.with(|last| last.kind.set(Kind::Nothing));
    }
}

impl Last {
    fn set(&self, context: &Context, token: Token) {
        let is_recording = matches!(context, Context::Recording(_));
        self.kind.set(if is_recording { Kind::Recording } else { Kind::Unrecorded });
        self.token.set(token);
    }

    #[inline]
    fn enter_again(&self) -> Token {
        let token = Token(self.token.get().0.wrapping_add(1));
        self.token.set(token);
        token
    }

    /// Leaves what was entered again, unless something is above it.
    #[inline]
    fn leave_again(&self, token: Token) -> bool {
        let is_last = token.turn() > 0 && self.token.get() == token;
        if is_last {
            self.token.set(Token(token.0 - 1));
        }
        is_last
    }
}

#[inline]
fn with_stack<R>(work: impl FnOnce(&mut Stack) -> R) -> Option<R> {
    // None while the thread is ending.
    STACK.try_with(|stack| stack.try_borrow_mut().ok().map(|mut stack| work(&mut stack))).ok().flatten()
}

/// Leaves the stack to be looked at by others: by the end of the process, if the work panics where that is not caught.
#[inline]
fn look_at_stack<R>(look: impl FnOnce(&Stack) -> R) -> Option<R> {
    STACK.try_with(|stack| stack.try_borrow().ok().map(|stack| look(&stack))).ok().flatten()
}

/// Looks at the current context without cloning it. `look` must not begin, end or enter anything.
#[inline]
pub(crate) fn with_current<R>(look: impl Fn(&Context) -> R) -> R {
    let seen = look_at_stack(|stack| stack.entries.last().map(|entry| look(&entry.context)));
    // Nothing is current, or the thread is ending.
    seen.flatten().unwrap_or_else(|| look(&Context::Absent))
}

/// Whether nothing is current, without a look at the context.
#[inline]
pub(crate) fn is_absent() -> bool {
    LAST.with(|last| last.kind.get() == Kind::Nothing)
}

/// Whether what is current is not recorded, so that whatever begins below it is the same.
#[inline]
pub(crate) fn is_unrecorded() -> bool {
    LAST.with(|last| last.kind.get() == Kind::Unrecorded)
}

/// Copies the current context to where nothing is yet.
pub(crate) fn copy_current(copy: &mut Context) {
    look_at_stack(|stack| match stack.entries.last().map(|entry| &entry.context) {
        None => {}
        Some(Context::Unsampled(unsampled)) => *copy = Context::Unsampled(*unsampled),
        Some(other) => *copy = other.clone(),
    });
}

/// The current context.
pub(crate) fn current() -> Context {
    with_current(Context::clone)
}

/// What is recorded and current on this thread, also behind what hides it, innermost first.
pub(crate) fn all_recording() -> Vec<TreeHandle> {
    let recording = |entry: &Entry| match &entry.context {
        Context::Recording(handle) => Some(handle.clone()),
        _ => None,
    };
    look_at_stack(|stack| stack.entries.iter().rev().filter_map(recording).collect()).unwrap_or_default()
}

/// Begins a subsegment of what is current in `child`, where nothing is yet; `false` if nothing is current.
#[inline]
pub(crate) fn begin_child_of_current(name: &str, child: &mut Context) -> bool {
    if is_absent() {
        return false;
    }
    let begun = look_at_stack(|stack| {
        match &stack.entries.last()?.context {
            // Filled in place: a context is large.
            Context::Unsampled(unsampled) => *child = Context::Unsampled(*unsampled),
            other => *child = other.begin_child(name),
        }
        Some(())
    });
    begun.flatten().is_some()
}

/// What comes of work that begins below what is current.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Begun {
    /// Nothing: nothing is current.
    Absent,
    /// What is current is not recorded, and was entered again.
    Again(Token),
    /// A subsegment, which was entered, and which [`take_back`] hands out.
    Recorded(Token),
}

/// Begins a subsegment of what is current, and makes it current. `awaits_end` is for
/// [`set_cancelled_if_dropped`](crate::Subsegment::set_cancelled_if_dropped).
#[inline]
pub(crate) fn enter_child_of_current(name: &str, awaits_end: bool) -> Begun {
    LAST.with(|last| match last.kind.get() {
        Kind::Nothing => Begun::Absent,
        Kind::Unrecorded => Begun::Again(last.enter_again()),
        Kind::Recording => enter_recorded(name, awaits_end),
    })
}

#[inline(never)]
fn enter_recorded(name: &str, awaits_end: bool) -> Begun {
    let child = look_at_stack(|stack| match &stack.entries.last()?.context {
        Context::Recording(handle) => Some(handle.begin_child(name)),
        _ => None,
    });
    let Some(child) = child.flatten() else { return Begun::Absent };
    child.set_awaits_end(awaits_end);
    with_stack(|stack| stack.push(Context::Recording(child))).map_or(Begun::Absent, Begun::Recorded)
}

/// Makes a context current until the guard is dropped.
#[inline]
pub(crate) fn enter(context: &Context) -> Entered {
    let token = match context {
        Context::Absent | Context::Untraced => None,
        Context::Recording(_) => with_stack(|stack| stack.push(context.clone())),
        _ => enter_unrecorded(context),
    };
    Entered { token, not_send: PhantomData }
}

/// As [`enter`]. What has just begun as a child of what is current is the same, if it is not recorded.
#[inline]
pub(crate) fn enter_subsegment(context: &Context, is_child: bool) -> Entered {
    match context {
        Context::Suppressed | Context::Unsampled(_) | Context::UnsampledWith(_) if is_child => {
            Entered { token: Some(LAST.with(Last::enter_again)), not_send: PhantomData }
        }
        _ => enter(context),
    }
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
    #[inline]
    fn drop(&mut self) {
        if let Some(token) = self.token {
            leave(token);
        }
    }
}

/// Lends a context to the thread while `work` runs, without cloning it.
pub(crate) fn lend<R>(context: &mut Context, work: impl FnOnce() -> R) -> R {
    struct Lent<'a> {
        token: Option<Token>,
        owner: &'a mut Context,
    }
    impl Drop for Lent<'_> {
        fn drop(&mut self) {
            if let Some(token) = self.token {
                take_back(token, self.owner);
            }
        }
    }
    let _lent = Lent { token: put(context), owner: context };
    work()
}

/// Runs what is not part of any trace.
pub(crate) fn suppress<R>(work: impl FnOnce() -> R) -> R {
    let _suppressed = enter(&Context::Suppressed);
    work()
}

/// Makes a context current for [`take_back`]: moves an entity to the thread. Nothing is done where that would change nothing,
/// and once the thread is ending.
pub(crate) fn put(context: &mut Context) -> Option<Token> {
    match context {
        Context::Absent | Context::Untraced => None,
        Context::Recording(_) => with_stack(|stack| stack.push(std::mem::take(context))),
        _ => enter_unrecorded(context),
    }
}

fn enter_unrecorded(context: &Context) -> Option<Token> {
    with_stack(|stack| match stack.entries.last() {
        Some(entry) if entry.context.is_same(context) => LAST.with(Last::enter_again),
        _ => stack.push(context.clone()),
    })
}

/// Moves a context back from the thread that it was [`put`] on.
pub(crate) fn take_back(token: Token, owner: &mut Context) {
    if !LAST.with(|last| last.leave_again(token))
        && let Some(context @ Context::Recording(_)) = take_away(token)
    {
        *owner = context;
    }
}

/// Leaves what was entered, by whatever way.
#[inline]
pub(crate) fn leave(token: Token) {
    if !LAST.with(|last| last.leave_again(token)) {
        leave_slowly(token);
    }
}

#[inline(never)]
fn leave_slowly(token: Token) {
    // Dropped here, outside of the stack's borrow: it may be the last of its tree.
    drop(take_away(token));
}

/// What was entered.
pub(crate) fn entered(token: Token) -> Context {
    let entry = |stack: &Stack| {
        let entry = stack.entries.iter().rfind(|entry| entry.number == token.number());
        entry.map(|entry| entry.context.clone())
    };
    look_at_stack(entry).flatten().unwrap_or_default()
}

fn take_away(token: Token) -> Option<Context> {
    let (was_last, context) = with_stack(|stack| stack.leave(token)).flatten()?;
    if !was_last {
        Notice::GuardOutlived {}.log();
    }
    context
}

//! The context of a future: where it comes from, and when it is current.

use std::borrow::Cow;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::context::Context;
use crate::handle::Entity;
use crate::missing;
use crate::scope::{begin_piece, end_piece};
use crate::segment::Segment;
use crate::stack::{self, Begun, Token};
use crate::subsegment::{NameOrSubsegment, Subsegment};

/// The context that a future runs in. It ends the entity, if there is one, when it is dropped.
#[derive(Debug)]
pub(crate) struct Frame {
    state: State,
    /// Of the context while the work is dropped in it.
    token: Option<Token>,
}

#[derive(Debug)]
enum State {
    /// A subsegment begins at the first poll, below what is current then.
    AtFirstPoll { name: &'static str },
    /// A subsegment begins at the first poll: below the parent, or below what is current then if the parent is absent.
    Waiting { parent: Context, name: Cow<'static, str> },
    /// The work of an entity that is recorded, which ends with it.
    Running {
        entity: Subsegment,
        /// Whether the thread panicked before the poll.
        panicking: bool,
    },
    /// Work that belongs to an entity of others, or that is not recorded.
    Carrying { context: Context },
    /// The work is as if it were not wrapped: there is nothing to be current, or it is over.
    Bare,
}

impl Frame {
    pub(crate) fn in_segment(segment: Segment) -> Self {
        Self::in_state(State::of(segment.0))
    }

    /// Of a subsegment that begins at the first poll, below what is current now.
    #[inline]
    pub(crate) fn in_subsegment(which: NameOrSubsegment<'static>) -> Self {
        match which {
            NameOrSubsegment::Name(Cow::Borrowed(name)) if stack::is_absent() => Self::at_first_poll(name),
            // Below what is not recorded there is nothing to begin.
            NameOrSubsegment::Name(_) if stack::is_unrecorded() => Self::in_current(),
            which => Self::of_entity(which),
        }
    }

    #[inline(never)]
    fn of_entity(which: NameOrSubsegment<'static>) -> Self {
        match which {
            NameOrSubsegment::Name(name) => Self::in_state(State::Waiting { parent: stack::current(), name }),
            NameOrSubsegment::Subsegment(Subsegment(entity)) => Self::in_state(State::of(entity)),
        }
    }

    /// Of a subsegment that begins at the first poll, below what is current then.
    #[inline]
    pub(crate) fn at_first_poll(name: &'static str) -> Self {
        Self::in_state(State::AtFirstPoll { name })
    }

    #[inline(never)]
    pub(crate) fn in_current() -> Self {
        // Filled in place: a context is large.
        let mut frame = Self::in_state(State::Carrying { context: Context::Absent });
        if let State::Carrying { context } = &mut frame.state {
            stack::copy_current(context);
        }
        frame
    }

    #[inline]
    fn in_state(state: State) -> Self {
        Self { state, token: None }
    }

    /// Makes the context current for a poll.
    #[inline]
    pub(crate) fn enter(&mut self) -> Polled<'_> {
        let within = match self.state {
            State::AtFirstPoll { name } => self.begin(name),
            State::Bare => Within::Nothing,
            _ => self.enter_own(),
        };
        Polled { frame: self, within }
    }

    /// What is not recorded stays where it is: most futures are done at their first poll, and need no copy of it.
    #[inline]
    fn begin(&mut self, name: &str) -> Within {
        match stack::enter_child_of_current(name, true) {
            Begun::Again(token) => Within::Again(token),
            Begun::Recorded(token) => self.begun(token),
            Begun::Absent => {
                missing::report("subsegment", name);
                Within::Nothing
            }
        }
    }

    #[inline(never)]
    fn begun(&mut self, token: Token) -> Within {
        self.state = State::Running { entity: Subsegment(Entity::absent()), panicking: std::thread::panicking() };
        Within::Own(token)
    }

    #[inline(never)]
    fn enter_own(&mut self) -> Within {
        if let State::Waiting { parent, name } = &self.state {
            if matches!(parent, Context::Absent) && stack::is_absent() {
                missing::report("subsegment", name);
                self.state = State::Bare;
                return Within::Nothing;
            }
            let parent = if matches!(parent, Context::Absent) { &stack::current() } else { parent };
            self.state = State::of(Entity::new(parent.begin_child(name)));
        }
        let token = match &mut self.state {
            State::Running { entity, panicking } => {
                *panicking = begin_piece();
                stack::put(&mut entity.0.context)
            }
            State::Carrying { context } => stack::put(context),
            State::AtFirstPoll { .. } | State::Waiting { .. } | State::Bare => None,
        };
        token.map_or(Within::Nothing, Within::Own)
    }

    /// Hands an open entity that is recorded to `record`.
    #[inline]
    pub(crate) fn record(&self, record: impl FnOnce(&Subsegment)) {
        if let State::Running { entity, .. } = &self.state {
            record(entity);
        }
    }

    /// Makes the context current, until this is dropped: the work is about to be.
    #[inline]
    pub(crate) fn enter_to_drop(&mut self) {
        if !matches!(self.state, State::Bare) {
            self.token = self.put_to_drop();
        }
    }

    #[inline(never)]
    fn put_to_drop(&mut self) -> Option<Token> {
        match &mut self.state {
            State::AtFirstPoll { .. } | State::Bare => None,
            State::Waiting { parent: context, .. } | State::Carrying { context } => stack::put(context),
            State::Running { entity, .. } => {
                // Its own panic is recorded by now; another one has only cancelled it.
                entity.0.disown_panic();
                stack::put(&mut entity.0.context)
            }
        }
    }

    /// Leaves a poll.
    #[inline(never)]
    fn leave(&mut self, within: Within) {
        match within {
            Within::Nothing => {}
            Within::Own(token) => self.take_back(token),
            Within::Again(token) => {
                // For the polls to come, wherever they are.
                self.state = State::Carrying { context: stack::entered(token) };
                stack::leave(token);
            }
        }
        if let State::Running { entity, panicking } = &self.state {
            end_piece(&entity.0, *panicking);
        }
    }

    /// Leaves the last poll of work that has no entity.
    #[inline(never)]
    fn end_unrecorded(&mut self, within: Within) {
        if let Within::Again(token) | Within::Own(token) = within {
            self.take_back(token);
        }
        self.state = State::Bare;
    }

    #[inline]
    fn take_back(&mut self, token: Token) {
        match &mut self.state {
            State::Running { entity, .. } => stack::take_back(token, &mut entity.0.context),
            State::Waiting { parent: context, .. } | State::Carrying { context } => stack::take_back(token, context),
            State::AtFirstPoll { .. } | State::Bare => stack::leave(token),
        }
    }
}

impl Drop for Frame {
    #[inline]
    fn drop(&mut self) {
        if let Some(token) = self.token {
            self.take_back(token);
        }
    }
}

impl State {
    /// Of work that an entity is begun for.
    fn of(mut entity: Entity) -> Self {
        if entity.is_recording() {
            entity.set_cancelled_if_dropped(true);
            return Self::Running { entity: Subsegment(entity), panicking: false };
        }
        Self::Carrying { context: std::mem::take(&mut entity.context) }
    }

    /// Becomes bare from a state that has nothing to drop, so that nobody has to look whether it has.
    #[inline]
    fn become_bare(&mut self) {
        std::mem::forget(std::mem::replace(self, Self::Bare));
    }
}

/// A poll: the context is current until this is dropped.
#[derive(Debug)]
pub(crate) struct Polled<'a> {
    frame: &'a mut Frame,
    within: Within,
}

/// What a poll is within.
#[derive(Clone, Copy, Debug)]
enum Within {
    /// What it would be within if the work were not wrapped.
    Nothing,
    /// What was current at the first poll, and is not recorded.
    Again(Token),
    /// What the frame has.
    Own(Token),
}

impl Polled<'_> {
    /// Ends the entity, because the work is done; it is handed to `record` before, with the outcome, if it is recorded.
    ///
    /// The outcome goes through here so that it has no address where nothing is recorded, and may stay in registers.
    #[inline]
    pub(crate) fn end<T>(self, outcome: T, record: impl FnOnce(&Subsegment, &T)) -> T {
        match (self.within, &self.frame.state) {
            (Within::Nothing, State::Bare) => {}
            (Within::Nothing, State::AtFirstPoll { .. }) => self.frame.state.become_bare(),
            (Within::Again(token), State::AtFirstPoll { .. }) => {
                stack::leave(token);
                self.frame.state.become_bare();
            }
            (_, State::Running { .. }) => return self.end_entity(outcome, record),
            _ => self.frame.end_unrecorded(self.within),
        }
        std::mem::forget(self);
        outcome
    }

    #[inline(never)]
    fn end_entity<T>(self, outcome: T, record: impl FnOnce(&Subsegment, &T)) -> T {
        self.frame.leave(self.within);
        let state = std::mem::replace(&mut self.frame.state, State::Bare);
        std::mem::forget(self);
        if let State::Running { entity, .. } = state {
            record(&entity, &outcome);
            entity.end();
        }
        outcome
    }
}

impl Drop for Polled<'_> {
    /// The work is not done.
    #[inline]
    fn drop(&mut self) {
        match (self.within, &self.frame.state) {
            (Within::Nothing, State::Bare) => {}
            (Within::Nothing, State::AtFirstPoll { .. }) => self.frame.state.become_bare(),
            _ => self.frame.leave(self.within),
        }
    }
}

/// A panic leaves it as it was, and what it holds is decided here: a future is as unwind safe as what it wraps.
impl UnwindSafe for Frame {}
impl RefUnwindSafe for Frame {}

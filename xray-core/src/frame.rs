//! The context of a future: where it comes from, and when it is current.

use std::borrow::Cow;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::context::{self, Context, Token};
use crate::handle::Entity;
use crate::scope::run_piece;
use crate::segment::Segment;
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
    /// A subsegment begins at the first poll: below the parent, or below what is current then if the parent is absent.
    Waiting { parent: Context, name: Cow<'static, str> },
    /// The work of an entity, which ends with it.
    Running { entity: Subsegment },
    /// Work that belongs to an entity of others.
    Carrying { context: Context },
    /// The work is as if it were not wrapped: there is nothing to be current, or it is over.
    Bare,
}

impl Frame {
    pub(crate) fn in_segment(segment: Segment) -> Self {
        Self::running(segment.0)
    }

    /// Of a subsegment that begins at the first poll, below what is current now.
    pub(crate) fn in_subsegment(which: NameOrSubsegment<'static>) -> Self {
        match which {
            NameOrSubsegment::Name(name) => Self::in_state(State::Waiting { parent: context::current(), name }),
            NameOrSubsegment::Subsegment(Subsegment(entity)) => Self::running(entity),
        }
    }

    /// Of a subsegment that begins at the first poll, below what is current then.
    #[inline]
    pub(crate) fn at_first_poll(name: &'static str) -> Self {
        Self::in_state(State::Waiting { parent: Context::Absent, name: Cow::Borrowed(name) })
    }

    pub(crate) fn in_current() -> Self {
        Self::in_state(State::Carrying { context: context::current() })
    }

    fn running(entity: Entity) -> Self {
        entity.set_cancelled_if_dropped(true);
        Self::in_state(State::Running { entity: Subsegment(entity) })
    }

    #[inline]
    fn in_state(state: State) -> Self {
        Self { state, token: None }
    }

    /// Runs a piece of the work.
    #[inline]
    pub(crate) fn run<R>(&mut self, work: impl FnOnce() -> R) -> R {
        if matches!(self.state, State::Waiting { .. }) {
            self.begin();
        }
        match &mut self.state {
            State::Running { entity } => run_piece(&mut entity.0, work),
            State::Carrying { context } => context::lend(context, work),
            State::Waiting { .. } | State::Bare => work(),
        }
    }

    fn begin(&mut self) {
        let State::Waiting { parent, name } = &mut self.state else { return };
        if matches!(parent, Context::Absent) {
            if context::is_absent() {
                context::missing("subsegment", name);
                self.state = State::Bare;
                return;
            }
            *parent = context::current();
        }
        *self = Self::running(Entity::new(parent.begin_child(name)));
    }

    /// Hands an open entity that is recorded to `record`.
    #[inline]
    pub(crate) fn record(&self, record: impl FnOnce(&Subsegment)) {
        if let State::Running { entity } = &self.state
            && entity.is_recording()
        {
            record(entity);
        }
    }

    /// Ends the entity, because the work is done; it is handed to `record` before if it is recorded.
    #[inline]
    pub(crate) fn end(&mut self, record: impl FnOnce(&Subsegment)) {
        match std::mem::replace(&mut self.state, State::Bare) {
            State::Running { entity } => {
                if entity.is_recording() {
                    record(&entity);
                }
                entity.end();
            }
            State::Waiting { .. } | State::Carrying { .. } | State::Bare => {}
        }
    }

    /// Makes the context current, until this is dropped: the work is about to be.
    #[inline]
    pub(crate) fn enter_to_drop(&mut self) {
        if let State::Running { entity } = &mut self.state {
            // Its own panic is recorded by now; another one has only cancelled it.
            entity.0.disown_panic();
        }
        self.token = self.context().and_then(context::put);
    }

    fn context(&mut self) -> Option<&mut Context> {
        match &mut self.state {
            State::Waiting { parent: context, .. } | State::Carrying { context } => Some(context),
            State::Running { entity } => Some(&mut entity.0.context),
            State::Bare => None,
        }
    }
}

impl Drop for Frame {
    #[inline]
    fn drop(&mut self) {
        if let Some(token) = self.token
            && let Some(context) = self.context()
        {
            context::take_back(token, context);
        }
    }
}

/// A panic leaves it as it was, and what it holds is decided here: a future is as unwind safe as what it wraps.
impl UnwindSafe for Frame {}
impl RefUnwindSafe for Frame {}

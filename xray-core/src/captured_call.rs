//! A call in a subsegment.

use std::marker::PhantomData;

use crate::handle::Entity;
use crate::missing;
use crate::stack::{self, Begun, Token};
use crate::subsegment::Subsegment;

/// A subsegment of what is current, which is current itself and ends when this is dropped: the rest of a block runs in it.
///
/// There is one only where it is recorded, and the thread has it meanwhile, so that it need not be cloned.
#[derive(Debug)]
pub struct CapturedCall {
    begun: Begun,
    not_send: PhantomData<*const ()>,
}

impl CapturedCall {
    /// Begins the subsegment.
    #[inline]
    pub fn begin(name: &str) -> Self {
        let begun = stack::enter_child_of_current(name, false);
        if matches!(begun, Begun::Absent) {
            missing::report("subsegment", name);
        }
        Self { begun, not_send: PhantomData }
    }

    /// Ends the subsegment, which is handed to `record` before, with the outcome of the call, if it is recorded.
    ///
    /// The outcome goes through here so that it has no address where nothing is recorded, and may stay in registers.
    #[inline]
    pub fn end<T>(self, outcome: T, record: impl FnOnce(&Subsegment, &T)) -> T {
        if let Begun::Recorded(_) = self.begun { self.end_recorded(outcome, record) } else { outcome }
    }

    #[inline(never)]
    fn end_recorded<T>(mut self, outcome: T, record: impl FnOnce(&Subsegment, &T)) -> T {
        if let Begun::Recorded(token) = std::mem::replace(&mut self.begun, Begun::Absent) {
            record(&take_back(token), &outcome);
        }
        outcome
    }
}

impl Drop for CapturedCall {
    #[inline]
    fn drop(&mut self) {
        match self.begun {
            Begun::Absent => {}
            Begun::Again(token) => stack::leave(token),
            Begun::Recorded(token) => drop(take_back(token)),
        }
    }
}

#[inline(never)]
fn take_back(token: Token) -> Subsegment {
    let mut entity = Entity::absent();
    stack::take_back(token, &mut entity.context);
    Subsegment(entity)
}

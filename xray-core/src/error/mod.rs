//! What went wrong, as X-Ray records it: exceptions made from Rust's errors.

mod cause;
mod link;
mod type_of;

use std::fmt;

use crate::backtrace::{self, Frame};
use crate::message::public_message;
use crate::panic::caught;
use crate::shown::displayed;

pub use cause::Cause;
pub(crate) use link::Link;
use link::{MOST_LINKS, ending_fingerprint};
use type_of::without_holders;

/// An error as it stands in a document: type and message, those of every error that caused it, and a stack.
///
/// Messages are cut to 2,000 characters, types to 250, a chain of causes to 32 links. URLs in messages lose user-info,
/// query string and fragment.
///
/// ```
/// # use xray_core::Exception;
/// let exception = Exception::new("ThrottlingException", "rate exceeded").remote(true);
/// let wrapped = Exception::new("LoadError", "cannot load the cart").caused_by(exception);
/// # let _ = wrapped;
/// ```
#[derive(Clone, Debug)]
pub struct Exception {
    /// The outermost error first; never empty.
    pub(crate) links: Vec<Link>,
    pub(crate) stack: Vec<Frame>,
    pub(crate) truncated: usize,
    /// Whether the outermost error is recognised as another one.
    stands_for_another: bool,
    /// What else it is recognised by.
    pub(crate) known_by: Vec<u64>,
}

impl Exception {
    /// Makes an exception from its parts.
    #[must_use]
    pub fn new(type_name: &str, message: &str) -> Self {
        Self {
            links: vec![Link::new(type_name, message)],
            stack: Vec::new(),
            truncated: 0,
            stands_for_another: false,
            known_by: Vec::new(),
        }
    }

    /// Makes an exception from an error, with its whole chain of sources.
    ///
    /// It has no stack, whatever the recorder's [`stack_frames`](crate::RecorderBuilder::stack_frames): an instrument
    /// records an error of others, and this place is not where it arose.
    ///
    /// The type is that of the error itself, with its path, whatever holds it: `&`, `Box`, `Arc` or several of them. Of an error
    /// behind `dyn`, and of sources, Rust keeps no name: there it is the first word of what `Debug` writes.
    #[must_use]
    pub fn from_error<Kind>(error: &(impl Cause<Kind> + ?Sized)) -> Self {
        Self {
            links: links_of(error),
            stack: Vec::new(),
            truncated: 0,
            stands_for_another: false,
            known_by: Vec::new(),
        }
    }

    /// Adds so many frames of the stack of this place.
    pub(crate) fn add_stack(&mut self, frames: usize) {
        (self.stack, self.truncated) = backtrace::of_caller(frames);
    }

    /// An exception of words that went on, if `is_cut` says so: of a URL at their end, the end of the user-info may be missing.
    pub(crate) fn of_cut(type_name: &str, words: &str, is_cut: bool) -> Self {
        let link = Link::filtered(type_name, &public_message(words, is_cut));
        Self { links: vec![link], stack: Vec::new(), truncated: 0, stands_for_another: false, known_by: Vec::new() }
    }

    /// An exception of our own words, which no filter has to see: it can be made under a lock.
    pub(crate) fn of_ours(type_name: &str, message: &str) -> Self {
        Self {
            links: vec![Link::filtered(type_name, message)],
            stack: Vec::new(),
            truncated: 0,
            stands_for_another: false,
            known_by: Vec::new(),
        }
    }

    /// The type of the outermost error.
    pub(crate) fn type_name(&self) -> &str {
        self.links.first().map_or("", |link| &link.type_name)
    }

    pub(crate) fn from_display(type_name: &str, message: &dyn fmt::Display) -> Self {
        Self::new(without_holders(type_name), &displayed(message))
    }

    /// Says whether the far side of a call raised it. The default is `false`.
    #[must_use]
    pub fn remote(mut self, remote: bool) -> Self {
        self.links.iter_mut().for_each(|link| link.remote = remote);
        self
    }

    /// Adds the exception that caused this one, behind the causes it already has.
    #[must_use]
    pub fn caused_by(mut self, cause: Exception) -> Self {
        let room = MOST_LINKS.saturating_sub(self.links.len());
        self.links.extend(cause.links.into_iter().take(room));
        self
    }

    /// Says which error this exception stands for, if its message is not that error's. Where it may be one of several, it is
    /// called for each.
    ///
    /// An instrument that records a message without values calls this: when the program records the error itself
    /// further up, the exception is referred to, and the values stay out of the trace there as well.
    #[must_use]
    pub fn standing_for<Kind>(mut self, error: &(impl Cause<Kind> + ?Sized)) -> Self {
        if let (Some(link), Some(original)) = (self.links.first_mut(), links_of(error).first()) {
            if std::mem::replace(&mut self.stands_for_another, true) {
                self.known_by.push(original.fingerprint);
            } else {
                link.fingerprint = original.fingerprint;
            }
        }
        self
    }

    /// Says that an error stands for this exception, too, if its message ends with the exception's own, behind a colon and a
    /// space.
    ///
    /// An instrument that sees only what a service has answered calls this: the client's error says the same behind a name that
    /// the instrument does not know. It concerns the outermost error of a chain; without a message it changes nothing.
    ///
    /// ```
    /// # use xray_core::Exception;
    /// let exception = Exception::new("NotFound", "no such topic").remote(true).known_by_ending();
    /// # let _ = exception;
    /// // "NotFoundException: no such topic", recorded further up, now refers to it.
    /// ```
    #[must_use]
    pub fn known_by_ending(mut self) -> Self {
        let message = self.links.first().map(|link| link.message.as_str()).filter(|message| !message.is_empty());
        self.known_by.extend(message.map(ending_fingerprint));
        self
    }

    pub(crate) fn with_frame(mut self, frame: Frame) -> Self {
        self.stack.insert(0, frame);
        self
    }
}

/// What leads to the error may be the program's as well, such as a `Deref`.
fn links_of<Kind>(error: &(impl Cause<Kind> + ?Sized)) -> Vec<Link> {
    caught(|| error.links()).unwrap_or_else(|_| vec![Link::filtered("error", "")])
}

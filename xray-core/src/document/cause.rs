//! The `cause` block: exceptions with ids, or the id of one that a child recorded.

use super::budget::{Budget, ENTRY, Share};
use super::json::{Object, write_text};
use crate::backtrace::Frame;
use crate::error::Exception;
use crate::id::SegmentId;

/// Why an entity failed.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    /// The exception is another entity's; its type and message are kept in case more exceptions follow.
    Reference { exception: SegmentId, type_name: String, message: String },
    /// The entity's own.
    Exceptions(Vec<Recorded>),
}

/// An exception with the ids that link it to others.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) id: SegmentId,
    pub(crate) type_name: String,
    pub(crate) message: String,
    pub(crate) remote: bool,
    pub(crate) stack: Vec<Frame>,
    pub(crate) truncated: usize,
    pub(crate) cause: Option<SegmentId>,
}

/// The most exceptions of one entity; the first ones tell most.
const MOST_EXCEPTIONS: usize = 64;
/// How much of an entity's budget all of them may have, in bytes.
const MOST_KEPT: usize = 48 * 1_024;

impl Recorded {
    /// Gives ids to the exception's first links, and lets the last of them point to `known`.
    pub(crate) fn from_exception(exception: Exception, links: usize, known: Option<SegmentId>) -> Vec<Self> {
        let ids: Vec<_> = (0..links).map(|_| SegmentId::generate()).collect();
        let mut stack = Some((exception.stack, exception.truncated));
        let links = exception.links.into_iter().take(links).enumerate();
        links
            .map(|(position, link)| {
                // The stack is that of the place which recorded the outermost error.
                let (stack, truncated) = stack.take().unwrap_or_default();
                Self {
                    id: ids[position],
                    type_name: link.type_name,
                    message: link.message,
                    remote: link.remote,
                    stack,
                    truncated,
                    cause: ids.get(position + 1).copied().or(known),
                }
            })
            .collect()
    }

    /// How much is kept of it, in bytes.
    fn size(&self) -> usize {
        2 * ENTRY + self.type_name.len() + self.message.len() + self.size_of_stack()
    }

    fn size_of_stack(&self) -> usize {
        self.stack.iter().map(frame_size).sum()
    }

    /// Leaves the innermost frames, as many as there is room for.
    fn cut_stack(&mut self, mut room: usize) {
        let fits = |frame: &&Frame| {
            let rest = room.checked_sub(frame_size(frame));
            room = rest.unwrap_or_default();
            rest.is_some()
        };
        let kept = self.stack.iter().take_while(fits).count();
        self.truncated += self.stack.len() - kept;
        self.stack.truncate(kept);
        self.stack.shrink_to_fit();
    }

    /// An exception that only points to another entity's.
    fn pointing_to(exception: SegmentId, type_name: String, message: String) -> Self {
        Self {
            id: SegmentId::generate(),
            type_name,
            message,
            remote: false,
            stack: Vec::new(),
            truncated: 0,
            cause: Some(exception),
        }
    }
}

fn frame_size(frame: &Frame) -> usize {
    ENTRY + frame.path.len() + frame.label.len()
}

impl Cause {
    /// What stands for the cause of a fault that was only flagged.
    pub(super) fn unexplained() -> Self {
        let exception = Exception::of_ours("fault", "flagged as a fault without an error");
        Self::Exceptions(Recorded::from_exception(exception, 1, None))
    }

    /// Adds to what was recorded; nothing of it is lost. Returns how many exceptions there was no room for.
    ///
    /// The first one always has room: a fault needs a cause.
    pub(super) fn add(cause: &mut Option<Cause>, more: Cause, budget: &mut Budget) -> usize {
        let before = cause.take();
        if before.is_none()
            && let Self::Reference { type_name, message, .. } = &more
        {
            budget.take_anyway(type_name.len() + message.len());
            *cause = Some(more);
            return 0;
        }
        let mut exceptions = before.map(Self::into_exceptions).unwrap_or_default();
        let mut kept: usize = exceptions.iter().map(Recorded::size).sum();
        let mut more = more.into_exceptions().into_iter();
        let mut gone = None;
        while let Some(mut exception) = more.next() {
            let room = MOST_KEPT.saturating_sub(kept).min(budget.room(Share::Exceptions));
            if !exception.stack.is_empty() {
                // What comes after it tells more than the frames further out.
                let without_stack = exception.size() - exception.size_of_stack();
                let rest: usize = more.as_slice().iter().map(Recorded::size).sum();
                exception.cut_stack(room.saturating_sub(without_stack + rest));
            }
            let size = exception.size();
            if !exceptions.is_empty() && (size > room || exceptions.len() == MOST_EXCEPTIONS) {
                gone = Some(exception.id);
                break;
            }
            budget.take_anyway(size);
            kept += size;
            exceptions.push(exception);
        }
        if let Some(last) = exceptions.last_mut().filter(|last| gone.is_some() && last.cause == gone) {
            last.cause = None;
        }
        *cause = Some(Self::Exceptions(exceptions));
        more.len() + usize::from(gone.is_some())
    }

    fn into_exceptions(self) -> Vec<Recorded> {
        match self {
            Self::Reference { exception, type_name, message } => {
                vec![Recorded::pointing_to(exception, type_name, message)]
            }
            Self::Exceptions(exceptions) => exceptions,
        }
    }
}

/// Leaves the first exceptions, the last of which then points to none that is gone.
pub(super) fn cut(exceptions: &mut Vec<Recorded>, length: usize) {
    let gone = exceptions.get(length).map(|exception| exception.id);
    exceptions.truncate(length);
    if let Some(last) = exceptions.last_mut().filter(|last| last.cause == gone) {
        last.cause = None;
    }
}

pub(super) fn write(object: &mut Object<'_>, cause: &Cause) {
    match cause {
        Cause::Reference { exception, .. } => write_id(object.key("cause"), *exception),
        Cause::Exceptions(exceptions) => object.object("cause", |object| {
            let working_directory = std::env::current_dir().ok();
            object.optional_text("working_directory", working_directory.as_deref().and_then(|path| path.to_str()));
            write_list(object.key("exceptions"), exceptions, write_exception);
        }),
    }
}

fn write_exception(out: &mut Vec<u8>, exception: &Recorded) {
    let mut object = Object::begin(out);
    write_id(object.key("id"), exception.id);
    let message = Some(exception.message.as_str()).filter(|message| !message.is_empty());
    object.optional_text("message", message);
    object.text("type", &exception.type_name);
    object.flag("remote", exception.remote);
    if let Some(cause) = exception.cause {
        write_id(object.key("cause"), cause);
    }
    if exception.truncated > 0 {
        object.integer("truncated", exception.truncated as i64);
    }
    if !exception.stack.is_empty() {
        write_list(object.key("stack"), &exception.stack, write_frame);
    }
    object.end();
}

fn write_frame(out: &mut Vec<u8>, frame: &Frame) {
    let mut object = Object::begin(out);
    object.text("path", &frame.path);
    object.integer("line", frame.line.into());
    object.text("label", &frame.label);
    object.end();
}

fn write_list<T>(out: &mut Vec<u8>, items: &[T], write: fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

fn write_id(out: &mut Vec<u8>, id: SegmentId) {
    write_text(out, &id.to_string());
}

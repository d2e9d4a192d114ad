//! The `cause` block: exceptions with ids, or the id of one that a child recorded.

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
pub(crate) const MOST_EXCEPTIONS: usize = 64;

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

impl Cause {
    /// What stands for the cause of a fault that was only flagged.
    pub(super) fn unexplained() -> Self {
        let exception = Exception::of_ours("fault", "flagged as a fault without an error");
        Self::Exceptions(Recorded::from_exception(exception, 1, None))
    }

    /// Adds to what was recorded; nothing of it is lost. Returns how many exceptions there was no room for.
    pub(crate) fn add(cause: &mut Option<Cause>, more: Cause) -> usize {
        match cause.take() {
            None => {
                *cause = Some(more);
                0
            }
            Some(before) => {
                let mut exceptions = before.into_exceptions();
                exceptions.extend(more.into_exceptions());
                let left_out = exceptions.len().saturating_sub(MOST_EXCEPTIONS);
                cut(&mut exceptions, MOST_EXCEPTIONS);
                *cause = Some(Self::Exceptions(exceptions));
                left_out
            }
        }
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

//! What an entity holds, as plain data: it is filled while the entity is open and written once it left.

use super::blocks::Blocks;
use super::cause::Cause;
use super::json::{Object, write_number, write_text};
use crate::annotation::{LONGEST_TEXT, Value, push_key};
use crate::id::SegmentId;
use crate::name::{push_name, truncated};

/// The data of one segment or subsegment.
///
/// Name, annotation keys and annotation texts stand one after the other in `text`, so that a
/// record which is used again allocates nothing.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) id: SegmentId,
    pub(crate) parent: Option<SegmentId>,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) flags: Flags,
    text: String,
    name_end: usize,
    annotations: Vec<Annotation>,
    blocks: Option<Box<Blocks>>,
}

/// X-Ray's three words for what went wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) error: bool,
    pub(crate) throttle: bool,
    pub(crate) fault: bool,
}

#[derive(Clone, Copy, Debug)]
struct Annotation {
    key: Range,
    value: Stored,
}

#[derive(Clone, Copy, Debug)]
enum Stored {
    Text(Range),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
}

/// A part of a record's text.
#[derive(Clone, Copy, Debug)]
struct Range {
    start: u32,
    end: u32,
}

/// Far more than X-Ray indexes (50 in a trace); a loop that annotates cannot fill the memory.
const MOST_ANNOTATIONS: usize = 1_000;
/// Text that overwritten annotations left behind is cleared away above this size, in bytes.
const MOST_TEXT: usize = 64 * 1_024;

impl Record {
    pub(crate) fn new() -> Self {
        Self {
            id: SegmentId::generate(),
            parent: None,
            start: 0,
            end: 0,
            flags: Flags::default(),
            text: String::new(),
            name_end: 0,
            annotations: Vec::new(),
            blocks: None,
        }
    }

    /// Makes the record that of a new entity, whatever it was before.
    pub(crate) fn begin(&mut self, name: &str, parent: Option<SegmentId>, start: u64) {
        self.id = SegmentId::generate();
        self.parent = parent;
        (self.start, self.end) = (start, 0);
        self.flags = Flags::default();
        self.text.clear();
        push_name(&mut self.text, name);
        self.name_end = self.text.len();
        self.annotations.clear();
        self.blocks = None;
    }

    /// Whether the memory is worth keeping for another entity.
    pub(crate) fn is_small(&self) -> bool {
        self.text.capacity() <= 1_024 && self.annotations.capacity() <= 32
    }

    /// Closes the record. A fault needs an HTTP status or a cause: some receivers look at nothing else.
    pub(crate) fn finish(&mut self, end: u64) {
        self.end = end.max(self.start);
        let explained = self.blocks.as_deref().is_some_and(|blocks| {
            blocks.cause.is_some() || blocks.http_response.is_some_and(|response| response.status().is_some())
        });
        if self.flags.fault && !explained {
            self.blocks().cause = Some(Cause::unexplained());
        }
    }

    pub(crate) fn rename(&mut self, name: &str) {
        let mut text = String::with_capacity(self.text.len() + name.len());
        push_name(&mut text, name);
        self.repack(text);
    }

    /// Blocks other than annotations, which most local subsegments do not have.
    pub(crate) fn blocks(&mut self) -> &mut Blocks {
        self.blocks.get_or_insert_default()
    }

    /// Adds or replaces an annotation; `false` if there is no room or the value has no JSON.
    pub(crate) fn put_annotation(&mut self, key: &str, value: &Value<'_>) -> bool {
        if key.is_empty() || matches!(value, Value::Float(number) if !number.is_finite()) {
            return false;
        }
        let start = self.text.len();
        push_key(&mut self.text, key);
        let known =
            self.annotations.iter().position(|annotation| self.text[start..] == *slice(&self.text, annotation.key));
        let key = match known {
            Some(position) => {
                self.text.truncate(start);
                self.annotations[position].key
            }
            None if self.annotations.len() == MOST_ANNOTATIONS => {
                self.text.truncate(start);
                return false;
            }
            None => Range::between(start, self.text.len()),
        };
        let annotation = Annotation { key, value: self.store(value) };
        match known {
            Some(position) => self.annotations[position] = annotation,
            None => self.annotations.push(annotation),
        }
        if known.is_some() && self.text.len() > MOST_TEXT {
            let name = self.text[..self.name_end].to_owned();
            self.repack(name);
        }
        true
    }

    fn store(&mut self, value: &Value<'_>) -> Stored {
        match value {
            Value::Text(text) => {
                let start = self.text.len();
                self.text.push_str(truncated(text, LONGEST_TEXT));
                Stored::Text(Range::between(start, self.text.len()))
            }
            Value::Signed(number) => Stored::Signed(*number),
            Value::Unsigned(number) => Stored::Unsigned(*number),
            Value::Float(number) => Stored::Float(*number),
            Value::Boolean(boolean) => Stored::Boolean(*boolean),
        }
    }

    /// Moves the annotations behind a new name.
    fn repack(&mut self, mut text: String) {
        self.name_end = text.len();
        for annotation in &mut self.annotations {
            annotation.key = moved(&self.text, annotation.key, &mut text);
            if let Stored::Text(range) = annotation.value {
                annotation.value = Stored::Text(moved(&self.text, range, &mut text));
            }
        }
        self.text = text;
    }

    pub(super) fn name(&self) -> &str {
        &self.text[..self.name_end]
    }

    pub(super) fn other_blocks(&self) -> Option<&Blocks> {
        self.blocks.as_deref()
    }

    pub(super) fn write_flags(&self, object: &mut Object<'_>) {
        object.flag("error", self.flags.error);
        object.flag("throttle", self.flags.throttle);
        object.flag("fault", self.flags.fault);
    }

    pub(super) fn write_annotations(&self, object: &mut Object<'_>) {
        if self.annotations.is_empty() {
            return;
        }
        object.object("annotations", |object| {
            for annotation in &self.annotations {
                let out = object.key(slice(&self.text, annotation.key));
                match annotation.value {
                    Stored::Text(range) => write_text(out, slice(&self.text, range)),
                    Stored::Signed(number) => write_number(out, number),
                    Stored::Unsigned(number) => write_number(out, number),
                    Stored::Float(number) => write_number(out, number),
                    Stored::Boolean(boolean) => out.extend_from_slice(if boolean { b"true" } else { b"false" }),
                }
            }
        });
    }

    /// Makes the record smaller by at least `excess` bytes where that can be done; returns how many values went.
    ///
    /// The largest metadata values go first, then stacks, then exceptions, then annotations.
    pub(super) fn trim(&mut self, mut excess: usize) -> usize {
        let mut trimmed = 0;
        if let Some(blocks) = &mut self.blocks {
            trimmed = blocks.trim(&mut excess);
        }
        while excess > 0
            && let Some(largest) = (0..self.annotations.len()).max_by_key(|position| self.size_of(*position))
        {
            excess = excess.saturating_sub(self.size_of(largest));
            self.annotations.remove(largest);
            trimmed += 1;
        }
        trimmed
    }

    /// About what an annotation takes in the document, in bytes; never more than it takes.
    fn size_of(&self, position: usize) -> usize {
        let Annotation { key, value } = self.annotations[position];
        let value = if let Stored::Text(range) = value { range.len() + 2 } else { 1 };
        key.len() + 4 + value
    }
}

impl Range {
    fn between(start: usize, end: usize) -> Self {
        // A record's text is cleared away long before 4 GiB.
        Self { start: start as u32, end: end as u32 }
    }

    fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

fn slice(text: &str, range: Range) -> &str {
    &text[range.start as usize..range.end as usize]
}

fn moved(from: &str, range: Range, to: &mut String) -> Range {
    let start = to.len();
    to.push_str(slice(from, range));
    Range::between(start, to.len())
}

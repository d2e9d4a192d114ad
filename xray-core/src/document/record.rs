//! What an entity holds, as plain data: it is filled while the entity is open and written once it left.

use super::blocks::Blocks;
use super::budget::{Budget, ENTRY, Share};
use super::cause::Cause;
use super::http::HttpRequest;
use super::json::{Object, write_number, write_text};
use crate::annotation::{Value, push_key};
use crate::format::{LONGEST_ANNOTATION, MOST_ANNOTATIONS, is_status_of_fault};
use crate::id::SegmentId;
use crate::name::{push_name, truncated};

/// The data of one segment or subsegment.
///
/// The name and the annotations stand one after the other in `text`, the latter as the JSON that
/// will be sent, each behind a comma. So a record which is used again allocates nothing, and is
/// written with few copies.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: SegmentId,
    pub(crate) parent: Option<SegmentId>,
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) flags: Flags,
    text: Vec<u8>,
    name_end: usize,
    annotations: Vec<Annotation>,
    /// How much of the text is that of annotations which were replaced, in bytes.
    garbage: usize,
    blocks: Option<Box<Blocks>>,
    budget: Budget,
}

/// X-Ray's three words for what went wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flags {
    pub(crate) error: bool,
    pub(crate) throttle: bool,
    /// A fault that the program has recorded.
    pub(crate) fault: bool,
    /// A fault that only the status says, such as the 503 by which S3 throttles.
    status_fault: bool,
}

impl Flags {
    /// Throttled is an error, and no fault of the one who throttles. What the program calls a fault remains one.
    pub(crate) fn set_throttle(&mut self) {
        (self.error, self.throttle, self.status_fault) = (true, true, false);
    }

    /// Sets what an HTTP status stands for.
    pub(crate) fn set_status(&mut self, status: u16) {
        match status {
            429 => self.set_throttle(),
            400..=499 => self.error = true,
            500..=599 => self.status_fault = true,
            _ => {}
        }
    }

    pub(crate) fn is_fault(self) -> bool {
        self.fault || self.status_fault
    }
}

/// Where `,"key":value` stands in a record's text.
#[derive(Clone, Copy, Debug)]
struct Annotation {
    start: u32,
    key_end: u32,
    end: u32,
}

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
            text: Vec::new(),
            name_end: 0,
            annotations: Vec::new(),
            garbage: 0,
            blocks: None,
            budget: Budget::default(),
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
        self.garbage = 0;
        self.blocks = None;
        self.budget = Budget::default();
    }

    /// Whether the memory is worth keeping for another entity.
    pub(crate) fn is_small(&self) -> bool {
        self.text.capacity() <= 1_024 && self.annotations.capacity() <= 32
    }

    /// Drops what is large and of no use to another entity.
    pub(crate) fn clear_blocks(&mut self) {
        self.blocks = None;
    }

    /// Closes the record.
    pub(crate) fn finish(&mut self, end: u64) {
        self.end = end.max(self.start);
        self.explain_fault();
    }

    /// The entity as it is now, which is sent while it goes on.
    pub(crate) fn in_progress(&self) -> Box<Self> {
        let mut record = Box::new(self.clone());
        record.explain_fault();
        record
    }

    /// A fault needs the HTTP status of one or a cause: some receivers look at nothing else.
    fn explain_fault(&mut self) {
        let explained = self.http_status().is_some_and(|status| is_status_of_fault(status.into()))
            || self.blocks.as_deref().is_some_and(|blocks| blocks.cause.is_some());
        if self.flags.is_fault() && !explained {
            self.blocks().cause = Some(Cause::unexplained());
        }
    }

    pub(crate) fn rename(&mut self, name: &str) {
        let mut text = Vec::new();
        push_name(&mut text, name);
        text.reserve_exact(self.text.len() - self.name_end - self.garbage);
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
        self.text.extend_from_slice(b",\"");
        push_key(&mut self.text, key);
        self.text.extend_from_slice(b"\":");
        let key_end = self.text.len();
        let known =
            self.annotations.iter().position(|annotation| annotation.key(&self.text) == &self.text[start..key_end]);
        if known.is_none() && self.annotations.len() == MOST_ANNOTATIONS {
            self.text.truncate(start);
            return false;
        }
        match value {
            Value::Text(text) => write_text(&mut self.text, truncated(text, LONGEST_ANNOTATION)),
            Value::Signed(number) => write_number(&mut self.text, number),
            Value::Unsigned(number) => write_number(&mut self.text, number),
            Value::Float(number) => write_number(&mut self.text, number),
            Value::Boolean(true) => self.text.extend_from_slice(b"true"),
            Value::Boolean(false) => self.text.extend_from_slice(b"false"),
        }
        let size = self.text.len() - start;
        let before = known.map_or(0, |position| self.annotations[position].size());
        let entry = if known.is_none() { ENTRY_OF_ANNOTATION } else { 0 };
        if !self.budget.take(Share::Values, size + entry, before) {
            self.text.truncate(start);
            return false;
        }
        // The budget is far below 4 GiB, and so is what was replaced.
        let annotation = Annotation { start: start as u32, key_end: key_end as u32, end: self.text.len() as u32 };
        match known {
            None => self.annotations.push(annotation),
            Some(position) => {
                self.annotations[position] = annotation;
                self.garbage += before;
                if self.text.len() > MOST_TEXT && self.garbage > self.text.len() / 2 {
                    let name = self.text[..self.name_end].to_vec();
                    self.repack(name);
                }
            }
        }
        true
    }

    /// Whether there may be room for a value of metadata, so that it is worth looking at it.
    pub(crate) fn has_room_for_metadata(&self, namespace: &str, key: &str) -> bool {
        let is_known = || self.other_blocks().is_some_and(|blocks| blocks.has_metadata(namespace, key));
        self.budget.room(Share::Metadata) > ENTRY + namespace.len() + key.len() || is_known()
    }

    /// Adds or replaces metadata; `false` if there is no room.
    pub(crate) fn put_metadata(&mut self, namespace: &str, key: &str, json: String) -> bool {
        self.blocks.get_or_insert_default().put_metadata(namespace, key, json, &mut self.budget)
    }

    /// Adds or replaces a value of the `aws` block; `false` if there is no room.
    pub(crate) fn put_aws(&mut self, key: &str, json: String) -> bool {
        self.blocks.get_or_insert_default().put_aws(key, json, &mut self.budget)
    }

    /// Adds a cause; returns how many of its exceptions there was no room for.
    pub(crate) fn add_cause(&mut self, cause: Cause) -> usize {
        Cause::add(&mut self.blocks.get_or_insert_default().cause, cause, &mut self.budget)
    }

    /// Moves the annotations behind a new name, and leaves behind what was replaced.
    fn repack(&mut self, mut text: Vec<u8>) {
        self.name_end = text.len();
        for annotation in &mut self.annotations {
            let start = text.len() as u32;
            text.extend_from_slice(annotation.json(&self.text));
            *annotation = Annotation {
                start,
                key_end: start + (annotation.key_end - annotation.start),
                end: start + (annotation.end - annotation.start),
            };
        }
        self.text = text;
        self.garbage = 0;
    }

    /// The request of the `http` block.
    pub(crate) fn http_request(&self) -> Option<&HttpRequest> {
        self.blocks.as_deref()?.http_request.as_ref()
    }

    /// The status of the `http` block.
    pub(crate) fn http_status(&self) -> Option<u16> {
        self.blocks.as_deref()?.http_response.and_then(|response| response.status())
    }

    pub(crate) fn name(&self) -> &str {
        // Only whole texts are pushed.
        str::from_utf8(&self.text[..self.name_end]).unwrap_or_default()
    }

    pub(super) fn other_blocks(&self) -> Option<&Blocks> {
        self.blocks.as_deref()
    }

    pub(super) fn write_flags(&self, object: &mut Object<'_>) {
        object.flag("error", self.flags.error);
        object.flag("throttle", self.flags.throttle);
        object.flag("fault", self.flags.is_fault());
    }

    pub(super) fn write_annotations(&self, object: &mut Object<'_>) {
        let Some(first) = self.annotations.first() else { return };
        let out = object.key("annotations");
        let start = out.len();
        if self.garbage > 0 {
            self.annotations.iter().for_each(|annotation| out.extend_from_slice(annotation.json(&self.text)));
        } else {
            out.extend_from_slice(&self.text[first.start as usize..]);
        }
        // The first comma becomes the brace.
        out[start] = b'{';
        out.push(b'}');
    }

    /// Makes the record smaller by at least `excess` bytes where that can be done; returns how many values went.
    ///
    /// The largest metadata values go first, then stacks, then exceptions, then annotations.
    pub(super) fn trim(&mut self, mut excess: usize) -> usize {
        let mut trimmed = 0;
        if let Some(blocks) = &mut self.blocks {
            trimmed = blocks.trim(&mut excess);
        }
        trimmed + self.trim_annotations(excess)
    }

    /// Takes the largest annotations out, and returns how many went.
    fn trim_annotations(&mut self, mut excess: usize) -> usize {
        let mut largest_first: Vec<usize> = (0..self.annotations.len()).collect();
        largest_first.sort_by_key(|position| std::cmp::Reverse(self.annotations[*position].size()));
        let mut goes = vec![false; self.annotations.len()];
        for position in largest_first {
            if excess == 0 {
                break;
            }
            let size = self.annotations[position].size();
            excess = excess.saturating_sub(size);
            self.garbage += size;
            goes[position] = true;
        }
        let before = self.annotations.len();
        let mut goes = goes.into_iter();
        self.annotations.retain(|_| goes.next() != Some(true));
        before - self.annotations.len()
    }
}

/// What an annotation takes besides its text, in bytes.
const ENTRY_OF_ANNOTATION: usize = size_of::<Annotation>();

impl Annotation {
    fn size(self) -> usize {
        (self.end - self.start) as usize
    }

    fn key(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.key_end as usize]
    }

    fn json(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.end as usize]
    }
}

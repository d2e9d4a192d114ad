//! The blocks that only some entities have.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::budget::{Budget, ENTRY, Share};
use super::cause::{self, Cause};
use super::http::{self, HttpRequest, HttpResponse};
use super::json::Object;
use super::sql::{self, Sql};
use super::value::too_large;
use crate::id::{SegmentId, TraceId};

/// Who is on the other side of a subsegment. Local work has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Namespace {
    /// A call to an AWS service.
    Aws,
    /// A call to any other service.
    Remote,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    pub(crate) namespace: Option<Namespace>,
    pub(crate) user: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) http_request: Option<HttpRequest>,
    pub(crate) http_response: Option<HttpResponse>,
    pub(crate) sql: Option<Sql>,
    pub(crate) cause: Option<Cause>,
    pub(crate) precursors: Vec<SegmentId>,
    /// Entities of other traces that this one is about.
    pub(crate) links: Vec<(TraceId, SegmentId)>,
    /// Keys with JSON values. Sorted: who puts a hundred thousand of them waits for no search through all.
    aws: BTreeMap<String, String>,
    metadata: BTreeMap<Place, String>,
}

/// Where a value of metadata stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    namespace: Box<str>,
    key: Box<str>,
}

impl Place {
    fn new(namespace: &str, key: &str) -> Self {
        Self { namespace: namespace.into(), key: key.into() }
    }
}

impl Blocks {
    /// Adds or replaces a value of the `aws` block; `false` if there is no room.
    pub(super) fn put_aws(&mut self, key: &str, json: String, budget: &mut Budget) -> bool {
        is_sane(key.len()) && put(&mut self.aws, key.to_owned(), key.len(), json, budget, Share::Values)
    }

    /// Adds or replaces a value; `false` if there is no room.
    pub(super) fn put_metadata(&mut self, namespace: &str, key: &str, json: String, budget: &mut Budget) -> bool {
        let size = namespace.len() + key.len();
        is_sane(size) && put(&mut self.metadata, Place::new(namespace, key), size, json, budget, Share::Metadata)
    }

    pub(super) fn has_metadata(&self, namespace: &str, key: &str) -> bool {
        is_sane(namespace.len() + key.len()) && self.metadata.contains_key(&Place::new(namespace, key))
    }

    pub(super) fn write(&self, object: &mut Object<'_>) {
        http::write(object, self.http_request.as_ref(), self.http_response.as_ref());
        if let Some(sql) = &self.sql {
            sql::write(object, sql);
        }
        if let Some(cause) = &self.cause {
            cause::write(object, cause);
        }
        if !self.precursors.is_empty() {
            let out = object.key("precursor_ids");
            for (position, id) in self.precursors.iter().enumerate() {
                out.extend_from_slice(if position == 0 { b"[\"" } else { b",\"" });
                id.write(out);
                out.push(b'"');
            }
            out.push(b']');
        }
        if !self.links.is_empty() {
            let out = object.key("links");
            for (position, (trace_id, id)) in self.links.iter().enumerate() {
                out.extend_from_slice(if position == 0 { b"[{\"trace_id\":\"" } else { b",{\"trace_id\":\"" });
                trace_id.write(out);
                out.extend_from_slice(b"\",\"id\":\"");
                id.write(out);
                out.extend_from_slice(b"\"}");
            }
            out.push(b']');
        }
        if !self.metadata.is_empty() {
            object.object("metadata", |object| {
                let mut values = self.metadata.iter().peekable();
                while let Some((Place { namespace, .. }, _)) = values.peek() {
                    let mut inner = Object::begin(object.foreign_key(namespace));
                    while let Some((place, json)) = values.next_if(|(place, _)| place.namespace == *namespace) {
                        inner.foreign_key(&place.key).extend_from_slice(json.as_bytes());
                    }
                    inner.end();
                }
            });
        }
    }

    pub(super) fn write_aws(&self, object: &mut Object<'_>) {
        for (key, json) in &self.aws {
            object.foreign_key(key).extend_from_slice(json.as_bytes());
        }
    }

    pub(super) fn has_aws(&self) -> bool {
        !self.aws.is_empty()
    }

    pub(super) fn has_aws_key(&self, key: &str) -> bool {
        self.aws.contains_key(key)
    }

    /// Takes values out, the largest first, until `excess` is used up; returns how many went.
    pub(super) fn trim(&mut self, excess: &mut usize) -> usize {
        let mut trimmed = self.trim_values(excess);
        if let Some(Cause::Exceptions(exceptions)) = &mut self.cause {
            for exception in exceptions.iter_mut().filter(|exception| !exception.stack.is_empty()) {
                if *excess > 0 {
                    let size: usize =
                        exception.stack.iter().map(|frame| frame.path.len() + frame.label.len() + 30).sum();
                    exception.truncated += exception.stack.len();
                    exception.stack.clear();
                    *excess = excess.saturating_sub(size);
                    trimmed += 1;
                }
            }
            // The first exception stays: a fault needs a cause.
            let mut length = exceptions.len();
            while *excess > 0 && length > 1 {
                length -= 1;
                let last = &exceptions[length];
                *excess = excess.saturating_sub(last.message.len() + last.type_name.len() + 40);
                trimmed += 1;
            }
            cause::cut(exceptions, length);
        }
        if *excess > 0
            && let Some(size) = self.sql.as_mut().and_then(Sql::drop_query)
        {
            *excess = excess.saturating_sub(size);
            trimmed += 1;
        }
        trimmed
    }

    fn trim_values(&mut self, excess: &mut usize) -> usize {
        let metadata = self.metadata.values_mut().map(|json| (json, true));
        // The fields of the `aws` block have types, and a note is a text: those go altogether.
        let aws = self.aws.values_mut().map(|json| (json, false));
        let mut values: Vec<(&mut String, bool)> = metadata.chain(aws).collect();
        values.sort_by_key(|(json, _)| std::cmp::Reverse(json.len()));
        let mut trimmed = 0;
        for (json, takes_note) in values {
            let note = too_large(json.len());
            if *excess == 0 || json.len() <= note.len() {
                break;
            }
            *excess = excess.saturating_sub(json.len() - note.len());
            *json = if takes_note { note } else { String::new() };
            trimmed += 1;
        }
        self.aws.retain(|_, json| !json.is_empty());
        // Hundreds of small values.
        while *excess > 0
            && let Some((place, json)) = self.metadata.pop_last()
        {
            *excess = excess.saturating_sub(place.key.len() + json.len() + 4);
            trimmed += 1;
        }
        while *excess > 0
            && let Some((key, json)) = self.aws.pop_last()
        {
            *excess = excess.saturating_sub(key.len() + json.len() + 4);
            trimmed += 1;
        }
        trimmed
    }
}

/// Whether a key can have a place at all; a longer one is not even copied.
fn is_sane(key: usize) -> bool {
    key < Share::Metadata as usize
}

/// Adds or replaces a value whose place takes so many bytes.
fn put<P: Ord>(
    values: &mut BTreeMap<P, String>,
    place: P,
    size: usize,
    json: String,
    budget: &mut Budget,
    share: Share,
) -> bool {
    match values.entry(place) {
        Entry::Occupied(mut value) => {
            let fits = budget.take(share, json.len(), value.get().len());
            if fits {
                value.insert(json);
            }
            fits
        }
        Entry::Vacant(value) => {
            let fits = budget.take(share, ENTRY + size + json.len(), 0);
            if fits {
                value.insert(json);
            }
            fits
        }
    }
}

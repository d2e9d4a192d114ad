//! The blocks that only some entities have.

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

#[derive(Debug, Default)]
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
    /// Keys with JSON values.
    aws: Vec<(String, String)>,
    /// Namespaces with keys with JSON values.
    metadata: Vec<(String, Vec<(String, String)>)>,
}

/// The most values of one kind of one entity; a loop cannot fill the memory.
const MOST_VALUES: usize = 1_000;

impl Blocks {
    /// Adds or replaces a value of the `aws` block; `false` if there is no room.
    pub(crate) fn put_aws(&mut self, key: &str, json: String) -> bool {
        replace(&mut self.aws, key, json)
    }

    /// Adds or replaces a value; `false` if there is no room.
    pub(crate) fn put_metadata(&mut self, namespace: &str, key: &str, json: String) -> bool {
        if let Some((_, values)) = self.metadata.iter_mut().find(|(name, _)| name == namespace) {
            return replace(values, key, json);
        }
        if self.metadata.len() == MOST_VALUES {
            return false;
        }
        self.metadata.push((namespace.to_owned(), vec![(key.to_owned(), json)]));
        true
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
                for (namespace, values) in &self.metadata {
                    let mut inner = Object::begin(object.foreign_key(namespace));
                    for (key, json) in values {
                        inner.foreign_key(key).extend_from_slice(json.as_bytes());
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
        self.aws.iter().any(|(known, _)| known == key)
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
        let metadata = self.metadata.iter_mut().flat_map(|(_, values)| values).map(|(_, json)| (json, true));
        // The fields of the `aws` block have types, and a note is a text: those go altogether.
        let aws = self.aws.iter_mut().map(|(_, json)| (json, false));
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
        self.aws.retain(|(_, json)| !json.is_empty());
        // Thousands of small values: whole namespaces go.
        while *excess > 0
            && let Some((_, values)) = self.metadata.pop()
        {
            let size: usize = values.iter().map(|(key, json)| key.len() + json.len() + 4).sum();
            *excess = excess.saturating_sub(size);
            trimmed += values.len();
        }
        while *excess > 0
            && let Some((key, json)) = self.aws.pop()
        {
            *excess = excess.saturating_sub(key.len() + json.len() + 4);
            trimmed += 1;
        }
        trimmed
    }
}

fn replace(values: &mut Vec<(String, String)>, key: &str, json: String) -> bool {
    if let Some((_, before)) = values.iter_mut().find(|(name, _)| name == key) {
        *before = json;
        return true;
    }
    if values.len() == MOST_VALUES {
        return false;
    }
    values.push((key.to_owned(), json));
    true
}

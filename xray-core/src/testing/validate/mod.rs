//! The strict validator of segment documents.
//!
//! It refuses whatever any of the known listeners refuses, loses or misreads: the X-Ray service, the JSON schema of the documents, and the OpenTelemetry
//! collector's receiver, which is the strictest.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>

mod aws;
mod cause;
mod checks;
mod data;
mod entity;
mod fields;
mod http;
mod sql;
#[cfg(test)]
mod tests;
mod url;

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde_json::Value;

use self::checks::Violations;
use self::entity::Kind;
use crate::format::LARGEST_DOCUMENT;

/// One thing that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    path: String,
    message: String,
}

impl Violation {
    pub(in crate::testing) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// Where it is, as a JSON pointer such as `/subsegments/0/http/request/url`; empty for the document as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong there, in lower case and without a full stop.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "document" } else { &self.path };
        write!(formatter, "{path}: {}", self.message)
    }
}

/// Checks a segment document, or the document of an independent subsegment, against everything that is known of the format.
///
/// The order of the keys, the white space and the framing are a matter of the text and not of the value: [`Daemon`](super::Daemon) checks those.
/// Nesting of any depth is walked without recursion.
///
/// # Errors
///
/// All violations found, those of a parent before those of its subsegments.
///
/// ```
/// let document = serde_json::json!({
///     "name": "checkout", "id": "70de5b6f19ff9a0a", "trace_id": "1-581cf771-a006649127e371903a2de979",
///     "start_time": 1478293361.271, "in_progress": false,
/// });
/// let violations = xray_core::testing::validate(&document).unwrap_err();
/// assert_eq!(violations[0].path(), "/in_progress");
/// ```
pub fn validate(document: &Value) -> Result<(), Vec<Violation>> {
    let mut violations = Violations::default();
    let length = serialised_length(document);
    if length > LARGEST_DOCUMENT {
        violations.add("", format!("{length} bytes, more than {LARGEST_DOCUMENT}"));
    }

    let mut entity_ids = HashMap::new();
    let mut exception_ids = HashSet::new();
    let mut entities = vec![Entity { value: document, kind: Kind::of_document(document), place: None }];
    let mut next = 0;
    while let Some(&Entity { value, kind, .. }) = entities.get(next) {
        let mut own = Violations::default();
        entity::check(value, kind, &mut exception_ids, &mut own);
        if let Some(id) = value.get("id").and_then(Value::as_str)
            && let Some(first) = entity_ids.insert(id, next)
        {
            own.add("/id", format!("also the id of {}", name_of(&path_of(&entities, first))));
        }
        if let Some((parent, _)) = entities[next].place
            && let (Some(start), Some(earliest)) = (start_of(value), start_of(entities[parent].value))
            && start < earliest
        {
            own.add("/start_time", "before the start_time of its parent");
        }
        if !own.is_empty() {
            violations.append_under(&path_of(&entities, next), own);
        }
        if let Some(subsegments) = value.get("subsegments").and_then(Value::as_array) {
            let nested = |(position, value)| Entity { value, kind: Kind::Nested, place: Some((next, position)) };
            entities.extend(subsegments.iter().enumerate().map(nested));
        }
        next += 1;
    }
    violations.into_result()
}

/// Checks that every exception which a cause refers to is in one of the documents of its trace.
///
/// A subsegment may have left on its own, so this is asked of all documents together, once all have come.
///
/// # Errors
///
/// One violation for each exception that is missing; its path is that of the cause within its document.
///
/// ```
/// let document = serde_json::json!({"name": "checkout", "cause": "70de5b6f19ff9a0a"});
/// let violations = xray_core::testing::validate_references([&document]).unwrap_err();
/// assert_eq!(violations[0].path(), "/cause");
/// ```
pub fn validate_references<'a>(documents: impl IntoIterator<Item = &'a Value>) -> Result<(), Vec<Violation>> {
    let mut known = HashSet::new();
    let mut referred = Vec::new();
    for document in documents {
        let mut pending = vec![(String::new(), document)];
        while let Some((path, entity)) = pending.pop() {
            for (position, child) in entity["subsegments"].as_array().into_iter().flatten().enumerate() {
                pending.push((format!("{path}/subsegments/{position}"), child));
            }
            referred.extend(entity["cause"].as_str().map(|id| (format!("{path}/cause"), id)));
            for (position, exception) in entity["cause"]["exceptions"].as_array().into_iter().flatten().enumerate() {
                known.extend(exception["id"].as_str());
                let path = || format!("{path}/cause/exceptions/{position}/cause");
                referred.extend(exception["cause"].as_str().map(|id| (path(), id)));
            }
        }
    }
    let missing = referred.into_iter().filter(|(_, id)| !known.contains(id));
    let violations: Vec<_> = missing
        .map(|(path, id)| Violation::new(path, format!("the exception {id} is in none of the documents")))
        .collect();
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

fn start_of(entity: &Value) -> Option<f64> {
    entity.get("start_time").and_then(Value::as_f64)
}

/// An entity that waits for its check. Paths are put together only for those with violations.
struct Entity<'a> {
    value: &'a Value,
    kind: Kind,
    /// The index of the parent, and the position under it.
    place: Option<(usize, usize)>,
}

fn path_of(entities: &[Entity<'_>], mut index: usize) -> String {
    let mut positions = Vec::new();
    while let Some((parent, position)) = entities[index].place {
        positions.push(position);
        index = parent;
    }
    positions.iter().rev().map(|position| format!("/subsegments/{position}")).collect()
}

fn name_of(path: &str) -> &str {
    if path.is_empty() { "the document" } else { path }
}

/// The length of the compact JSON. `serde_json` would recurse to write it.
fn serialised_length(document: &Value) -> usize {
    let mut length = 0;
    let mut pending = vec![document];
    while let Some(value) = pending.pop() {
        length += match value {
            Value::Object(fields) => {
                pending.extend(fields.values());
                2 + fields.len().saturating_sub(1) + fields.keys().map(|key| string_length(key) + 1).sum::<usize>()
            }
            Value::Array(elements) => {
                pending.extend(elements);
                2 + elements.len().saturating_sub(1)
            }
            Value::String(text) => string_length(text),
            scalar => scalar.to_string().len(),
        };
    }
    length
}

fn string_length(text: &str) -> usize {
    serde_json::to_string(text).map_or(text.len() + 2, |quoted| quoted.len())
}

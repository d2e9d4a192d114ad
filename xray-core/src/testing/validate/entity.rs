//! Segments and subsegments: which fields they have, and what the fields demand of each other.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::checks::{Fields, Violations, array, check_block, child, object};
use super::fields::{
    COMMON_FIELDS, INDEPENDENT_FIELDS, LINK_FIELDS, SEGMENT_FIELDS, SERVICE_FIELDS, SUBSEGMENT_FIELDS,
};
use super::{aws, cause, data, http, sql};

/// What an entity is, which decides about its fields.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Segment,
    /// A subsegment that is a document of its own.
    Independent,
    /// A subsegment inside its parent.
    Nested,
}

impl Kind {
    pub(super) fn of_document(document: &Value) -> Self {
        if document.get("type").is_some() { Self::Independent } else { Self::Segment }
    }

    fn of_its_own(self) -> &'static [&'static Fields] {
        match self {
            Self::Segment => &[SEGMENT_FIELDS],
            Self::Independent => &[SUBSEGMENT_FIELDS, INDEPENDENT_FIELDS],
            Self::Nested => &[SUBSEGMENT_FIELDS],
        }
    }

    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Segment => &["name", "id", "start_time", "trace_id"],
            Self::Independent => &["name", "id", "start_time", "trace_id", "parent_id"],
            Self::Nested => &["name", "id", "start_time"],
        }
    }
}

/// Checks one entity, but not its subsegments. Paths are relative to it.
pub(super) fn check<'a>(
    entity: &'a Value,
    kind: Kind,
    exception_ids: &mut HashSet<&'a str>,
    violations: &mut Violations,
) {
    let Some(fields) = object("", entity, violations) else {
        return;
    };
    for key in kind.required() {
        if !fields.contains_key(*key) {
            violations.add(&child("", key), "missing");
        }
    }
    for (key, value) in fields {
        check_field(key, value, kind, exception_ids, violations);
    }
    check_times(fields, violations);
    check_flags(fields, violations);
    check_references(fields, violations);
}

fn check_field<'a>(
    key: &str,
    value: &'a Value,
    kind: Kind,
    exception_ids: &mut HashSet<&'a str>,
    violations: &mut Violations,
) {
    let path = child("", key);
    match key {
        "http" => http::check(value, kind, violations),
        "aws" => aws::check(value, kind, violations),
        "cause" => cause::check(value, exception_ids, violations),
        "annotations" => data::check_annotations(value, violations),
        "metadata" => data::check_metadata(value, violations),
        "links" => check_links(value, violations),
        "service" if kind == Kind::Segment => check_block(&path, value, SERVICE_FIELDS, violations),
        "sql" if kind != Kind::Segment => sql::check(value, violations),
        "subsegments" => drop(array(&path, value, violations)),
        _ => {
            if let Err(message) = check_plain_field(key, value, kind) {
                violations.add(&path, message);
            }
        }
    }
}

fn check_plain_field(key: &str, value: &Value, kind: Kind) -> Result<(), String> {
    let find = |fields: &'static Fields| fields.iter().find(|(known, _)| *known == key);
    let mut own = kind.of_its_own().iter().copied().chain([COMMON_FIELDS]);
    if let Some((_, check)) = own.find_map(find) {
        return check(value);
    }
    if find(INDEPENDENT_FIELDS).is_some() {
        return Err("only for a document of its own".to_owned());
    }
    if find(SEGMENT_FIELDS).is_some() {
        return Err("only for a segment".to_owned());
    }
    if find(SUBSEGMENT_FIELDS).is_some() {
        return Err("only for a subsegment".to_owned());
    }
    Err("unknown field".to_owned())
}

fn check_times(fields: &Map<String, Value>, violations: &mut Violations) {
    match (fields.contains_key("end_time"), fields.contains_key("in_progress")) {
        (true, true) => violations.add("/in_progress", "not together with end_time"),
        (false, false) => violations.add("/end_time", "missing, and so is in_progress"),
        _ => {}
    }
    let seconds = |key| fields.get(key).and_then(Value::as_f64);
    if let (Some(start), Some(end)) = (seconds("start_time"), seconds("end_time"))
        && end < start
    {
        violations.add("/end_time", "before start_time");
    }
}

fn check_flags(fields: &Map<String, Value>, violations: &mut Violations) {
    let is_set = |key| fields.get(key) == Some(&Value::Bool(true));
    if is_set("throttle") && !is_set("error") {
        violations.add("/throttle", "without error");
    }
    // The collector ignores the flags: it takes the status from the response and from the presence of a cause.
    let status = fields.get("http").and_then(|http| http.pointer("/response/status")).and_then(Value::as_u64);
    if is_set("fault") && !fields.contains_key("cause") && status.is_none_or(|status| status < 500) {
        violations.add("/fault", "without a cause or a response status of 500 or more");
    }
}

fn check_references(fields: &Map<String, Value>, violations: &mut Violations) {
    let Some(id) = fields.get("id").filter(|id| id.is_string()) else {
        return;
    };
    if fields.get("parent_id") == Some(id) {
        violations.add("/parent_id", "the entity's own id");
    }
    if fields.get("precursor_ids").and_then(Value::as_array).is_some_and(|precursors| precursors.contains(id)) {
        violations.add("/precursor_ids", "contains the entity's own id");
    }
}

fn check_links(value: &Value, violations: &mut Violations) {
    for (position, link) in array("/links", value, violations).unwrap_or_default().iter().enumerate() {
        let path = format!("/links/{position}");
        check_block(&path, link, LINK_FIELDS, violations);
        for key in ["trace_id", "id"] {
            if link.is_object() && link.get(key).is_none() {
                violations.add(&child(&path, key), "missing");
            }
        }
    }
}

//! The `cause` block.

use std::collections::HashSet;

use serde_json::Value;

use super::checks::{self, Fields, Violations, array, check_fields, child, count, flag, id, object, string, strings};

/// Checks a cause. The ids of its exceptions join those of the document, where each may occur once: an error that was recorded already is referred to.
pub(super) fn check<'a>(value: &'a Value, exception_ids: &mut HashSet<&'a str>, violations: &mut Violations) {
    if value.is_string() {
        if let Err(message) = id(value) {
            violations.add("/cause", message);
        }
        return;
    }
    let Some(cause) = object("/cause", value, violations) else {
        return;
    };
    check_fields("/cause", cause, CAUSE_FIELDS, violations);
    let Some(exceptions) = cause.get("exceptions") else {
        return violations.add("/cause/exceptions", "missing");
    };
    let exceptions = array("/cause/exceptions", exceptions, violations).unwrap_or_default();
    for (position, exception) in exceptions.iter().enumerate() {
        let path = format!("/cause/exceptions/{position}");
        check_exception(&path, exception, violations);
        if let Some(id) = exception.get("id").and_then(Value::as_str)
            && !exception_ids.insert(id)
        {
            violations.add(&child(&path, "id"), "also the id of another exception");
        }
    }
}

/// The documentation leaves all fields but the id to the sender; without the id the collector crashes.
fn check_exception(path: &str, value: &Value, violations: &mut Violations) {
    let Some(exception) = object(path, value, violations) else {
        return;
    };
    check_fields(path, exception, EXCEPTION_FIELDS, violations);
    match (exception.get("id"), exception.get("cause")) {
        (None, _) => violations.add(&child(path, "id"), "missing"),
        (own, cause) if own == cause => violations.add(&child(path, "cause"), "the exception's own id"),
        _ => {}
    }
    if let Some(stack) = exception.get("stack") {
        let path = child(path, "stack");
        for (position, frame) in array(&path, stack, violations).unwrap_or_default().iter().enumerate() {
            checks::check_block(&format!("{path}/{position}"), frame, FRAME_FIELDS, violations);
        }
    }
}

// `exceptions` and `stack` have checks of their own.
const CAUSE_FIELDS: &Fields = &[("working_directory", string), ("paths", strings), ("exceptions", checks::anything)];
const EXCEPTION_FIELDS: &Fields = &[
    ("id", id),
    ("message", string),
    ("type", string),
    ("remote", flag),
    ("truncated", count),
    ("skipped", count),
    ("cause", id),
    ("stack", checks::anything),
];
const FRAME_FIELDS: &Fields = &[("path", string), ("line", count), ("label", string)];

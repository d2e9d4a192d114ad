//! What all blocks need: a list of violations, tables of fields, and checks of single values.

use serde_json::{Map, Value};

use super::Violation;
use crate::format::LONGEST_TEXT;

/// The violations found so far.
#[derive(Default)]
pub(super) struct Violations(Vec<Violation>);

impl Violations {
    pub(super) fn add(&mut self, path: &str, message: impl Into<String>) {
        self.0.push(Violation::new(path, message));
    }

    /// Takes over violations whose paths are relative to `path`.
    pub(super) fn append_under(&mut self, path: &str, others: Self) {
        let moved = |violation: Violation| Violation::new(format!("{path}{}", violation.path), violation.message);
        self.0.extend(others.0.into_iter().map(moved));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_result(self) -> Result<(), Vec<Violation>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

/// A check of one value; the error says what it should have been.
pub(super) type Check = fn(&Value) -> Result<(), String>;

/// The fields that a block may have.
pub(super) type Fields = [(&'static str, Check)];

/// Checks a block that may have the given fields and no other.
pub(super) fn check_block(path: &str, value: &Value, fields: &Fields, violations: &mut Violations) {
    if let Some(block) = object(path, value, violations) {
        check_fields(path, block, fields, violations);
    }
}

/// Checks the fields of a block that is known to be an object.
pub(super) fn check_fields(path: &str, block: &Map<String, Value>, fields: &Fields, violations: &mut Violations) {
    for (key, value) in block {
        let check = fields.iter().find(|(known, _)| known == key);
        let result = check.map_or_else(|| Err("unknown field".to_owned()), |(_, check)| check(value));
        if let Err(message) = result {
            violations.add(&child(path, key), message);
        }
    }
}

/// The fields of a block, or `None`, with a violation, where it is no object or an empty one.
pub(super) fn object<'a>(path: &str, value: &'a Value, violations: &mut Violations) -> Option<&'a Map<String, Value>> {
    let block = value.as_object();
    match block {
        None => violations.add(path, "not an object"),
        Some(fields) if fields.is_empty() => violations.add(path, "an empty object"),
        Some(_) => return block,
    }
    None
}

/// The elements of a list, or `None`, with a violation, where it is no array or an empty one.
pub(super) fn array<'a>(path: &str, value: &'a Value, violations: &mut Violations) -> Option<&'a [Value]> {
    match value.as_array() {
        None => violations.add(path, "not an array"),
        Some(elements) if elements.is_empty() => violations.add(path, "an empty array"),
        Some(elements) => return Some(elements),
    }
    None
}

/// The path of a field, escaped as in a JSON pointer.
pub(super) fn child(path: &str, key: &str) -> String {
    format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"))
}

pub(super) fn anything(_: &Value) -> Result<(), String> {
    Ok(())
}

pub(super) fn string(value: &Value) -> Result<(), String> {
    text(value).map(drop)
}

/// The cap that the JSON schema puts on most strings, counted in characters.
pub(super) fn string_250(value: &Value) -> Result<(), String> {
    at_most(text(value)?, LONGEST_TEXT)
}

pub(super) fn strings(value: &Value) -> Result<(), String> {
    match value.as_array() {
        Some(elements) if !elements.is_empty() && elements.iter().all(Value::is_string) => Ok(()),
        _ => Err("not an array of one or more strings".to_owned()),
    }
}

pub(super) fn boolean(value: &Value) -> Result<(), String> {
    value.as_bool().map(drop).ok_or_else(|| "not a boolean".to_owned())
}

/// A flag is left out when it is not true.
pub(super) fn flag(value: &Value) -> Result<(), String> {
    match value.as_bool() {
        Some(true) => Ok(()),
        Some(false) => Err("a flag that is false is left out".to_owned()),
        None => Err("not a boolean".to_owned()),
    }
}

pub(super) fn count(value: &Value) -> Result<(), String> {
    value.as_u64().map(drop).ok_or_else(|| "not an integer of 0 or more".to_owned())
}

/// An id of a segment, subsegment or exception.
pub(super) fn id(value: &Value) -> Result<(), String> {
    let text = text(value)?;
    let is_id = is_hex(text, 16) && text.bytes().any(|digit| digit != b'0');
    is_id.then_some(()).ok_or_else(|| "not 16 hexadecimal digits in lower case, or nothing but zeros".to_owned())
}

pub(super) fn trace_id(value: &Value) -> Result<(), String> {
    let text = text(value)?;
    let mut parts = text.split('-');
    let is_right = text.bytes().filter(u8::is_ascii_hexdigit).skip(1).any(|digit| digit != b'0')
        && parts.next() == Some("1")
        && parts.next().is_some_and(|part| is_hex(part, 8))
        && parts.next().is_some_and(|part| is_hex(part, 24))
        && parts.next().is_none();
    is_right.then_some(()).ok_or_else(|| {
        "not of the form 1-8 hexadecimal digits-24 hexadecimal digits, in lower case and not all zero".to_owned()
    })
}

pub(super) fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "not a string".to_owned())
}

pub(super) fn at_most(text: &str, limit: usize) -> Result<(), String> {
    let length = text.chars().count();
    if length <= limit { Ok(()) } else { Err(format!("{length} characters, more than {limit}")) }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

//! The `sql` block.

use serde_json::Value;

use super::checks::{Fields, Violations, at_most, check_block, string, string_250, text};
use super::url;
use crate::format::{LONGEST_TEXT, is_database_url};

pub(super) fn check(value: &Value, violations: &mut Violations) {
    check_block("/sql", value, FIELDS, violations);
}

/// The collector rejects the entire document when there is no host or no database in it.
fn database_url(value: &Value) -> Result<(), String> {
    let url = text(value)?;
    if !is_database_url(url) {
        return Err("not of the form scheme://[user@]host[:port]/database".to_owned());
    }
    at_most(url, LONGEST_TEXT)
}

fn connection_string(value: &Value) -> Result<(), String> {
    let text = text(value)?;
    let lower = text.to_lowercase();
    let names_one = ["password=", "passwd=", "pwd="].iter().any(|key| lower.contains(key));
    if names_one || url::user_info(text).is_some_and(|user| user.contains(':')) {
        return Err("has a password".to_owned());
    }
    Ok(())
}

fn preparation(value: &Value) -> Result<(), String> {
    let is_known = matches!(text(value)?, "statement" | "call");
    is_known.then_some(()).ok_or_else(|| "neither statement nor call".to_owned())
}

const FIELDS: &Fields = &[
    ("connection_string", connection_string),
    ("url", database_url),
    ("sanitized_query", string),
    ("database_type", string),
    ("database_version", string),
    ("driver_version", string),
    ("user", string_250),
    ("preparation", preparation),
];

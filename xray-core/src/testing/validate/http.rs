//! The `http` block.

use serde_json::Value;

use super::checks::{self, Fields, Violations, at_most, check_block, flag, object, string_250, text};
use super::entity::Kind;
use super::url;
use crate::format::{LONGEST_TEXT, is_client_address, is_request_url, is_status};

pub(super) fn check(value: &Value, kind: Kind, violations: &mut Violations) {
    let Some(block) = object("/http", value, violations) else {
        return;
    };
    for (key, value) in block {
        match key.as_str() {
            "request" => check_block("/http/request", value, REQUEST_FIELDS, violations),
            "response" => check_block("/http/response", value, RESPONSE_FIELDS, violations),
            _ => violations.add(&checks::child("/http", key), "unknown field"),
        }
    }
    if kind == Kind::Segment && value.pointer("/request/traced").is_some() {
        violations.add("/http/request/traced", "only for a subsegment");
    }
}

fn request_url(value: &Value) -> Result<(), String> {
    let url = text(value)?;
    if url.contains('?') {
        return Err("has a query".to_owned());
    }
    if url.contains('#') {
        return Err("has a fragment".to_owned());
    }
    if url::user_info(url).is_some() {
        return Err("has user-info".to_owned());
    }
    if !is_request_url(url) {
        return Err("not of the form scheme://host[:port][/path], nor a path".to_owned());
    }
    at_most(url, LONGEST_TEXT)
}

fn client_ip(value: &Value) -> Result<(), String> {
    let address = text(value)?;
    if !is_client_address(address) {
        return Err("neither an IP address without a port nor a name".to_owned());
    }
    at_most(address, LONGEST_TEXT)
}

fn status(value: &Value) -> Result<(), String> {
    let is_status = value.as_u64().is_some_and(is_status);
    is_status.then_some(()).ok_or_else(|| "not an integer from 100 to 599".to_owned())
}

/// -1 is what clients report for a body of unknown length.
fn content_length(value: &Value) -> Result<(), String> {
    let is_length = value.is_u64() || value.as_i64() == Some(-1);
    is_length.then_some(()).ok_or_else(|| "not an integer of -1 or more".to_owned())
}

const REQUEST_FIELDS: &Fields = &[
    ("method", string_250),
    ("url", request_url),
    ("user_agent", string_250),
    ("client_ip", client_ip),
    ("x_forwarded_for", flag),
    ("traced", flag),
];
const RESPONSE_FIELDS: &Fields = &[("status", status), ("content_length", content_length)];

//! The fields of segments and subsegments that hold one value each.

use std::collections::HashSet;

use serde_json::Value;

use super::checks::{self, Check, Fields, at_most, flag, text};
use crate::format::{LONGEST_NAME, is_arn, is_in_name, is_origin};

pub(super) const COMMON_FIELDS: &Fields = &[
    ("name", name),
    ("id", checks::id),
    ("start_time", time),
    ("end_time", time),
    ("in_progress", flag),
    ("error", flag),
    ("throttle", flag),
    ("fault", flag),
];
// `service` and `sql` are in these tables for those who have them by mistake.
pub(super) const SEGMENT_FIELDS: &Fields = &[
    ("trace_id", checks::trace_id),
    ("parent_id", checks::id),
    ("origin", origin as Check),
    ("resource_arn", resource_arn),
    ("user", checks::string_250),
    ("service", checks::anything),
];
pub(super) const SUBSEGMENT_FIELDS: &Fields =
    &[("namespace", namespace), ("traced", flag), ("precursor_ids", ids), ("sql", checks::anything)];
pub(super) const INDEPENDENT_FIELDS: &Fields =
    &[("type", subsegment_type), ("trace_id", checks::trace_id), ("parent_id", checks::id)];
pub(super) const SERVICE_FIELDS: &Fields = &[
    ("name", checks::string),
    ("version", checks::string),
    ("runtime", checks::string),
    ("runtime_version", checks::string),
    ("compiler", checks::string),
    ("compiler_version", checks::string),
];
pub(super) const LINK_FIELDS: &Fields =
    &[("trace_id", checks::trace_id), ("id", checks::id), ("attributes", attributes)];

fn name(value: &Value) -> Result<(), String> {
    let name = text(value)?;
    if name.is_empty() {
        return Err("empty".to_owned());
    }
    if let Some(wrong) = name.chars().find(|&character| !is_in_name(character)) {
        return Err(format!("{wrong:?} is not allowed in a name"));
    }
    at_most(name, LONGEST_NAME)
}

fn time(value: &Value) -> Result<(), String> {
    let Value::Number(number) = value else {
        return Err("not a number".to_owned());
    };
    if !number.as_f64().is_some_and(|seconds| PLAUSIBLE_SECONDS.contains(&seconds)) {
        return Err("not a plausible time in epoch seconds".to_owned());
    }
    // The shortest text of a double. A double holds the microseconds of this era exactly enough for that to show what was written.
    let decimals = number.to_string().split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if decimals <= 6 { Ok(()) } else { Err(format!("{decimals} decimals, more than 6")) }
}

fn namespace(value: &Value) -> Result<(), String> {
    let is_known = matches!(text(value)?, "aws" | "remote");
    is_known.then_some(()).ok_or_else(|| "neither aws nor remote".to_owned())
}

fn subsegment_type(value: &Value) -> Result<(), String> {
    (text(value)? == "subsegment").then_some(()).ok_or_else(|| "not subsegment".to_owned())
}

fn origin(value: &Value) -> Result<(), String> {
    is_origin(text(value)?).then_some(()).ok_or_else(|| "not of the form AWS::Service::Resource".to_owned())
}

fn resource_arn(value: &Value) -> Result<(), String> {
    is_arn(text(value)?).then_some(()).ok_or_else(|| "not an ARN".to_owned())
}

fn ids(value: &Value) -> Result<(), String> {
    checks::strings(value)?;
    let elements = value.as_array().map_or(&[][..], Vec::as_slice);
    elements.iter().try_for_each(checks::id)?;
    let distinct: HashSet<_> = elements.iter().filter_map(Value::as_str).collect();
    if distinct.len() == elements.len() { Ok(()) } else { Err("an id twice".to_owned()) }
}

fn attributes(value: &Value) -> Result<(), String> {
    value.is_object().then_some(()).ok_or_else(|| "not an object".to_owned())
}

/// From 2001 to 2286. Milliseconds, microseconds and seconds since start-up are all far outside.
const PLAUSIBLE_SECONDS: std::ops::RangeInclusive<f64> = 1e9..=1e10;

//! Values of the `aws` block, brought into the types that its fields have.
//!
//! Receivers read the block into typed fields, and refuse the whole segment for one value of another type.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::value::{LARGEST_VALUE, try_json};
use crate::format::Kind;
use crate::name::truncated;
use crate::url::public_url;

/// What cannot be recorded, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) what: String,
    pub(crate) reason: Cow<'static, str>,
}

/// What [`segment_field`](crate::format::segment_field) or [`call_field`](crate::format::call_field) says.
type Field = Result<Option<Kind>, &'static str>;

/// The JSON of a value in the form that its field has; `None` if there is nothing to record. What cannot be converted is added
/// to `refusals`.
pub(crate) fn to_field(
    field: Field,
    key: &str,
    value: &(impl Serialize + ?Sized),
    refusals: &mut Vec<Refusal>,
) -> Option<String> {
    match field.map(|kind| (kind, try_json(value))) {
        // Nothing is known: that needs no place.
        Ok((_, Ok(json))) if json == "null" => None,
        Ok((None, Ok(json))) => Some(json),
        Ok((Some(kind), Ok(json))) => fit(kind, key, json, refusals),
        Ok((_, Err(note))) => refuse(key, note, refusals),
        Err(reason) => refuse(key, reason, refusals),
    }
}

fn fit(kind: Kind, key: &str, json: String, refusals: &mut Vec<Refusal>) -> Option<String> {
    let fits = match kind {
        Kind::Text => json.starts_with('"'),
        Kind::Count => json.len() < 19 && json.bytes().all(|byte| byte.is_ascii_digit()),
        Kind::Flag => json == "true" || json == "false",
        _ => false,
    };
    if fits {
        // Nearly always.
        return Some(json);
    }
    match serde_json::from_str(&json) {
        Ok(value) => converted(kind, key, value, refusals).map(|value| value.to_string()),
        // Does not happen: we have written it.
        Err(error) => refuse(key, error.to_string(), refusals),
    }
}

fn converted(kind: Kind, path: &str, value: Value, refusals: &mut Vec<Refusal>) -> Option<Value> {
    let reason = match (kind, value) {
        (_, Value::Null) => return None,
        (Kind::Account, Value::Number(number)) => return Some(format!("{:0>12}", number.to_string()).into()),
        (Kind::Text | Kind::Account, value) => match text_of(value) {
            Some(text) => return Some(text.into()),
            None => "it is not a text",
        },
        (Kind::Url, Value::String(url)) => match public_url(&url, LARGEST_VALUE) {
            Some(url) => return Some([url.scheme, url.place].concat().into()),
            None => "nobody can tell where its password ends",
        },
        (Kind::Url, _) => "it is not a text",
        (Kind::Count, value) => match count_of(&value) {
            Some(count) => return Some(count.into()),
            None => "it is not an integer of 0 or more",
        },
        (Kind::Flag, value) => match &value {
            Value::Bool(_) => return Some(value),
            Value::String(text) if text.eq_ignore_ascii_case("true") => return Some(true.into()),
            Value::String(text) if text.eq_ignore_ascii_case("false") => return Some(false.into()),
            _ => "it is neither true nor false",
        },
        (Kind::Texts, value) => match texts_of(value) {
            Some(texts) => return Some(texts).filter(|texts| !texts.is_empty()).map(Value::from),
            None => "it is not a list of texts",
        },
        (Kind::Block(fields), Value::Object(block)) => {
            let block = block.into_iter().filter_map(|(key, value)| {
                let path = format!("{path}.{key}");
                match fields.iter().find(|(known, _)| *known == key) {
                    Some((_, kind)) => converted(*kind, &path, value, refusals).map(|value| (key, value)),
                    None => refuse(&path, "there is no such field", refusals),
                }
            });
            return Some(block.collect::<Map<_, _>>()).filter(|block| !block.is_empty()).map(Value::from);
        }
        (Kind::Block(_) | Kind::Blocks(_), Value::Bool(_) | Value::Number(_) | Value::String(_))
        | (Kind::Block(_), _) => "it is not an object",
        (Kind::Blocks(fields), Value::Array(blocks)) => {
            let blocks = blocks.into_iter().filter_map(|block| converted(Kind::Block(fields), path, block, refusals));
            return Some(blocks.collect::<Vec<_>>()).filter(|blocks| !blocks.is_empty()).map(Value::from);
        }
        (Kind::Blocks(fields), block) => {
            return converted(Kind::Block(fields), path, block, refusals).map(|block| vec![block].into());
        }
    };
    refuse(path, reason, refusals)
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A whole number, also as a text or with a decimal point.
fn count_of(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| {
            let number =
                number.as_f64().filter(|number| number.fract() == 0.0 && (0.0..MOST_EXACT).contains(number))?;
            Some(number as u64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Above this, a double is no longer every integer.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

fn texts_of(value: Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.into_iter().map(text_of).collect(),
        value => text_of(value).map(|text| vec![text]),
    }
}

fn refuse<T>(what: &str, reason: impl Into<Cow<'static, str>>, refusals: &mut Vec<Refusal>) -> Option<T> {
    refusals.push(Refusal { what: truncated(what, 200).to_owned(), reason: reason.into() });
    None
}

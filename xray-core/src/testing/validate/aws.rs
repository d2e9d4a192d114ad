//! The `aws` block: the resource a segment ran on, or the call that a subsegment made.

use serde_json::{Map, Value};

use super::checks::{self, Violations, array, child, object};
use super::entity::Kind as EntityKind;
use crate::format::{self, Kind};
use crate::url::public_url;

pub(super) fn check(value: &Value, kind: EntityKind, violations: &mut Violations) {
    let Some(block) = object("/aws", value, violations) else {
        return;
    };
    for (key, value) in block {
        let path = child("/aws", key);
        let field = match kind {
            _ if key == "xray" => Ok(Some(format::XRAY)),
            EntityKind::Segment => format::segment_field(key),
            EntityKind::Independent | EntityKind::Nested => format::call_field(key),
        };
        match field {
            Ok(Some(kind)) => check_value(&path, value, kind, violations),
            Ok(None) if value.is_null() => violations.add(&path, "null"),
            Ok(None) => {}
            Err(message) => violations.add(&path, message),
        }
    }
}

fn check_value(path: &str, value: &Value, kind: Kind, violations: &mut Violations) {
    let result = match kind {
        Kind::Text | Kind::Account => checks::string(value),
        Kind::Url => url(value),
        Kind::Count => checks::count(value),
        Kind::Flag => checks::boolean(value),
        Kind::Texts => checks::strings(value),
        Kind::Block(fields) => {
            if let Some(block) = object(path, value, violations) {
                check_block(path, block, fields, violations);
            }
            Ok(())
        }
        Kind::Blocks(fields) => {
            for (position, element) in array(path, value, violations).unwrap_or_default().iter().enumerate() {
                let path = format!("{path}/{position}");
                let Some(block) = object(&path, element, violations) else { continue };
                check_block(&path, block, fields, violations);
                if let Some((first, _)) = fields.first().filter(|(first, _)| !block.contains_key(*first)) {
                    violations.add(&child(&path, first), "missing");
                }
            }
            Ok(())
        }
    };
    if let Err(message) = result {
        violations.add(path, message);
    }
}

fn check_block(path: &str, block: &Map<String, Value>, fields: &format::Fields, violations: &mut Violations) {
    for (key, value) in block {
        let path = child(path, key);
        match fields.iter().find(|(known, _)| known == key) {
            Some((_, kind)) => check_value(&path, value, *kind, violations),
            None => violations.add(&path, "unknown field"),
        }
    }
}

fn url(value: &Value) -> Result<(), String> {
    let text = checks::text(value)?;
    let is_public = public_url(text, text.len()).is_some_and(|url| [url.scheme, url.place].concat() == text);
    is_public.then_some(()).ok_or_else(|| "has user-info, a query or a fragment".to_owned())
}

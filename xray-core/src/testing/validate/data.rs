//! What users add: annotations and metadata.

use serde_json::Value;

use super::checks::{Violations, at_most, child, object};

pub(super) fn check_annotations(value: &Value, violations: &mut Violations) {
    let Some(annotations) = object("/annotations", value, violations) else {
        return;
    };
    for (key, value) in annotations {
        let path = child("/annotations", key);
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            violations.add(&path, "the key is not one or more of A-Z, a-z, 0-9 and _");
        }
        if let Err(message) = at_most(key, 500) {
            violations.add(&path, format!("the key has {message}"));
        }
        match value {
            Value::String(text) => {
                if let Err(message) = at_most(text, 1000) {
                    violations.add(&path, message);
                }
            }
            Value::Number(_) | Value::Bool(_) => {}
            _ => violations.add(&path, "neither string, number nor boolean"),
        }
    }
}

pub(super) fn check_metadata(value: &Value, violations: &mut Violations) {
    let Some(metadata) = object("/metadata", value, violations) else {
        return;
    };
    for (namespace, values) in metadata {
        let path = child("/metadata", namespace);
        if namespace.starts_with("AWS.") {
            violations.add(&path, "AWS. is reserved");
        }
        object(&path, values, violations);
    }
}

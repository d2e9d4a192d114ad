//! What users add: annotations and metadata.

use serde_json::Value;

use super::checks::{Violations, at_most, child, object};
use crate::format::{
    IN_ANNOTATION_KEY, LONGEST_ANNOTATION, LONGEST_ANNOTATION_KEY, MOST_ANNOTATIONS, RESERVED_NAMESPACE,
};

pub(super) fn check_annotations(value: &Value, violations: &mut Violations) {
    let Some(annotations) = object("/annotations", value, violations) else {
        return;
    };
    if annotations.len() > MOST_ANNOTATIONS {
        violations.add("/annotations", format!("{} annotations, more than {MOST_ANNOTATIONS}", annotations.len()));
    }
    for (key, value) in annotations {
        let path = child("/annotations", key);
        if key.is_empty() || !key.bytes().all(|byte| IN_ANNOTATION_KEY[usize::from(byte)]) {
            violations.add(&path, "the key is not one or more of A-Z, a-z, 0-9 and _");
        }
        if let Err(message) = at_most(key, LONGEST_ANNOTATION_KEY) {
            violations.add(&path, format!("the key has {message}"));
        }
        match value {
            Value::String(text) => {
                if let Err(message) = at_most(text, LONGEST_ANNOTATION) {
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
        if namespace.starts_with(RESERVED_NAMESPACE) {
            violations.add(&path, "AWS. is reserved");
        }
        object(&path, values, violations);
    }
}

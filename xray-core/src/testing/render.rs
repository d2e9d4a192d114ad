//! The text of a tree for assertions.

use serde_json::Value;

use super::join::{Entity, Tree};
use super::outline::{annotations, escape, flags, operation, status, walk};

pub(super) fn render(tree: &Tree) -> String {
    let mut text = String::new();
    walk(tree, |line| {
        text.push_str(&line.lead);
        text.push_str(&describe(line.entity));
        text.push('\n');
    });
    text
}

fn describe(entity: &Entity) -> String {
    let json = entity.json();
    let mut text = match json.get("name").and_then(Value::as_str) {
        Some(name) => escape(name),
        None => "(no name)".to_owned(),
    };
    let mut add = |part: String| {
        text.push(' ');
        text.push_str(&part);
    };
    if let Some(operation) = operation(json) {
        add(escape(operation));
    }
    if let Some(status) = status(json) {
        add(status.to_string());
    }
    let flags = flags(json);
    if !flags.is_empty() {
        add(format!("[{}]", flags.join(", ")));
    }
    let annotations = annotations(json);
    if !annotations.is_empty() {
        add(format!("{{{}}}", annotations.join(", ")));
    }
    for mark in &entity.marks {
        add(format!("({mark})"));
    }
    text
}

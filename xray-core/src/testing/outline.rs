//! What both texts of a tree have in common: the lines that connect it and what is said of a node.

use serde_json::Value;

use super::join::{Entity, Tree};

/// A node in the order of reading, with the lines that lead to it.
pub(super) struct Line<'a> {
    pub(super) entity: &'a Entity,
    /// What stands before the node.
    pub(super) lead: String,
    /// What stands before further lines about the node.
    pub(super) continuation: String,
}

/// Calls `visit` with every node, each before its children.
pub(super) fn walk<'a>(tree: &'a Tree, mut visit: impl FnMut(&Line<'a>)) {
    let roots = tree.roots.iter().rev().map(|&root| (root, String::new(), String::new()));
    let mut pending: Vec<_> = roots.collect();
    while let Some((index, lead, below)) = pending.pop() {
        let entity = &tree.entities[index];
        let connection = if entity.children.is_empty() { "   " } else { "│  " };
        visit(&Line { entity, lead, continuation: format!("{below}{connection}") });
        for (from_last, &child) in entity.children.iter().rev().enumerate() {
            let (corner, line) = if from_last == 0 { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            pending.push((child, format!("{below}{corner}"), format!("{below}{line}")));
        }
    }
}

/// The AWS operation or else the HTTP method.
pub(super) fn operation(json: &Value) -> Option<&str> {
    let operation = json.pointer("/aws/operation").and_then(Value::as_str);
    operation.or_else(|| json.pointer("/http/request/method").and_then(Value::as_str))
}

/// The HTTP status of the response.
pub(super) fn status(json: &Value) -> Option<u64> {
    json.pointer("/http/response/status").and_then(Value::as_u64)
}

/// The flags that are set.
pub(super) fn flags(json: &Value) -> Vec<&'static str> {
    let is_set = |flag: &&str| json.get(*flag) == Some(&Value::Bool(true));
    ["error", "throttle", "fault", "in_progress"].into_iter().filter(is_set).collect()
}

/// The annotations as `key=value`, ordered by key.
pub(super) fn annotations(json: &Value) -> Vec<String> {
    let annotations = json.get("annotations").and_then(Value::as_object);
    let mut texts: Vec<_> = annotations
        .into_iter()
        .flatten()
        .map(|(key, value)| (escape(key), format!("={}", escape(&value.to_string()))))
        .collect();
    texts.sort();
    texts.into_iter().map(|(key, value)| key + &value).collect()
}

/// Escapes what could move the cursor, colour the terminal, hide text or turn its direction.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_invisible(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Separators of lines and paragraphs, zero-width characters and marks of direction.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

//! What is said of a node, beside its duration.

use serde_json::Value;

use super::super::Trace;
use super::super::outline::{Line, escape, flags, operation, status, walk};
use super::styled::{Style, Styled};

pub(super) fn longest_label(trace: &Trace) -> usize {
    let mut longest = 0;
    walk(trace.tree(), |line| longest = longest.max(label(line, usize::MAX).width()));
    longest
}

pub(super) fn label(line: &Line<'_>, longest_lead: usize) -> Styled {
    let json = line.entity.json();
    let mut label = Styled::default();
    label.push(Style::Dim, &shorten_lead(&line.lead, longest_lead));
    let name = json.get("name").and_then(Value::as_str).unwrap_or("(no name)");
    label.push(Style::Plain, &escape(name));
    if let Some(operation) = operation(json) {
        label.push(Style::Plain, &format!(" {}", escape(operation)));
    }
    if let Some(status) = status(json) {
        let style = if status >= 400 { Style::Red } else { Style::Plain };
        label.push(style, &format!(" {status}"));
    }
    for flag in failures(json) {
        label.push(Style::Red, &format!(" {flag}"));
    }
    for mark in &line.entity.marks {
        label.push(Style::Dim, &format!(" ({mark})"));
    }
    label
}

/// In a deep tree the end of the lines says more than their beginning.
pub(super) fn shorten_lead(lead: &str, longest: usize) -> String {
    let length = lead.chars().count();
    if length <= longest {
        return lead.to_owned();
    }
    let kept = longest.saturating_sub(1);
    std::iter::once('…').chain(lead.chars().skip(length - kept)).collect()
}

/// The colour of a node's bar.
pub(super) fn style_of_bar(json: &Value) -> Style {
    match json.get("namespace") {
        _ if !failures(json).is_empty() => Style::Red,
        Some(_) => Style::Cyan,
        None => Style::Plain,
    }
}

/// The flags that say what went wrong. A throttled call is always an error too, which need not be said.
fn failures(json: &Value) -> Vec<&'static str> {
    let flags = flags(json);
    let is_said = |flag: &&str| *flag != "in_progress" && !(*flag == "error" && flags.contains(&"throttle"));
    flags.iter().copied().filter(is_said).collect()
}

/// What went wrong: a line for each exception, further in for one that caused another.
pub(super) fn describe_exceptions(json: &Value) -> Vec<String> {
    let exceptions: Vec<_> =
        json.pointer("/cause/exceptions").and_then(Value::as_array).into_iter().flatten().collect();
    let causes: Vec<_> = exceptions.iter().filter_map(|exception| exception.get("cause")).collect();
    let is_cause = |exception: &Value| exception.get("id").is_some_and(|id| causes.contains(&id));
    let mark = |exception| if is_cause(exception) { "  ↳" } else { "✗" };
    exceptions.into_iter().map(|exception| format!("{} {}", mark(exception), describe_exception(exception))).collect()
}

fn describe_exception(exception: &Value) -> String {
    let text = |key| exception.get(key).and_then(Value::as_str).map(escape).filter(|text| !text.is_empty());
    let parts: Vec<_> = ["type", "message"].into_iter().filter_map(text).collect();
    if parts.is_empty() { "exception".to_owned() } else { parts.join(": ") }
}

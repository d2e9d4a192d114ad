//! A trace as a tree for people to read.

mod label;
mod styled;
#[cfg(test)]
mod tests;
mod timeline;

use std::ffi::OsString;
use std::fmt::{self, Write};
use std::io::{self, IsTerminal, Write as _};

use self::label::{describe_exceptions, label, longest_label, shorten_lead, style_of_bar};
use self::styled::{Style, Styled};
use self::timeline::Timeline;
use super::Trace;
use super::outline::{Line, annotations, escape, walk};

/// Prints a trace on the standard output as a [`TracePrinter`] with its defaults does.
///
/// A standard output that is closed is no error.
pub fn print_trace(trace: &Trace) {
    let text = TracePrinter::new().format(trace);
    // `print!` would panic where the reader has gone, as in `… | head`.
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Prints a trace as a tree with durations on one time line.
///
/// Each line has a name, the AWS operation or else the HTTP method, the status and the flags, then the duration, or `pending` where the end has not arrived,
/// and a bar. Annotations and exceptions follow on lines of their own. Control characters are escaped and what is too long is cut. Where there is colour,
/// errors, faults and throttles are red, the bars of calls to other services are cyan, and annotations are dimmed.
///
/// ```
/// use xray_core::testing::{Documents, TracePrinter};
///
/// let documents: Documents = [serde_json::json!({
///     "name": "checkout", "id": "70de5b6f19ff9a0a", "trace_id": "1-581cf771-a006649127e371903a2de979",
///     "start_time": 1478293361.25, "end_time": 1478293361.5,
/// })].into_iter().collect();
/// let text = TracePrinter::new().color(false).width(48).format(&documents.only_trace());
/// assert_eq!(text, "trace 1-581cf771-a006649127e371903a2de979\ncheckout  250.0 ms  ████████████████████████████\n");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct TracePrinter {
    color: bool,
    width: usize,
}

impl TracePrinter {
    /// Creates a printer with the defaults of [`color`](Self::color) and [`width`](Self::width).
    pub fn new() -> Self {
        let variable = |name: &str| std::env::var_os(name);
        let is_terminal = io::stdout().is_terminal();
        Self { color: color_by_default(is_terminal, variable), width: width_by_default(is_terminal, variable) }
    }

    /// Sets whether there is colour. By default there is when the standard output is a terminal, `NO_COLOR` is unset or empty, and `TERM` is not `dumb`.
    pub fn color(mut self, color: bool) -> Self {
        self.color = color;
        self
    }

    /// Sets the width in columns, at least 20. The default is that of `COLUMNS`, or else 80 when the standard output is a terminal, or else 100.
    pub fn width(mut self, width: usize) -> Self {
        self.width = width.max(MINIMUM_WIDTH);
        self
    }

    /// The text of a trace; every line ends in a newline.
    pub fn format(&self, trace: &Trace) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(trace, &mut text);
        text
    }

    /// Writes the text of a trace.
    ///
    /// # Errors
    ///
    /// Those of the destination only.
    pub fn write(&self, trace: &Trace, destination: &mut impl Write) -> fmt::Result {
        let timeline = Timeline::of(trace.tree());
        let columns = Columns::new(self.width, longest_label(trace));
        let mut title = Styled::default();
        title.push(Style::Plain, &format!("trace {}", escape(trace.id())));
        self.write_line(title, destination)?;

        let mut result = Ok(());
        walk(trace.tree(), |line| {
            if result.is_ok() {
                result = self.write_node(line, &timeline, &columns, destination);
            }
        });
        result
    }

    fn write_node(
        &self,
        line: &Line<'_>,
        timeline: &Timeline,
        columns: &Columns,
        destination: &mut impl Write,
    ) -> fmt::Result {
        let json = line.entity.json();
        let mut text = label(line, columns.lead);
        text.fit(columns.label);
        text.push(Style::Plain, &format!(" {:>DURATION_WIDTH$}", timeline::duration(json)));
        if columns.bar > 0 {
            text.push(Style::Plain, "  ");
            text.push(style_of_bar(json), &timeline.bar(json, columns.bar));
        }
        self.write_line(text, destination)?;

        let annotations = annotations(json);
        if !annotations.is_empty() {
            self.write_detail(line, columns, Style::Dim, &annotations.join(" "), destination)?;
        }
        for exception in describe_exceptions(json) {
            self.write_detail(line, columns, Style::Red, &exception, destination)?;
        }
        Ok(())
    }

    fn write_detail(
        &self,
        line: &Line<'_>,
        columns: &Columns,
        style: Style,
        text: &str,
        destination: &mut impl Write,
    ) -> fmt::Result {
        let mut detail = Styled::default();
        detail.push(Style::Dim, &shorten_lead(&line.continuation, columns.lead));
        detail.push(style, text);
        self.write_line(detail, destination)
    }

    fn write_line(&self, mut text: Styled, destination: &mut impl Write) -> fmt::Result {
        text.cut(self.width);
        text.write(self.color, destination)?;
        destination.write_char('\n')
    }
}

impl Default for TracePrinter {
    fn default() -> Self {
        Self::new()
    }
}

/// How the width is shared out.
struct Columns {
    label: usize,
    /// The most of the label that may be lines.
    lead: usize,
    bar: usize,
}

impl Columns {
    fn new(width: usize, longest_label: usize) -> Self {
        let available = width.saturating_sub(1 + DURATION_WIDTH);
        let label = longest_label.min(available * 3 / 5);
        let bar = available.saturating_sub(label + 2);
        if bar >= MINIMUM_BAR {
            return Self { label, lead: label / 2, bar };
        }
        let label = longest_label.min(available);
        Self { label, lead: label / 2, bar: 0 }
    }
}

/// <https://no-color.org>
fn color_by_default(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let forbids = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_dumb = variable("TERM").is_some_and(|value| value == "dumb");
    is_terminal && !forbids && !is_dumb
}

/// Few shells export `COLUMNS`, and lines that a terminal has to wrap are not a tree any more.
fn width_by_default(is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> usize {
    let columns = variable("COLUMNS").and_then(|value| value.to_str()?.trim().parse().ok());
    columns.unwrap_or(if is_terminal { 80 } else { 100 }).max(MINIMUM_WIDTH)
}

const MINIMUM_WIDTH: usize = 20;
const MINIMUM_BAR: usize = 8;
/// Wide enough for `999.9 ms`.
const DURATION_WIDTH: usize = 9;

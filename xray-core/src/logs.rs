//! The ids of the current trace in every line that `tracing-subscriber` writes.
//!
//! One line of the set-up wraps the formatter that is there, with all its options: [`text`] for lines
//! that people read, [`json`] for lines that are JSON objects.
//!
//! ```
//! # use std::io::{BufRead as _, BufReader};
//! # let (output, writer) = std::io::pipe()?;
//! use xray_core::logs;
//!
//! let subscriber = tracing_subscriber::fmt()
//!     .json()
//!     .map_event_format(logs::json) // this line; `logs::text` without `.json()`
//! #   .with_writer(std::sync::Arc::new(writer))
//!     .finish(); // or .init()
//! # let _default = tracing::subscriber::set_default(subscriber);
//!
//! let segment = xray_core::begin_segment("checkout").entered();
//! tracing::info!("the cart is empty");
//! # let mut line = String::new();
//! # BufReader::new(output).read_line(&mut line)?;
//! # let line: serde_json::Value = serde_json::from_str(&line)?;
//! assert_eq!(line["trace_id"], segment.trace_id().unwrap().to_string());
//! # assert_eq!(line["segment_id"].as_str(), segment.id().map(|id| id.to_string()).as_deref());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The ids are those of the moment at which the event happens, whatever `tracing` spans there are: they
//! need none. Outside of a trace the lines are as before. A trace that is not sampled has a trace id,
//! which other services log as well, and no segment id. Nothing is allocated.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::current::current_log_reference;
use crate::log_reference::LogReference;

/// Puts the [reference](LogReference) to the current trace before each event of a formatter that writes text.
///
/// The line begins with `AWS-XRAY-TRACE-ID: <trace>@<segment or subsegment>`, from which CloudWatch
/// links to the trace. Colours stay as they were.
///
/// ```
/// # use std::io::{BufRead as _, BufReader};
/// # let (output, writer) = std::io::pipe()?;
/// let subscriber = tracing_subscriber::fmt().map_event_format(xray_core::logs::text);
/// # let _default = tracing::subscriber::set_default(subscriber.with_writer(std::sync::Arc::new(writer)).finish());
/// let segment = xray_core::begin_segment("checkout").entered();
/// tracing::info!("the cart is empty");
/// # let mut line = String::new();
/// # BufReader::new(output).read_line(&mut line)?;
/// # let id = segment.id().map_or(String::new(), |id| format!("@{id}"));
/// assert!(line.starts_with(&format!("AWS-XRAY-TRACE-ID: {}{id} ", segment.trace_id().unwrap())));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn text<F>(format: F) -> Text<F> {
    Text(format)
}

/// Adds the members `trace_id` and `segment_id` to each event of a formatter that writes JSON objects.
///
/// They are the first members of the object. An event whose own fields are written beside them
/// (`flatten_event`) should have no field of these names.
pub fn json<F>(format: F) -> Json<F> {
    Json(format)
}

/// A formatter with the ids of the trace before each event, made by [`text`].
#[derive(Clone, Debug)]
pub struct Text<F>(F);

/// A formatter with the ids of the trace in each object, made by [`json`].
#[derive(Clone, Debug)]
pub struct Json<F>(F);

impl<S, N, F> FormatEvent<S, N> for Text<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        if let Some(reference) = current_log_reference() {
            write!(writer, "{reference} ")?;
        }
        self.0.format_event(context, writer, event)
    }
}

impl<S, N, F> FormatEvent<S, N> for Json<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        match current_log_reference() {
            None => self.0.format_event(context, writer, event),
            Some(reference) => {
                let mut object = Object { writer, reference, position: Position::Start };
                self.0.format_event(context, Writer::new(&mut object), event)
            }
        }
    }
}

/// A JSON object on its way to the writer, to which the ids are added.
struct Object<'a> {
    writer: Writer<'a>,
    reference: LogReference,
    position: Position,
}

enum Position {
    /// Nothing was written.
    Start,
    /// The ids are written: a comma is due if a member follows.
    AfterIds,
    Rest,
}

impl fmt::Write for Object<'_> {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        if let Position::Start = self.position
            && !text.is_empty()
        {
            // What is no object is left as it is.
            self.position = Position::Rest;
            if let Some(members) = text.strip_prefix('{') {
                text = members;
                write!(self.writer, "{{\"trace_id\":\"{}\"", self.reference.trace_id())?;
                if let Some(id) = self.reference.segment_id() {
                    write!(self.writer, ",\"segment_id\":\"{id}\"")?;
                }
                self.position = Position::AfterIds;
            }
        }
        if let Position::AfterIds = self.position
            && let Some(next) = text.trim_ascii_start().chars().next()
        {
            self.position = Position::Rest;
            if next != '}' {
                self.writer.write_char(',')?;
            }
        }
        self.writer.write_str(text)
    }
}

//! What a daemon has captured.

use std::collections::HashMap;
use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use serde_json::Value;

use super::framing::Captured;
use super::{Trace, join};

/// Captured documents, in the order of their arrival.
///
/// A daemon hands them out; documents captured in another way are collected from their JSON, unchecked:
///
/// ```
/// use xray_core::testing::Documents;
///
/// let documents: Documents = [serde_json::json!({"name": "checkout", "id": "70de5b6f19ff9a0a"})].into_iter().collect();
/// assert_eq!(documents.only_trace().render(), "checkout\n");
/// ```
#[derive(Clone)]
pub struct Documents {
    captured: Vec<Arc<Captured>>,
}

impl Documents {
    pub(super) fn new(captured: Vec<Arc<Captured>>) -> Self {
        Self { captured }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.captured.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.captured.is_empty()
    }

    /// The JSON of each; `null` for one that does not parse, which only a daemon without validation hands out.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.captured.iter().map(|captured| &captured.json)
    }

    /// The text of each, as it arrived behind the header line.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.captured.iter().map(|captured| captured.text.as_str())
    }

    /// The traces, in the order of their first documents. Documents without a trace id make up a trace whose id is empty.
    pub fn traces(&self) -> Vec<Trace> {
        let mut positions = HashMap::new();
        let mut traces: Vec<(&str, Vec<Arc<Captured>>)> = Vec::new();
        for captured in &self.captured {
            let id = join::trace_id(&captured.json);
            let position = *positions.entry(id).or_insert(traces.len());
            if position == traces.len() {
                traces.push((id, Vec::new()));
            }
            traces[position].1.push(Arc::clone(captured));
        }
        traces.into_iter().map(|(id, documents)| Trace::new(join::join(id, &documents))).collect()
    }

    /// The trace with an id.
    ///
    /// # Panics
    ///
    /// When there is none, with a list of those that there are.
    #[track_caller]
    pub fn trace(&self, trace_id: &str) -> Trace {
        match self.traces().into_iter().find(|trace| trace.id() == trace_id) {
            Some(trace) => trace,
            None => panic!("there is no trace {trace_id}: {}", self.summary()),
        }
    }

    /// The trace that all documents belong to.
    ///
    /// # Panics
    ///
    /// When there is none or more than one, with a list of those that there are.
    #[track_caller]
    pub fn only_trace(&self) -> Trace {
        let mut traces = self.traces();
        match traces.pop() {
            Some(trace) if traces.is_empty() => trace,
            _ => panic!("there is not exactly one trace: {}", self.summary()),
        }
    }

    /// What there is, as the end of a sentence and then a tree for each trace.
    pub(super) fn summary(&self) -> String {
        let trees = self.traces().iter().map(|trace| format!("trace {}\n{trace}", trace.id())).collect::<String>();
        match self.len() {
            0 => "no document came".to_owned(),
            1 => format!("1 document came:\n{trees}"),
            count => format!("{count} documents came:\n{trees}"),
        }
    }
}

impl Index<usize> for Documents {
    type Output = Value;

    /// The JSON of one document.
    ///
    /// # Panics
    ///
    /// When there are not that many.
    fn index(&self, index: usize) -> &Value {
        &self.captured[index].json
    }
}

impl FromIterator<Value> for Documents {
    fn from_iter<I: IntoIterator<Item = Value>>(documents: I) -> Self {
        Self::new(documents.into_iter().map(|json| Arc::new(Captured::from_json(json))).collect())
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.texts()).finish()
    }
}

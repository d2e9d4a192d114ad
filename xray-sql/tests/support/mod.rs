//! What the tests of the SQL clients have in common.
#![allow(dead_code, reason = "not every test needs all of it")]

#[cfg(feature = "mysql_async")]
pub(crate) mod mariadb;
#[cfg(feature = "tokio-postgres")]
pub(crate) mod postgres;
#[cfg(any(feature = "mysql_async", feature = "tokio-postgres"))]
pub(crate) mod promises;
#[cfg(all(feature = "sqlx-mysql", feature = "sqlx-postgres", feature = "sqlx-sqlite"))]
pub(crate) mod sqlx;

use std::future::Future;
use std::time::Duration;

use serde_json::Value;
use xray_core::testing::{Daemon, Documents, Node, Trace};
use xray_core::{
    ContextMissing, Environment, Library, Recorder, RecorderBuilder, XRayFutureExt as _, sampling::FixedSampler,
};

/// A recorder of the test's own that traces the libraries, and the daemon that it sends to.
pub(crate) struct Tracing {
    pub(crate) daemon: Daemon,
    pub(crate) recorder: Recorder,
}

impl Tracing {
    pub(crate) fn of(libraries: impl IntoIterator<Item = Library>) -> Self {
        Self::start(|builder| builder.libraries(libraries))
    }

    pub(crate) fn start(configure: impl FnOnce(RecorderBuilder) -> RecorderBuilder) -> Self {
        let daemon = Daemon::start().unwrap();
        let builder = Recorder::builder()
            .sampler(FixedSampler::ALL)
            .daemon_address(daemon.address().into())
            .context_missing(ContextMissing::IgnoreError)
            .environment(Environment::empty());
        let recorder = configure(builder).build().unwrap();
        Self { daemon, recorder }
    }

    /// Runs in a segment, and returns the trace that arrived.
    pub(crate) fn trace(&self, work: impl FnOnce()) -> Trace {
        self.traced(work).1
    }

    /// Runs in a segment, and returns what it returned and the trace that arrived.
    pub(crate) fn traced<T>(&self, work: impl FnOnce() -> T) -> (T, Trace) {
        let segment = self.recorder.begin_segment("test");
        let trace_id = segment.trace_id().unwrap().to_string();
        let guard = segment.enter();
        let outcome = work();
        drop(guard);
        segment.end();
        (outcome, self.daemon.wait_for_trace(&trace_id, PATIENCE))
    }

    /// Runs a future in a segment, and returns what it returned and the trace that arrived.
    pub(crate) async fn traced_async<T>(&self, work: impl Future<Output = T>) -> (T, Trace) {
        let segment = self.recorder.begin_segment("test");
        let trace_id = segment.trace_id().unwrap().to_string();
        let outcome = work.in_segment(segment).await;
        (outcome, self.daemon.wait_for_trace(&trace_id, PATIENCE))
    }

    /// Everything that has arrived, once as much has arrived as was sent.
    pub(crate) fn everything(&self) -> Documents {
        let sent = usize::try_from(self.recorder.stats().emitted).unwrap();
        self.daemon.wait_for(sent, PATIENCE)
    }
}

pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The subsegments of the segment, as a test can compare them.
pub(crate) fn subsegments(trace: &Trace) -> Vec<Node> {
    trace.root().children()
}

/// How long a call took.
pub(crate) fn milliseconds(node: &Node) -> f64 {
    let time = |key| node.get(key).as_f64().unwrap();
    (time("/end_time") - time("/start_time")) * 1_000.0
}

/// The text of each statement.
pub(crate) fn texts(trace: &Trace) -> Vec<Value> {
    subsegments(trace).iter().map(|node| node.get("/sql/sanitized_query").clone()).collect()
}

/// How a node failed: the type and message of its one exception; `None` if it did not.
pub(crate) fn failure(node: &Node) -> Option<(String, String)> {
    let exceptions = node.get("/cause/exceptions").as_array()?;
    assert_eq!(node.get("/fault"), true, "{node:?}");
    assert_eq!(exceptions.len(), 1, "{node:?}");
    let text = |key: &str| exceptions[0][key].as_str().unwrap_or_default().to_owned();
    Some((text("type"), text("message")))
}

/// The types and messages of a node's exceptions, outermost first; none if it did not fail.
pub(crate) fn exceptions(node: &Node) -> Vec<(String, String)> {
    let exceptions = node.get("/cause/exceptions").as_array().map(Vec::as_slice).unwrap_or_default();
    assert_eq!(node.get("/fault") == true, !exceptions.is_empty(), "{node:?}");
    let text = |exception: &Value, key: &str| exception[key].as_str().unwrap_or_default().to_owned();
    exceptions.iter().map(|exception| (text(exception, "type"), text(exception, "message"))).collect()
}

/// Whether a statement was prepared, and how many rows it returned or affected.
pub(crate) fn outlines(trace: &Trace) -> Vec<(bool, Value)> {
    let outline = |node: &Node| {
        assert_eq!(exceptions(node), [], "{trace}");
        (node.get("/sql/preparation") == "statement", node.get("/metadata/sql").clone())
    };
    subsegments(trace).iter().map(outline).collect()
}

pub(crate) fn returned(rows: u64) -> Value {
    serde_json::json!({ "rows_returned": rows })
}

pub(crate) fn affected(rows: u64) -> Value {
    serde_json::json!({ "rows_affected": rows })
}

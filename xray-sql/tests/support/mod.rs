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

use serde_json::Value;
pub(crate) use test_support::Fixture;
use xray_core::testing::{Node, Trace};

/// The subsegments of the segment, as a test can compare them.
pub(crate) fn subsegments(trace: &Trace) -> Vec<Node> {
    trace.root().children()
}

/// Whether each call has the annotation of what was dropped before its end. None of those is at fault.
pub(crate) fn marks(trace: &Trace) -> Vec<bool> {
    let mark = |node: &Node| {
        let is_cancelled = node.get("/annotations/cancelled") == true;
        assert!(!is_cancelled || node.get("/fault").is_null(), "{trace}");
        is_cancelled
    };
    subsegments(trace).iter().map(mark).collect()
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

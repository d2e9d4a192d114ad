//! What a Lambda function begins while it starts. In a program of its own: the line is written once in a process.

use test_support::{Fixture, logged};
use xray_core::{Environment, TraceHeader};

const HEADER: &str = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";

#[test]
fn what_begins_where_there_is_no_trace_is_said_once_and_not_sent() {
    let environment = Environment::from_iter([("LAMBDA_TASK_ROOT", "/var/task")]);
    let traced = Fixture::with(|builder| builder.environment(environment));
    let begin = |header: &str| {
        traced.recorder.segment("warm up").trace_header(TraceHeader::parse(header)).begin().end();
    };
    assert_eq!(logged(|| begin(HEADER)), "", "this is an invocation");
    assert_eq!(logged(|| begin(&HEADER.replace(";Sampled=1", ""))), "", "this one is not sampled");
    let lines = logged(|| begin(""));
    assert!(lines.contains("it began outside of an invocation") && lines.contains("warm up"), "{lines}");
    assert_eq!(logged(|| begin("")), "", "once");
    let documents = traced.documents();
    assert_eq!(documents.iter().map(|document| &document["parent_id"]).collect::<Vec<_>>(), ["53995c3f42cd8ad8"]);
}

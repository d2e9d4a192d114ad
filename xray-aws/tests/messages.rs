//! Messages of SQS, by the header that their sender had.

#![cfg(feature = "lambda")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

use std::collections::HashMap;
use std::time::Duration;

use xray_aws::lambda::sqs;
use xray_core::testing::Daemon;

/// With a root, `Sampled=1` and no parent, a message was sampled and the work on it was not recorded.
#[test]
fn the_work_on_a_message_is_recorded_if_its_senders_trace_is() {
    let daemon = Daemon::start().unwrap();
    let recorder = daemon.recorder().build().unwrap();
    let _scope = recorder.scope();
    // The function's decision is not theirs.
    let function = recorder.segment("function").sampled(false).begin().entered();
    let (root, parent) = ("Root=1-58406520-a006649127e371903a2de979", "Parent=4c721bf33e3caf8f");
    let headers = [
        (format!("{root};{parent};Sampled=1"), true),
        (format!("{root};Sampled=1"), true),
        (format!("Sampled=1;{root};Lineage=a:1"), true),
        (format!("{root};{parent};Sampled=0"), false),
        (format!("{root};Sampled=0"), false),
        (format!("{root};{parent}"), false),
        (format!("{root};{parent};Sampled=?"), false),
    ];
    for (header, sampled) in &headers {
        let attributes = HashMap::from([("AWSTraceHeader", header.clone())]);
        assert_eq!(sqs::is_sampled(&attributes), *sampled, "{header}");
        let work = sqs::begin(&attributes, "order");
        assert_eq!(
            (work.trace_id().unwrap().to_string(), work.is_recording()),
            (root[5..].to_owned(), *sampled),
            "{header}"
        );
    }
    function.end();
    let documents = daemon.wait_for(3, Duration::from_secs(20));
    assert_eq!(documents.len(), 3, "{documents:?}");
    assert!(documents.iter().all(|document| document["trace_id"] == root[5..]), "{documents:?}");
}

//! Messages of SQS, by the header that their sender had.

#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use xray_aws::sqs;
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

/// On ECS for instance, where a program polls a queue.
#[test]
fn a_consumer_has_a_segment_of_its_own_in_the_trace_of_the_sender() {
    let (root, parent) = ("1-58406520-a006649127e371903a2de979", "4c721bf33e3caf8f");
    for (header, is_recorded, goes_on) in [
        (Some(format!("Root={root};Parent={parent};Sampled=1")), true, true),
        (Some(format!("Root={root};Parent={parent};Sampled=0")), false, true),
        // Nobody has decided, or there is no trace: the sampler is asked, which says yes.
        (Some(format!("Root={root};Parent={parent}")), true, true),
        (Some("garbage".to_owned()), true, false),
        (None, true, false),
    ] {
        let daemon = Daemon::start().unwrap();
        let recorder = daemon.recorder().build().unwrap();
        let _scope = recorder.scope();
        let attributes: HashMap<_, _> =
            header.iter().map(|header| ("AWSTraceHeader".to_owned(), header.clone())).collect();
        let segment = sqs::begin_segment(&attributes, "payments").entered();
        assert_eq!(segment.trace_id().unwrap().to_string() == root, goes_on, "{header:?}");
        xray_core::begin_subsegment("charge").end();
        segment.end();
        recorder.begin_segment("last").end();
        let documents = daemon.wait_for(1 + usize::from(is_recorded), Duration::from_secs(20));
        assert_eq!(documents.len(), 1 + usize::from(is_recorded), "{header:?}");
        if is_recorded {
            let document = documents.iter().next().unwrap();
            assert_eq!((&document["name"], document.get("type")), (&json!("payments"), None), "{header:?}");
            assert_eq!(document.get("parent_id"), goes_on.then_some(&json!(parent)), "{header:?}");
            assert_eq!(document["subsegments"][0]["name"], "charge", "{header:?}");
        }
    }
}

//! One thread asks for sampling rules, whichever recorders there were before the present one.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // as in tests

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use xray_core::testing::{Daemon, SamplingService};
use xray_core::{Recorder, begin_segment};

const PATIENT: Duration = Duration::from_secs(20);

/// The threads of this process that fetch rules and report what was sampled.
fn sampling_threads() -> usize {
    let threads = fs::read_dir("/proc/self/task").unwrap().flatten();
    threads
        .filter(|thread| {
            fs::read_to_string(thread.path().join("comm")).is_ok_and(|name| name.trim() == "xray-sampling")
        })
        .count()
}

#[track_caller]
fn wait_for_threads(expected: usize, when: &str) {
    let begin = Instant::now();
    while sampling_threads() != expected {
        assert!(begin.elapsed() < PATIENT, "{when}: {} threads", sampling_threads());
        std::thread::yield_now();
    }
}

/// The recorder that a program used before it installed one of its own kept its thread for ever, and reported beside it.
#[test]
fn a_recorder_that_was_replaced_leaves_no_thread() {
    let (daemon, service) = (Daemon::start().unwrap(), SamplingService::start().unwrap());
    for child in ["child_begins_before_it_installs", "child_installs_again_and_again"] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "--ignored", "--nocapture", child]);
        command.env("AWS_XRAY_DAEMON_ADDRESS", format!("udp:{} tcp:{}", daemon.address(), service.address()));
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(output.status.success() && text.contains("1 passed"), "{child}: {text}");
    }
}

#[test]
#[ignore = "run by a_recorder_that_was_replaced_leaves_no_thread, in a process of its own"]
fn child_begins_before_it_installs() {
    let early = begin_segment("before");
    wait_for_threads(1, "with the default recorder");
    Recorder::builder().install().unwrap();
    wait_for_threads(0, "when the default recorder was replaced");
    begin_segment("after").end();
    wait_for_threads(1, "with the recorder that was installed");
    // A segment goes on with the recorder that began it, which needs no sampler for that.
    early.begin_subsegment("part").end();
    early.end();
    assert_eq!(sampling_threads(), 1);
}

#[test]
#[ignore = "run by a_recorder_that_was_replaced_leaves_no_thread, in a process of its own"]
fn child_installs_again_and_again() {
    for number in 0..5 {
        Recorder::builder().install().unwrap();
        begin_segment("shop").end();
        wait_for_threads(1, &format!("installed for the {number}. time"));
    }
    // Whoever keeps a recorder of one's own keeps its thread, until it is dropped.
    let kept = Recorder::builder().build().unwrap();
    kept.begin_segment("shop").end();
    wait_for_threads(2, "with two recorders");
    drop(kept);
    wait_for_threads(1, "with one recorder");
}

//! How a scenario is declared, and what several of them share.

use std::env;
use std::future::Future;

use aws_xray_sdk as xray;
use xray::sampling::FixedSampler;
use xray::{RecorderBuilder, Segment, Subsegment};

// Given ids are compared as they are; random ones are replaced by their place in the tree.
pub(crate) const TRACE_ID: &str = "1-5759e988-bd862e3fe1be46a994272793";
pub(crate) const PARENT_ID: &str = "53995c3f42cd8ad8";

/// A function that records something, under the name that it has in both languages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) run: fn(),
}

/// The functions named, as scenarios.
macro_rules! scenarios {
    ($($function:ident),* $(,)?) => {
        &[$($crate::scenario::Scenario { name: stringify!($function), run: $function }),*]
    };
}
pub(crate) use scenarios;

/// Replaces the recorder by one that records everything.
pub(crate) fn install(recorder: RecorderBuilder) {
    recorder.sampler(FixedSampler::ALL).install().unwrap();
}

pub(crate) fn in_segment<T>(name: &str, work: impl FnOnce(&Segment) -> T) -> T {
    work(&xray::begin_segment(name).entered())
}

pub(crate) fn in_subsegment<T>(name: &str, work: impl FnOnce(&Subsegment) -> T) -> T {
    work(&xray::begin_subsegment(name).entered())
}

/// A segment that the program decided not to record.
pub(crate) fn in_unsampled_segment<T>(name: &str, work: impl FnOnce(&Segment) -> T) -> T {
    work(&xray::Recorder::current().segment(name).sampled(false).begin().entered())
}

/// Runs a future on this thread, as a program's `main` does.
pub(crate) fn block_on<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

pub(crate) fn print_sampled() {
    println!("{}", if xray::is_sampled() { "sampled" } else { "not sampled" });
}

/// A path on the HTTP server of the driver, which answers /status/N with N, and /redirect with 302 to /status/200.
pub(crate) fn url(path: &str) -> String {
    variable("XRAY_PARITY_HTTP_URL") + path
}

/// A server that refuses connections.
pub(crate) fn refused_url() -> String {
    variable("XRAY_PARITY_REFUSED_URL")
}

/// The name for a bucket or table, new for every run.
pub(crate) fn unique_name() -> String {
    variable("XRAY_PARITY_NAME")
}

pub(crate) fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: scenarios are run by tests/parity/run"))
}

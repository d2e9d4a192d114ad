//! How a scenario is declared, and what several of them share.

use std::error::Error;
use std::future::Future;
use std::{env, fmt};

use aws_xray_sdk as xray;
use xray::sampling::FixedSampler;
use xray::{ConfigError, Recorder, RecorderBuilder, Segment, Subsegment};

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
pub(crate) fn install(recorder: RecorderBuilder) -> Result<Recorder, ConfigError> {
    recorder.sampler(FixedSampler::ALL).install()
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

/// What fails in the scenarios: the program's own error, of the same name in both languages.
#[derive(Debug)]
pub(crate) struct OrderError {
    message: &'static str,
    source: Option<ConnectionError>,
}

impl OrderError {
    pub(crate) fn new(message: &'static str) -> Self {
        Self { message, source: None }
    }

    pub(crate) fn caused_by(self, source: ConnectionError) -> Self {
        Self { source: Some(source), ..self }
    }
}

impl fmt::Display for OrderError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message)
    }
}

impl Error for OrderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

#[derive(Debug)]
pub(crate) struct ConnectionError(pub(crate) &'static str);

impl fmt::Display for ConnectionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Error for ConnectionError {}

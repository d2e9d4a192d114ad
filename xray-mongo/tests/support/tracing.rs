//! A recorder and a daemon, each test with its own.

use std::future::Future;
use std::time::Duration;

use xray_core::sampling::FixedSampler;
use xray_core::testing::{Daemon, Node, Trace};
use xray_core::{ContextMissing, Library, Recorder, XRayFutureExt as _};

/// How long something may take that takes milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// What must never be in a document.
pub(crate) const SECRET: &str = "hunterzwei";

pub(crate) struct Tracing {
    pub(crate) daemon: Daemon,
    pub(crate) recorder: Recorder,
}

impl Tracing {
    pub(crate) fn of(libraries: impl IntoIterator<Item = Library>, sampler: FixedSampler) -> Self {
        let daemon = Daemon::start().unwrap();
        let recorder = daemon
            .recorder()
            .sampler(sampler)
            .libraries(libraries)
            .context_missing(ContextMissing::IgnoreError)
            .build()
            .unwrap();
        Self { daemon, recorder }
    }

    pub(crate) fn mongodb() -> Self {
        Self::of([Library::Mongodb], FixedSampler::ALL)
    }

    /// Runs in a segment that is current on this thread, and returns the trace that arrived.
    pub(crate) fn trace_blocking(&self, work: impl FnOnce()) -> Trace {
        let segment = self.recorder.begin_segment("test").entered();
        let trace_id = segment.trace_id().unwrap().to_string();
        work();
        segment.end();
        self.daemon.wait_for_trace(&trace_id, PATIENCE)
    }

    /// Runs in a segment, and returns the trace that arrived.
    pub(crate) async fn trace(&self, work: impl Future) -> Trace {
        let segment = self.recorder.begin_segment("test");
        let trace_id = segment.trace_id().unwrap().to_string();
        work.in_segment(segment).await;
        self.daemon.wait_for_trace(&trace_id, PATIENCE)
    }
}

/// The name of each command.
pub(crate) fn commands(nodes: &[Node]) -> Vec<String> {
    nodes.iter().map(|node| annotation(node, "command_name")).collect()
}

pub(crate) fn annotation(node: &Node, name: &str) -> String {
    node.get(&format!("/annotations/mongodb_{name}")).as_str().unwrap_or_default().to_owned()
}

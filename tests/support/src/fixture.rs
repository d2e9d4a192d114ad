use std::future::Future;

use xray_core::testing::{Daemon, Documents, Node, Trace};
use xray_core::{Library, Recorder, RecorderBuilder, Segment, XRayFutureExt as _};

use crate::PATIENCE;

/// A recorder that traces every library and sends to a daemon of its own.
#[derive(Debug)]
pub struct Fixture {
    /// The daemon that the recorder sends to.
    pub daemon: Daemon,
    /// The recorder, which is not the program's.
    pub recorder: Recorder,
}

impl Fixture {
    /// A recorder that records everything.
    pub fn start() -> Self {
        Self::with(|builder| builder)
    }

    /// A recorder that differs in what a closure changes.
    pub fn with(change: impl FnOnce(RecorderBuilder) -> RecorderBuilder) -> Self {
        let daemon = Daemon::start().unwrap();
        Self { recorder: change(daemon.recorder()).build().unwrap(), daemon }
    }

    /// A recorder that traces these libraries alone.
    pub fn of(libraries: impl IntoIterator<Item = Library>) -> Self {
        Self::with(|builder| builder.libraries(libraries))
    }

    /// Runs work in a segment, and returns what it returned and the trace that arrived.
    pub async fn traced<T>(&self, work: impl Future<Output = T>) -> (T, Trace) {
        let segment = self.recorder.begin_segment("shop");
        let id = segment.trace_id().unwrap().to_string();
        let outcome = work.in_segment(segment).await;
        (outcome, self.daemon.wait_for_trace(&id, PATIENCE))
    }

    /// Runs work in a segment that is current on this thread, and returns what it returned and the trace that arrived.
    pub fn traced_blocking<T>(&self, work: impl FnOnce() -> T) -> (T, Trace) {
        let segment = self.recorder.begin_segment("shop").entered();
        let id = segment.trace_id().unwrap().to_string();
        let outcome = work();
        segment.end();
        (outcome, self.daemon.wait_for_trace(&id, PATIENCE))
    }

    /// Runs work in a segment that is current on this thread, and returns the trace that arrived.
    pub fn trace_blocking(&self, work: impl FnOnce()) -> Trace {
        self.traced_blocking(work).1
    }

    /// Runs work in a segment, and returns the trace that arrived.
    pub async fn trace(&self, work: impl Future) -> Trace {
        self.traced(work).await.1
    }

    /// Runs work of which exactly one call is recorded, and returns that.
    pub async fn call<T>(&self, work: impl Future<Output = T>) -> (T, Node) {
        let (outcome, trace) = self.traced(work).await;
        assert_eq!(trace.nodes().len(), 2, "{trace}");
        let call = trace.root().children().remove(0);
        (outcome, call)
    }

    /// Begins a segment that is not sampled.
    pub fn unsampled_segment(&self) -> Segment {
        self.recorder.segment("shop").sampled(false).begin()
    }

    /// Everything that has arrived, once as much has arrived as was sent.
    pub fn everything(&self) -> Documents {
        let sent = usize::try_from(self.recorder.stats().emitted).unwrap();
        self.daemon.wait_for(sent, PATIENCE)
    }
}

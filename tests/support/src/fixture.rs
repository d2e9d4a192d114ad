use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use xray_core::emitter::DaemonAddress;
use xray_core::sampling::{FixedSampler, Sampler, SamplingDecision, SamplingRequest};
use xray_core::testing::{Documents, Node, Trace};
use xray_core::{Compiled, Environment, Library, Recorder, RecorderBuilder, Segment, Stats, XRayFutureExt as _, patch};

use crate::PATIENCE;
use crate::left_over::assert_nothing_left_over;
use crate::paced::Paced;

/// A builder whose recorder records everything and reads no variable.
pub fn builder() -> RecorderBuilder {
    let empty = Environment::empty();
    Recorder::builder().sampler(FixedSampler::ALL).libraries(Library::ALL).environment(empty)
}

/// A recorder that traces every library, and the daemon that it sends to.
///
/// Whatever a test asks for, it has all of this checked:
///
/// - Every document is valid, and every document that was handed to the network has arrived; none was lost for another reason.
/// - No document has come that no recorder of this fixture has sent, and none that the test has not looked at: what is left over when this is dropped, fails
///   the test.
/// - Every cause refers to an exception that has arrived.
#[derive(Debug)]
pub struct Fixture {
    /// The recorder, which is not the program's.
    pub recorder: Recorder,
    others: Mutex<Vec<Recorder>>,
    emitter: Paced,
    /// How many documents, in the order of their arrival, the test was given.
    looked_at: AtomicUsize,
    /// How often a segment was begun whose header did not say whether it is sampled.
    decisions: Decisions,
}

/// Samples everything, and counts.
#[derive(Clone, Debug, Default)]
struct Decisions(Arc<AtomicUsize>);

impl Sampler for Decisions {
    fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision {
        self.0.fetch_add(1, Ordering::Relaxed);
        FixedSampler::ALL.should_sample(request)
    }
}

impl Fixture {
    /// A recorder that records everything.
    pub fn start() -> Self {
        Self::with(|builder| builder)
    }

    /// A recorder that differs in what a closure changes, other than its emitter.
    pub fn with(change: impl FnOnce(RecorderBuilder) -> RecorderBuilder) -> Self {
        Self::of_builder(builder(), change)
    }

    /// A recorder that traces what the process has patched.
    pub fn of_process() -> Self {
        Self::of_builder(Recorder::builder().environment(Environment::empty()), |builder| builder)
    }

    fn of_builder(builder: RecorderBuilder, change: impl FnOnce(RecorderBuilder) -> RecorderBuilder) -> Self {
        let (emitter, decisions) = (Paced::start(), Decisions::default());
        let recorder = change(emitter.reached_by(builder.sampler(decisions.clone()))).build().unwrap();
        Self { recorder, others: Mutex::default(), emitter, looked_at: AtomicUsize::new(0), decisions }
    }

    /// A recorder that traces these libraries alone.
    pub fn of(libraries: impl IntoIterator<Item = Library>) -> Self {
        Self::with(|builder| builder.libraries(libraries))
    }

    /// Takes smaller documents than the network does.
    pub fn limited_to(self, bytes: usize) -> Self {
        self.limit_to(bytes);
        self
    }

    /// Takes smaller documents than the network does, from now on.
    pub fn limit_to(&self, bytes: usize) {
        self.emitter.set_limit(bytes);
    }

    /// One more recorder that sends to the same daemon: what a closure makes of a builder.
    pub fn another(&self, build: impl FnOnce(RecorderBuilder) -> Recorder) -> Recorder {
        let recorder = build(self.emitter.reached_by(builder()));
        self.others.lock().unwrap().push(recorder.clone());
        recorder
    }

    /// Has the recorder of another builder send to the same daemon: for [`another`](Self::another), where it is to have what [`builder`] has set otherwise.
    pub fn reached_by(&self, builder: RecorderBuilder) -> RecorderBuilder {
        self.emitter.reached_by(builder)
    }

    /// The address of the daemon.
    pub fn address(&self) -> DaemonAddress {
        self.emitter.daemon.address().into()
    }

    /// Runs work in a segment, and returns what it returned and the trace, which is all that was sent meanwhile.
    pub async fn traced<T>(&self, work: impl Future<Output = T>) -> (T, Trace) {
        let segment = self.recorder.begin_segment("shop");
        let id = segment.trace_id().unwrap().to_string();
        let outcome = work.in_segment(segment).await;
        (outcome, self.next_trace(&id))
    }

    /// Runs work in a segment that is current on this thread, and returns what it returned and the trace, which is all that was sent meanwhile.
    #[track_caller]
    pub fn traced_blocking<T>(&self, work: impl FnOnce() -> T) -> (T, Trace) {
        let segment = self.recorder.begin_segment("shop").entered();
        let id = segment.trace_id().unwrap().to_string();
        let outcome = work();
        segment.end();
        (outcome, self.next_trace(&id))
    }

    /// Runs work in a segment that is current on this thread, and returns the trace, which is all that was sent meanwhile.
    #[track_caller]
    pub fn trace_blocking(&self, work: impl FnOnce()) -> Trace {
        self.traced_blocking(work).1
    }

    /// Runs work in a segment, and returns the trace, which is all that was sent meanwhile.
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

    /// Runs work without a segment, in a program that has this recorder and has patched everything: none is begun, and nothing is sent.
    #[expect(clippy::await_holding_invalid_type)] // a test has its thread for itself
    pub async fn without_segment<T>(&self, work: impl Future<Output = T>) -> T {
        let _scope = self.recorder.scope();
        patch_everything();
        let before = self.decisions.0.load(Ordering::Relaxed);
        let outcome = work.await;
        self.assert_none_begun(before);
        outcome
    }

    /// Runs work without a segment, in a program that has this recorder and has patched everything: none is begun, and nothing is sent.
    #[track_caller]
    pub fn without_segment_blocking<T>(&self, work: impl FnOnce() -> T) -> T {
        let _scope = self.recorder.scope();
        patch_everything();
        let before = self.decisions.0.load(Ordering::Relaxed);
        let outcome = work();
        self.assert_none_begun(before);
        outcome
    }

    /// What was begun may be sent at any time later, when nobody looks any more.
    #[track_caller]
    fn assert_none_begun(&self, before: usize) {
        self.assert_nothing_sent();
        let begun = self.decisions.0.load(Ordering::Relaxed) - before;
        assert_eq!(begun, 0, "segments were begun where nothing was to be sent");
    }

    /// Nothing was sent that the test has not looked at, and nothing was lost.
    ///
    /// The recorders say so. What the daemon has read so far would not: a document may be on its way.
    #[track_caller]
    pub fn assert_nothing_sent(&self) {
        let (sent, looked_at) = (self.sent(), self.looked_at.load(Ordering::Relaxed));
        assert!(sent == looked_at, "{} more were sent: {:?}", sent - looked_at, self.arrived());
        self.assert_nothing_lost();
    }

    /// All documents that were sent so far, in the order of their arrival.
    #[track_caller]
    pub fn documents(&self) -> Documents {
        let documents = self.arrived();
        self.looked_at.fetch_max(documents.len(), Ordering::Relaxed);
        documents
    }

    /// The one trace that all documents belong to which were sent so far.
    #[track_caller]
    pub fn only_trace(&self) -> Trace {
        self.documents().only_trace()
    }

    /// Waits until so many documents have been sent in all, and no more.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Documents {
        let documents = self.wait_until(|documents| documents.len() >= count);
        assert_eq!(documents.len(), count, "{:?}", documents.traces());
        documents
    }

    /// Waits until the documents that have arrived satisfy a condition, and returns all.
    #[track_caller]
    pub fn wait_until(&self, condition: impl Fn(&Documents) -> bool) -> Documents {
        self.emitter.daemon.wait_until(condition, PATIENCE);
        self.documents()
    }

    /// The trace with an id, once its segment has arrived, with nothing but which the test has looked at all documents.
    #[track_caller]
    fn next_trace(&self, id: &str) -> Trace {
        self.emitter.daemon.wait_for_trace(id, PATIENCE);
        let looked_at = self.looked_at.load(Ordering::Relaxed);
        let documents = self.documents();
        let is_next = documents.iter().skip(looked_at).all(|document| document["trace_id"] == id);
        assert!(is_next, "not only the trace {id} was sent: {:?}", documents.traces());
        documents.trace(id)
    }

    /// All that was sent, once as much has arrived.
    #[track_caller]
    fn arrived(&self) -> Documents {
        let documents = self.emitter.daemon.wait_for(self.sent(), PATIENCE);
        let (came, sent) = (documents.len(), self.emitter.handed_over());
        assert!(came <= sent, "{came} documents came, but only {sent} were sent: {:?}", documents.traces());
        self.assert_nothing_lost();
        documents
    }

    #[track_caller]
    fn assert_nothing_lost(&self) {
        for stats in self.stats() {
            assert_eq!(stats.dropped(), 0, "{stats:?}");
        }
    }

    fn sent(&self) -> usize {
        self.stats().iter().map(|stats| usize::try_from(stats.emitted).unwrap()).sum()
    }

    fn stats(&self) -> Vec<Stats> {
        let others = self.others.lock().unwrap();
        others.iter().chain([&self.recorder]).map(Recorder::stats).collect()
    }
}

impl Drop for Fixture {
    /// Checks what the test has left over.
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let (documents, looked_at) = (self.arrived(), *self.looked_at.get_mut());
        assert_nothing_left_over(&documents, looked_at);
    }
}

/// For good, in the whole process. A call without a segment that passes because its library is not patched, would say nothing.
fn patch_everything() {
    let compiled = Library::ALL.map(|library| Compiled { library, install: || Ok(()) });
    patch(&compiled, Library::ALL).unwrap();
}

//! What the tests have in common: a recorder of one's own and the daemon that it sends to.

#![allow(dead_code)] // no test uses all of it
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use xray_core::emitter::{DaemonAddress, EmitError, Emitter, SegmentDocument, UdpEmitter};
use xray_core::sampling::FixedSampler;
use xray_core::testing::{Daemon, Documents, Node, Trace, validate_references};
use xray_core::{Environment, Library, Recorder, RecorderBuilder};

/// A recorder that records everything, and the daemon that it sends to.
pub(crate) struct Traced {
    pub(crate) recorder: Recorder,
    daemon: Arc<Daemon>,
}

impl Traced {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(configure: impl FnOnce(RecorderBuilder) -> RecorderBuilder) -> Self {
        let daemon = Arc::new(Daemon::start().unwrap());
        let emitter = Paced { udp: UdpEmitter::new(&address_of(&daemon)), daemon: Arc::clone(&daemon) };
        let recorder = configure(builder().emitter(emitter)).build().unwrap();
        Self { recorder, daemon }
    }

    /// All documents that were emitted: valid, none lost, and every exception that they refer to is among them.
    #[track_caller]
    pub(crate) fn documents(&self) -> Documents {
        let stats = self.recorder.stats();
        let documents = self.daemon.wait_for(stats.emitted as usize, Duration::from_secs(20));
        assert_eq!((documents.len() as u64, 0), (stats.emitted, stats.dropped()), "emitted and dropped: {stats:?}");
        assert_references(&documents);
        documents
    }

    #[track_caller]
    pub(crate) fn only_trace(&self) -> Trace {
        self.documents().only_trace()
    }
}

/// A builder whose recorder records everything and reads no variable.
pub(crate) fn builder() -> RecorderBuilder {
    let empty = Environment::empty();
    Recorder::builder().sampler(FixedSampler::ALL).libraries(Library::ALL).environment(empty)
}

pub(crate) fn address_of(daemon: &Daemon) -> DaemonAddress {
    daemon.address().into()
}

/// Sends over UDP and waits until the daemon has it: a burst would overflow the socket of a busy machine.
#[derive(Debug)]
struct Paced {
    udp: UdpEmitter,
    daemon: Arc<Daemon>,
}

impl Emitter for Paced {
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        let before = self.daemon.received();
        self.udp.emit(document)?;
        let deadline = Instant::now() + Duration::from_secs(20);
        // Another thread's document counts as well: no more are on their way than there are threads.
        while self.daemon.received() == before && Instant::now() < deadline {
            std::thread::yield_now();
        }
        Ok(())
    }

    fn max_document_size(&self) -> usize {
        self.udp.max_document_size()
    }
}

/// Every id that a cause refers to is that of an exception which arrived.
#[track_caller]
pub(crate) fn assert_references(documents: &Documents) {
    let outcome = validate_references(documents.iter());
    assert_eq!(outcome, Ok(()), "{documents:?}");
}

/// What is logged on this thread while `work` runs, as text.
pub(crate) fn logged(work: impl FnOnce()) -> String {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let subscriber =
        tracing_subscriber::fmt().with_writer(Arc::new(Lines(Arc::clone(&lines)))).with_ansi(false).finish();
    tracing::subscriber::with_default(subscriber, work);
    let lines = lines.lock().unwrap();
    String::from_utf8(lines.clone()).unwrap()
}

struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for &Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The messages of the exceptions that an entity recorded itself.
pub(crate) fn messages(node: &Node) -> Vec<&str> {
    let exceptions = node.get("/cause/exceptions").as_array().map_or(&[][..], Vec::as_slice);
    exceptions.iter().filter_map(|exception| exception["message"].as_str()).collect()
}

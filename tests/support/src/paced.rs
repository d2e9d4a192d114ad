use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use xray_core::RecorderBuilder;
use xray_core::emitter::{EmitError, Emitter, SegmentDocument, UdpEmitter};
use xray_core::testing::Daemon;

use crate::PATIENCE;

/// Sends over UDP and waits until the daemon has it: a burst would overflow the socket of a busy machine.
#[derive(Clone, Debug)]
pub(crate) struct Paced {
    udp: Arc<UdpEmitter>,
    pub(crate) daemon: Arc<Daemon>,
    limit: Arc<AtomicUsize>,
    /// How many documents have been given to the system, or are about to be.
    handed_over: Arc<AtomicUsize>,
}

impl Paced {
    pub(crate) fn start() -> Self {
        let daemon = Daemon::start().unwrap();
        let udp = UdpEmitter::new(&daemon.address().into());
        let limit = Arc::new(AtomicUsize::new(udp.max_document_size()));
        Self { udp: Arc::new(udp), daemon: Arc::new(daemon), limit, handed_over: Arc::default() }
    }

    /// Has a recorder send here.
    pub(crate) fn reached_by(&self, builder: RecorderBuilder) -> RecorderBuilder {
        builder.daemon_address(self.daemon.address().into()).emitter(self.clone())
    }

    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::SeqCst);
    }

    pub(crate) fn handed_over(&self) -> usize {
        self.handed_over.load(Ordering::SeqCst)
    }
}

impl Emitter for Paced {
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        let before = self.daemon.received();
        self.handed_over.fetch_add(1, Ordering::SeqCst);
        if let Err(error) = self.udp.emit(document) {
            self.handed_over.fetch_sub(1, Ordering::SeqCst);
            return Err(error);
        }
        let deadline = Instant::now() + PATIENCE;
        // Another thread's document counts as well: no more are on their way than there are threads.
        while self.daemon.received() == before && Instant::now() < deadline {
            thread::yield_now();
        }
        Ok(())
    }

    fn max_document_size(&self) -> usize {
        self.udp.max_document_size().min(self.limit.load(Ordering::SeqCst))
    }
}

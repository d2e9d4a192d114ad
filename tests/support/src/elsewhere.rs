use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use xray_core::testing::{Daemon, Documents};

use crate::PATIENCE;
use crate::left_over::assert_nothing_left_over;

/// The daemon of recorders in other processes.
///
/// It has checked what of a [`Fixture`](crate::Fixture)'s can be known from here: every document is valid, the test has looked at each that has come before
/// this is dropped, and every cause refers to an exception that has arrived. What the others have lost, nobody here can ask.
#[derive(Debug)]
pub struct Elsewhere {
    daemon: Daemon,
    /// How many documents, in the order of their arrival, the test was given.
    looked_at: AtomicUsize,
}

impl Elsewhere {
    /// Starts the daemon.
    pub fn start() -> Self {
        Self { daemon: Daemon::start().unwrap(), looked_at: AtomicUsize::new(0) }
    }

    /// Where the others send to.
    pub fn address(&self) -> SocketAddr {
        self.daemon.address()
    }

    /// All that was sent before now, by whomever: what is sent now is behind it in the same socket.
    #[track_caller]
    pub fn sent_by_now(&self) -> Documents {
        let documents = self.arrived();
        self.looked_at.fetch_max(documents.len(), Ordering::Relaxed);
        documents
    }

    /// Waits until the documents that have arrived satisfy a condition, and returns all that were sent by then.
    #[track_caller]
    pub fn wait_until(&self, condition: impl Fn(&Documents) -> bool) -> Documents {
        self.daemon.wait_until(|documents| condition(&without_marks(documents)), PATIENCE);
        self.sent_by_now()
    }

    #[track_caller]
    fn arrived(&self) -> Documents {
        let mark = self.daemon.recorder().build().unwrap().begin_segment(MARK);
        let id = mark.id().unwrap().to_string();
        mark.end();
        without_marks(
            &self.daemon.wait_until(|documents| documents.iter().any(|document| document["id"] == *id), PATIENCE),
        )
    }
}

const MARK: &str = "mark of the test";

fn without_marks(documents: &Documents) -> Documents {
    documents.iter().filter(|document| document["name"] != MARK).cloned().collect()
}

impl Drop for Elsewhere {
    /// Checks what the test has left over.
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        let (documents, looked_at) = (self.arrived(), *self.looked_at.get_mut());
        assert_nothing_left_over(&documents, looked_at);
    }
}

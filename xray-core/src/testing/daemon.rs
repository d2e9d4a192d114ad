//! A daemon for tests.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::framing::Captured;
use super::receiver::Receiver;
use super::{Documents, Trace, Violation};
use crate::config::RecorderBuilder;
use crate::env::Environment;
use crate::library::Library;
use crate::recorder::Recorder;
use crate::sampling::FixedSampler;

/// An X-Ray daemon inside the test, on a real UDP socket, that keeps what it receives.
///
/// It passes every document through [`validate`](super::validate()) and checks the framing and the text as well: the exact header line, one compact JSON
/// object, no key twice, `subsegments` last, the document's own `trace_id` and `id` before those of its parts. What it hands out is free of violations, or
/// it panics and shows the document. When it is dropped it does the same for the documents that nobody has asked for, unless the thread is panicking already.
/// [`without_validation`](Self::without_validation) turns both off.
///
/// Documents are kept until the daemon is dropped, which also ends its thread. The receive buffer is 4 MiB if the system grants it; a burst beyond the buffer
/// is lost, as with any daemon, and then [`received`](Self::received) is less than what was sent.
pub struct Daemon {
    receiver: Receiver,
    captured: Mutex<Vec<Arc<Captured>>>,
    /// How many of them somebody has asked for.
    asked_for: AtomicUsize,
    validates: bool,
}

impl Daemon {
    /// Starts a daemon on the IPv4 loopback address and a free port.
    ///
    /// # Errors
    ///
    /// Those of the socket and of the thread.
    pub fn start() -> io::Result<Self> {
        Self::start_on((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Starts a daemon on the IPv6 loopback address and a free port.
    ///
    /// # Errors
    ///
    /// Those of the socket and of the thread; a machine without IPv6 has no such address.
    pub fn start_v6() -> io::Result<Self> {
        Self::start_on((Ipv6Addr::LOCALHOST, 0).into())
    }

    /// Starts a daemon on an address of one's own; port 0 stands for a free one.
    ///
    /// # Errors
    ///
    /// Those of the socket, such as an address in use, and of the thread.
    pub fn start_on(address: SocketAddr) -> io::Result<Self> {
        let receiver = Receiver::start(address)?;
        Ok(Self { receiver, captured: Mutex::default(), asked_for: AtomicUsize::new(0), validates: true })
    }

    /// Accepts documents that violate the format; [`violations`](Self::violations) lists what is wrong with them.
    #[must_use]
    pub fn without_validation(mut self) -> Self {
        self.validates = false;
        self
    }

    /// The address to send to.
    pub fn address(&self) -> SocketAddr {
        self.receiver.address()
    }

    /// A recorder that sends here: it records every trace and every library, patched or not, and reads no variables.
    ///
    /// What a test wants otherwise is set on top.
    ///
    /// ```
    /// use xray_core::testing::Daemon;
    ///
    /// let daemon = Daemon::start()?;
    /// let recorder = daemon.recorder().service("shop").build()?;
    /// recorder.begin_segment("").end();
    /// assert_eq!(daemon.wait_for(1, std::time::Duration::from_secs(5)).only_trace().root().name(), "shop");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn recorder(&self) -> RecorderBuilder {
        Recorder::builder()
            .environment(Environment::empty())
            .daemon_address(self.address().into())
            .sampler(FixedSampler::ALL)
            .libraries(Library::ALL)
    }

    /// How many datagrams have arrived, valid or not.
    pub fn received(&self) -> u64 {
        self.receiver.received()
    }

    /// The violations in everything received so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.catch_up();
        let captured = self.captured();
        self.asked_for.fetch_max(captured.len(), Ordering::Relaxed);
        captured.iter().flat_map(|captured| captured.violations.iter().cloned()).collect()
    }

    /// The documents received so far, in the order of their arrival.
    ///
    /// # Panics
    ///
    /// On violations.
    #[track_caller]
    pub fn documents(&self) -> Documents {
        self.catch_up();
        self.checked()
    }

    /// Waits until at least `count` documents have arrived in all, and returns all.
    ///
    /// # Panics
    ///
    /// When the time runs out, with a list of what did arrive, and on violations, at once.
    #[track_caller]
    pub fn wait_for(&self, count: usize, timeout: Duration) -> Documents {
        self.wait(&counted(count), &|documents| documents.len() >= count, timeout)
    }

    /// Waits until a finished segment of a trace has arrived, and returns the trace.
    ///
    /// Subsegments that are sent on their own may arrive later; [`wait_until`](Self::wait_until) waits for those.
    ///
    /// # Panics
    ///
    /// When the time runs out, with a list of what did arrive, and on violations, at once.
    #[track_caller]
    pub fn wait_for_trace(&self, trace_id: &str, timeout: Duration) -> Trace {
        let is_finished_segment = |document: &Value| {
            document["trace_id"] == trace_id && document.get("type").is_none() && document.get("end_time").is_some()
        };
        let what = format!("a finished segment of trace {trace_id}");
        self.wait(&what, &|documents| documents.iter().any(is_finished_segment), timeout).trace(trace_id)
    }

    /// Waits until the documents received so far satisfy a condition, and returns them.
    ///
    /// The condition is asked at once and after every arrival.
    ///
    /// # Panics
    ///
    /// When the time runs out, with a list of what did arrive, and on violations, at once.
    #[track_caller]
    pub fn wait_until(&self, condition: impl Fn(&Documents) -> bool, timeout: Duration) -> Documents {
        self.wait("documents that satisfy the condition", &condition, timeout)
    }

    #[track_caller]
    fn wait(&self, what: &str, condition: &dyn Fn(&Documents) -> bool, timeout: Duration) -> Documents {
        // A time too long to add means the longest that anyone waits.
        let deadline = Instant::now() + timeout.min(Duration::from_secs(24 * 3600));
        loop {
            let seen = self.catch_up();
            let documents = self.checked();
            if condition(&documents) {
                return documents;
            }
            if !self.receiver.wait_for_more(seen, deadline) {
                let failure =
                    self.receiver.failure().map_or_else(String::new, |error| format!(" (receiving failed: {error})"));
                panic!("waited {timeout:?} for {what}{failure}, but {}", documents.summary());
            }
        }
    }

    /// Parses what the thread has stored, and returns how many datagrams there are by now.
    fn catch_up(&self) -> u64 {
        let mut captured = self.captured();
        let (datagrams, received) = self.receiver.take();
        captured.extend(datagrams.iter().map(|datagram| Arc::new(Captured::from_datagram(datagram))));
        received
    }

    #[track_caller]
    fn checked(&self) -> Documents {
        let captured = self.captured().clone();
        self.asked_for.fetch_max(captured.len(), Ordering::Relaxed);
        if self.validates {
            check("a document", &captured);
        }
        Documents::new(captured)
    }

    fn captured(&self) -> MutexGuard<'_, Vec<Arc<Captured>>> {
        self.captured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Daemon {
    /// Ends the thread, and checks what has arrived since somebody asked.
    ///
    /// # Panics
    ///
    /// On violations, unless the thread is panicking.
    fn drop(&mut self) {
        self.receiver.stop();
        if self.validates && !thread::panicking() {
            self.catch_up();
            let asked_for = self.asked_for.load(Ordering::Relaxed);
            check("a document that nobody has asked for", &self.captured()[asked_for..]);
        }
    }
}

impl fmt::Debug for Daemon {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Daemon")
            .field("address", &self.address())
            .field("received", &self.received())
            .field("validates", &self.validates)
            .finish_non_exhaustive()
    }
}

/// Panics at the first document that is wrong.
#[track_caller]
fn check(what: &str, captured: &[Arc<Captured>]) {
    if let Some(wrong) = captured.iter().find(|captured| !captured.violations.is_empty()) {
        let list: String = wrong.violations.iter().map(|violation| format!("\n  {violation}")).collect();
        panic!("{what} violates the format:{list}\nthe document: {}", wrong.text);
    }
}

fn counted(count: usize) -> String {
    if count == 1 { "1 document".to_owned() } else { format!("{count} documents") }
}

#[cfg(test)]
#[path = "daemon_tests.rs"]
mod tests;

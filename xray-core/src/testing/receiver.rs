//! The socket of the daemon and the thread that empties it.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use socket2::{Domain, Protocol, Socket, Type};

/// Receives datagrams until it is stopped. The thread only stores them, so that a burst is not lost to parsing.
pub(super) struct Receiver {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    socket: UdpSocket,
    address: SocketAddr,
    stopped: AtomicBool,
    inbox: Mutex<Inbox>,
    changed: Condvar,
}

#[derive(Default)]
struct Inbox {
    received: u64,
    datagrams: Vec<Vec<u8>>,
    failure: Option<io::Error>,
}

impl Receiver {
    pub(super) fn start(address: SocketAddr) -> io::Result<Self> {
        let socket = bind(address)?;
        let address = socket.local_addr()?;
        let inbox = Mutex::default();
        let shared =
            Arc::new(Shared { socket, address, stopped: AtomicBool::new(false), inbox, changed: Condvar::new() });
        let of_thread = Arc::clone(&shared);
        let thread = thread::Builder::new().name("xray-test-daemon".to_owned()).spawn(move || of_thread.receive())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.shared.address
    }

    pub(super) fn received(&self) -> u64 {
        self.shared.inbox().received
    }

    /// Why the thread gave up, if it did.
    pub(super) fn failure(&self) -> Option<String> {
        self.shared.inbox().failure.as_ref().map(ToString::to_string)
    }

    /// Takes what came since the last call, and returns it with the number of all datagrams so far.
    pub(super) fn take(&self) -> (Vec<Vec<u8>>, u64) {
        let mut inbox = self.shared.inbox();
        (std::mem::take(&mut inbox.datagrams), inbox.received)
    }

    /// Waits for more datagrams than `seen`; false when there were none by the deadline, or when none can come.
    pub(super) fn wait_for_more(&self, seen: u64, deadline: Instant) -> bool {
        let mut inbox = self.shared.inbox();
        while inbox.received == seen && inbox.failure.is_none() {
            let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
                break;
            };
            let waited = self.shared.changed.wait_timeout(inbox, left);
            inbox = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        inbox.received > seen
    }

    /// Ends the thread, once it has stored all that was sent before. The port is in use until the receiver is dropped.
    pub(super) fn stop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.shared.stopped.store(true, Ordering::Release);
        // The thread sleeps in the system call; a datagram wakes it. If this one does not fit, others wait there and wake it as well.
        if self.shared.socket.send_to(&[], reachable(self.shared.address)).is_ok() {
            // It does not panic, and if it did there would be nothing left to do.
            let _ = thread.join();
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn receive(&self) {
        let mut buffer = vec![0; LONGEST_DATAGRAM];
        loop {
            let result = self.socket.recv_from(&mut buffer);
            let is_stopped = self.stopped.load(Ordering::Acquire);
            match result {
                // What wakes the thread.
                Ok((0, sender)) if is_stopped && sender.port() == self.address.port() => {}
                Ok((length, _)) => {
                    let mut inbox = self.inbox();
                    inbox.received += 1;
                    inbox.datagrams.push(buffer[..length].to_vec());
                }
                // All that was sent is stored.
                Err(_) if is_stopped => return,
                // Windows reports here that an earlier datagram, from us, was not wanted.
                Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ConnectionReset) => {
                    continue;
                }
                Err(error) => {
                    self.inbox().failure = Some(error);
                    self.changed.notify_all();
                    return;
                }
            }
            self.changed.notify_all();
            // From now on the end of what was sent is an error.
            if is_stopped && self.socket.set_nonblocking(true).is_err() {
                return;
            }
        }
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    // The system may grant less, which is no reason to fail.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// An unspecified address can be bound but is not a destination everywhere.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    address
}

const LONGEST_DATAGRAM: usize = 65_536;
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

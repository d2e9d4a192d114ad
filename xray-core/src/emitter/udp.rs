use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::connection::Connection;
use super::endpoint::Endpoint;
use super::lookup::Lookup;
use super::network::{Failure, Network, OperatingSystem};
use super::{DaemonAddress, EmitError, Emitter, HEADER, MAX_DOCUMENT_SIZE, SegmentDocument};
use crate::clock::Clock;
use crate::notice::Notice;

/// Sends each document to the X-Ray daemon as one UDP datagram.
///
/// Sending is one system call that does not block. There is nothing to flush: when `emit` returns, the datagram is with
/// the operating system. UDP does not tell whether anybody received it; only when nobody listens at the address does
/// the system of the daemon answer so, and then the next document finds out, and is sent again.
///
/// A host name is resolved again, in the background, when its address is older than 60 seconds or does not answer. Of a
/// name with several addresses the first is used where a machine is: where an attempt to connect by TCP is accepted or
/// refused within a quarter of a second. A datagram to where nobody is would be lost without a word.
///
/// ```
/// use std::net::UdpSocket;
/// use xray_core::emitter::{DaemonAddress, Emitter, UdpEmitter};
///
/// let daemon = UdpSocket::bind("127.0.0.1:0")?;
/// let address: DaemonAddress = daemon.local_addr()?.to_string().parse()?;
/// let emitter = UdpEmitter::new(&address);
/// assert_eq!(emitter.max_document_size(), 64_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct UdpEmitter {
    connection: Arc<Connection>,
    /// None when the address is no name.
    lookup: Option<Arc<Lookup>>,
    max_document_size: AtomicUsize,
}

impl UdpEmitter {
    /// Creates an emitter that sends to the UDP endpoint of the daemon.
    ///
    /// A host name is resolved here, for at most one second; if that takes longer or fails, it goes on in the background,
    /// and documents are lost until it succeeds. Nor is it an error when no socket can be made: each document tries again.
    #[must_use]
    pub fn new(address: &DaemonAddress) -> Self {
        Self::with(address.udp(), Arc::new(OperatingSystem), Clock::system(), Duration::from_secs(1))
    }

    fn with(endpoint: &Endpoint, network: Arc<dyn Network>, clock: Clock, patience: Duration) -> Self {
        let connection = Arc::new(Connection::new(Arc::clone(&network)));
        let lookup = match endpoint.address() {
            Some(address) => {
                if let Err(error) = connection.redirect(address) {
                    Notice::DaemonUnreachable { endpoint, error: &error }.log();
                }
                None
            }
            None => {
                let lookup = Lookup::new(endpoint.clone(), Arc::clone(&connection), network, clock);
                lookup.begin(patience);
                Some(lookup)
            }
        };
        Self { connection, lookup, max_document_size: AtomicUsize::new(MAX_DOCUMENT_SIZE) }
    }

    fn send(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        // Refused at once, because that no system takes it says nothing about what this system takes.
        if document.datagram().len() > MAX_DATAGRAM {
            return Err(self.too_large(document));
        }
        self.connection.send(document.datagram()).map_err(|failure| match failure {
            Failure::Full => EmitError::SocketFull,
            Failure::Refused => EmitError::Refused,
            Failure::Lost(error) => EmitError::Io(error),
            Failure::TooLarge => {
                let smaller = (document.json().len() / 2).clamp(SMALLEST_LIMIT, JUMBO_FRAME - HEADER.len());
                self.max_document_size.fetch_min(smaller, Ordering::Relaxed);
                self.too_large(document)
            }
        })
    }

    fn too_large(&self, document: SegmentDocument<'_>) -> EmitError {
        EmitError::TooLarge { size: document.json().len(), limit: self.max_document_size() }
    }
}

impl Emitter for UdpEmitter {
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        let outcome = self.send(document);
        if let Some(lookup) = &self.lookup {
            lookup.refresh_if_due();
        }
        outcome
    }

    /// The most bytes of JSON that a document may have: 64,000, and less once the system has refused a datagram for its
    /// size, as macOS does from 9,216 bytes on.
    fn max_document_size(&self) -> usize {
        self.max_document_size.load(Ordering::Relaxed)
    }
}

/// The largest datagram over IPv4: 65,535 bytes without the headers of IP and UDP.
const MAX_DATAGRAM: usize = 65_507;

/// What is tried first below that: fits a jumbo frame and the 9,216 bytes of macOS.
const JUMBO_FRAME: usize = 8_900;

/// No network takes less in one packet, by much.
const SMALLEST_LIMIT: usize = 1_400;

#[cfg(test)]
mod tests;

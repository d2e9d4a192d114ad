use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::network::{Failure, Network, Socket};

/// The socket to the daemon, replaced when it breaks or when the daemon moves.
#[derive(Debug)]
pub(super) struct Connection {
    network: Arc<dyn Network>,
    /// Written for the moment of an exchange only; no system call is made meanwhile.
    state: RwLock<State>,
    failing: AtomicBool,
    /// The [place](Network::place) that the socket was opened in.
    place: AtomicU32,
}

#[derive(Debug, Default)]
struct State {
    peer: Option<SocketAddr>,
    socket: Option<Box<dyn Socket>>,
}

impl Connection {
    /// Creates a connection that leads nowhere until it is [redirected](Self::redirect).
    pub(super) fn new(network: Arc<dyn Network>) -> Self {
        let place = AtomicU32::new(network.place());
        Self { network, state: RwLock::default(), failing: AtomicBool::new(true), place }
    }

    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.read().peer
    }

    /// Tells whether what was sent last did not arrive, as far as is known.
    pub(super) fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    /// Sends to another address from now on. When there is no way to it, what was before stays.
    pub(super) fn redirect(&self, peer: SocketAddr) -> io::Result<()> {
        match self.network.connect(peer) {
            Ok(socket) => {
                let old = std::mem::replace(&mut *self.write(), State { peer: Some(peer), socket: Some(socket) });
                drop(old);
                self.failing.store(false, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                self.write().peer.get_or_insert(peer);
                Err(error)
            }
        }
    }

    pub(super) fn send(&self, datagram: &[u8]) -> Result<(), Failure> {
        let place = self.network.place();
        if self.place.load(Ordering::Relaxed) != place && self.place.swap(place, Ordering::Relaxed) != place {
            // If that fails the old socket is tried.
            let _ = self.reconnect();
        }
        match self.send_over_this_socket(datagram) {
            // The socket breaks with the network interface that it was bound to, for instance.
            Err(Failure::Lost(_)) => {
                self.reconnect().map_err(Failure::Lost)?;
                self.send_over_this_socket(datagram)
            }
            outcome => outcome,
        }
    }

    fn send_over_this_socket(&self, datagram: &[u8]) -> Result<(), Failure> {
        let was_failing = self.is_failing();
        let (outcome, refused_before) = match &self.read().socket {
            Some(socket) => send_twice(socket.as_ref(), datagram, was_failing),
            None => (Err(Failure::Lost(io::ErrorKind::NotConnected.into())), false),
        };
        let failing = match outcome {
            Ok(()) => refused_before,
            Err(Failure::Refused | Failure::Lost(_)) => true,
            // Says nothing about the daemon.
            Err(Failure::Full | Failure::TooLarge) => was_failing || refused_before,
        };
        if failing != was_failing {
            self.failing.store(failing, Ordering::Relaxed);
        }
        outcome
    }

    fn reconnect(&self) -> io::Result<()> {
        let Some(peer) = self.peer() else {
            let reason = "the host name of the daemon is not resolved yet";
            return Err(io::Error::new(io::ErrorKind::NotConnected, reason));
        };
        let mut socket = Some(self.network.connect(peer)?);
        let mut state = self.write();
        if state.peer == Some(peer) {
            std::mem::swap(&mut state.socket, &mut socket);
        }
        drop(state);
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends a datagram, twice when the first attempt tells of an earlier one. Tells whether that one was refused.
///
/// What the network answers (nobody listens there; a router takes only smaller packets) is given to the next call on the
/// socket, which then sends nothing. On one machine the answer is there as soon as the datagram is sent, and is asked
/// for once there is reason to. From another machine it takes longer: refusals in a row are counted one document late.
fn send_twice(socket: &dyn Socket, datagram: &[u8], was_failing: bool) -> (Result<(), Failure>, bool) {
    let first = socket.send(datagram);
    let refused_before = matches!(first, Err(Failure::Refused));
    let outcome = match first {
        Err(Failure::Refused | Failure::TooLarge) => socket.send(datagram),
        _ => first,
    };
    if outcome.is_err() || !(was_failing || refused_before) {
        return (outcome, refused_before);
    }
    let outcome = match socket.take_failure() {
        Some(failure @ (Failure::Refused | Failure::Lost(_))) => Err(failure),
        _ if was_failing && refused_before => Err(Failure::Refused),
        _ => Ok(()),
    };
    (outcome, refused_before)
}

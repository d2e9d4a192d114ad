use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;
use std::{fmt, io, thread};

use crate::random;

/// What the emitter needs of the operating system; tests put their own in its place.
pub(super) trait Network: Send + Sync + fmt::Debug {
    /// Resolves a host name. May block for long.
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;

    /// Whether a machine is there, which it shows by answering. Blocks for a moment.
    fn is_there(&self, peer: SocketAddr) -> bool;

    /// Makes a socket that sends to one address. Does not block.
    fn connect(&self, peer: SocketAddr) -> io::Result<Box<dyn Socket>>;

    /// Runs a job on another thread.
    fn spawn(&self, job: Box<dyn FnOnce() + Send>) -> io::Result<()>;

    /// Changes when the process goes on in another place, whose network is not the one that its sockets were opened in.
    fn place(&self) -> u32;
}

/// A connected datagram socket that does not block.
pub(super) trait Socket: Send + Sync + fmt::Debug {
    fn send(&self, datagram: &[u8]) -> Result<(), Failure>;

    /// What is known by now to have gone wrong with a datagram that was sent.
    fn take_failure(&self) -> Option<Failure>;
}

/// What an error of the operating system means for a datagram.
#[derive(Debug)]
pub(super) enum Failure {
    /// There is no room at the moment.
    Full,
    /// It is larger than this system sends, or an earlier one was larger than a router forwards.
    TooLarge,
    /// Nobody listens where this one or an earlier one was sent.
    Refused,
    /// The socket or the network is gone.
    Lost(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match (error.kind(), error.raw_os_error()) {
            (io::ErrorKind::WouldBlock, _) | (_, Some(NO_BUFFER_SPACE)) => Self::Full,
            (_, Some(MESSAGE_TOO_LONG)) => Self::TooLarge,
            // Windows says that the connection was reset.
            (io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset, _) => Self::Refused,
            _ => Self::Lost(error),
        }
    }
}

// EMSGSIZE and ENOBUFS, for which `io::ErrorKind` has no name.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) const MESSAGE_TOO_LONG: i32 = 90;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) const NO_BUFFER_SPACE: i32 = 105;
#[cfg(windows)]
pub(super) const MESSAGE_TOO_LONG: i32 = 10040;
#[cfg(windows)]
pub(super) const NO_BUFFER_SPACE: i32 = 10055;
#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
pub(super) const MESSAGE_TOO_LONG: i32 = 40;
#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
pub(super) const NO_BUFFER_SPACE: i32 = 55;

/// How long a machine may take to answer: what RFC 8305 waits before it tries the next address.
const PATIENCE: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct OperatingSystem;

impl Network for OperatingSystem {
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok((host, port).to_socket_addrs()?.collect())
    }

    fn is_there(&self, peer: SocketAddr) -> bool {
        match TcpStream::connect_timeout(&peer, PATIENCE) {
            Ok(_) => true,
            // A datagram that arrives is not answered, but a machine that takes no connections says so.
            Err(error) => matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset),
        }
    }

    fn connect(&self, peer: SocketAddr) -> io::Result<Box<dyn Socket>> {
        Ok(Box::new(socket_to(peer)?))
    }

    fn spawn(&self, job: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        thread::Builder::new().name("xray-daemon-name".to_owned()).spawn(job).map(drop)
    }

    fn place(&self) -> u32 {
        random::copies()
    }
}

impl Socket for UdpSocket {
    fn send(&self, datagram: &[u8]) -> Result<(), Failure> {
        // A datagram is sent as a whole or not at all.
        UdpSocket::send(self, datagram).map(drop).map_err(Failure::from)
    }

    fn take_failure(&self) -> Option<Failure> {
        self.take_error().ok().flatten().map(Failure::from)
    }
}

fn socket_to(peer: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any)?;
    socket.set_nonblocking(true)?;
    socket.connect(peer)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_machine_that_takes_no_connections_is_there() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert!(OperatingSystem.is_there(address));
        drop(listener);
        assert!(OperatingSystem.is_there(address));
        // Addresses for which there is no route: see RFC 5737 and RFC 6666.
        assert!(!OperatingSystem.is_there("[100::1]:2000".parse().unwrap()));
    }

    #[test]
    fn a_socket_does_not_block() {
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        let socket = socket_to(peer.local_addr().unwrap()).unwrap();
        // Nothing was sent to it: a socket that blocks would wait here for ever.
        assert_eq!(socket.recv(&mut [0]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }
}

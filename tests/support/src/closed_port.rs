use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

/// A port of 127.0.0.1 that refuses connections, and that nobody else gets as long as this lives; displayed as `127.0.0.1:PORT`.
///
/// It is the near end of a connection: nobody listens there, and the system gives it to nobody. A port that was free a moment ago may be that of a server
/// by now.
#[derive(Debug)]
pub struct ClosedPort {
    near: TcpStream,
    _far: TcpStream,
}

impl ClosedPort {
    /// Takes a port.
    #[must_use]
    pub fn hold() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (far, _) = listener.accept().unwrap();
        Self { near, _far: far }
    }

    /// Where nobody listens.
    pub fn address(&self) -> SocketAddr {
        self.near.local_addr().unwrap()
    }
}

impl fmt::Display for ClosedPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address().fmt(formatter)
    }
}

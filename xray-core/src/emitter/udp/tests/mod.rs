//! The emitter over real sockets, over sockets that follow a script, and with names that change.

mod by_name;
mod over_real_sockets;
mod over_scripted_sockets;

use std::net::{SocketAddr, UdpSocket};

use super::*;

fn framed(json: &str) -> Vec<u8> {
    [HEADER, json.as_bytes()].concat()
}

fn emit(emitter: &UdpEmitter, json: &str) -> Result<(), EmitError> {
    emitter.emit(SegmentDocument::framed(&framed(json)))
}

/// Something that listens. Its time limit only keeps a failing test from hanging.
struct Daemon(UdpSocket);

impl Daemon {
    fn at(address: &str) -> Self {
        let socket = UdpSocket::bind(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(socket)
    }

    fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Refuses everything from now on, and keeps its port, which another test may get otherwise.
    fn stop(&self) {
        self.listen_to(self.address());
    }

    /// Receives from one sender, and refuses everything else.
    fn listen_to(&self, sender: SocketAddr) {
        self.0.connect(sender).unwrap();
    }

    fn received(&self) -> String {
        let mut buffer = [0; 65_536];
        let length = self.0.recv(&mut buffer).expect("a document should have arrived");
        String::from_utf8(buffer[..length].strip_prefix(HEADER).expect("a header").to_vec()).unwrap()
    }
}

fn daemon_address(address: impl ToString) -> DaemonAddress {
    address.to_string().parse().unwrap()
}

/// Emits until a refusal is noticed, which on a busy machine may take a few.
fn refuse(emitter: &UdpEmitter) {
    assert!((0..100).any(|_| matches!(emit(emitter, "lost"), Err(EmitError::Refused))));
}

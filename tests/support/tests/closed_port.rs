//! A port that is held cannot be had by anybody else.

#![allow(clippy::unwrap_used)] // as in tests

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

use test_support::ClosedPort;

#[test]
fn a_closed_port_refuses_connections_and_is_nobody_s() {
    let closed = ClosedPort::hold();
    assert_eq!(TcpStream::connect(closed.address()).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert_eq!(TcpListener::bind(closed.address()).unwrap_err().kind(), ErrorKind::AddrInUse);
    assert_eq!(closed.to_string(), closed.address().to_string());
}

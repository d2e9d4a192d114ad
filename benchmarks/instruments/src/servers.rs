//! A daemon that takes everything, and an HTTP server that always says the same.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::LazyLock;
use std::thread;

use crate::sink::Sink;

/// The address of a daemon that takes everything.
pub fn daemon() -> SocketAddr {
    static DAEMON: LazyLock<Sink> = LazyLock::new(Sink::start);
    DAEMON.address
}

/// A server that answers every request with an empty object, as DynamoDB would; returns `http://host:port`.
pub fn http() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    let url = format!("http://{}", listener.local_addr().expect("a bound socket"));
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || answer(connection));
        }
    });
    url
}

/// No request comes before the last is answered, and each fits in one read of the loopback.
fn answer(mut connection: TcpStream) {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-requestid: R\r\ncontent-length: 2\r\n\r\n{}";
    let _ = connection.set_nodelay(true);
    let mut request = [0; 16_384];
    let mut read = 0;
    while let Ok(more @ 1..) = connection.read(&mut request[read..]) {
        read += more;
        if is_complete(&request[..read]) {
            read = 0;
            if connection.write_all(ANSWER).is_err() {
                return;
            }
        }
    }
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

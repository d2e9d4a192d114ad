//! A metadata service: it answers what a test tells it to, on a real socket.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Answers of a service, by the first line and the headers of a request.
pub(super) type Answer = fn(&str) -> Option<String>;

/// Starts a service and returns its URL. A request without an answer gets 404.
pub(super) fn serve(answer: Answer) -> String {
    serve_raw(move |stream, request| {
        let response = match answer(request) {
            Some(body) => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
            None => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        };
        let _ = stream.write_all(response.as_bytes());
    })
}

/// Starts a service that does what it likes with each connection.
pub(super) fn serve_raw(reply: impl Fn(&mut TcpStream, &str) + Send + Sync + Copy + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            thread::spawn(move || {
                let request = read_head(&mut stream);
                reply(&mut stream, &request);
            });
        }
    });
    url
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
        request.extend_from_slice(&byte);
    }
    String::from_utf8_lossy(&request).to_ascii_lowercase()
}

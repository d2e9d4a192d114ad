use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::*;

const PATIENT: Duration = Duration::from_secs(20);
const HASTY: Duration = Duration::from_millis(200);

/// A server that serves one connection as a test wants it.
struct Server {
    address: SocketAddr,
    thread: JoinHandle<Vec<u8>>,
}

impl Server {
    /// Reads the request, then does what the test says; the connection is closed when that is done.
    fn start(bind: &str, reply: impl FnOnce(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind(bind).unwrap();
        let address = listener.local_addr().unwrap();
        let thread = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let request = read_request(&mut stream);
            reply(&mut stream);
            request
        });
        Self { address, thread }
    }

    fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start("127.0.0.1:0", move |stream| drop(stream.write_all(&answer)))
    }

    fn get(&self, timeout: Duration) -> Result<Vec<u8>, FetchError> {
        Request::get(&format!("http://{}/path", self.address)).send(timeout)
    }
}

/// The head, and a body of the length that it tells.
fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut buffer = [0; 1_024];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return request;
            }
        }
        match stream.read(&mut buffer).unwrap() {
            0 => return request,
            received => request.extend_from_slice(&buffer[..received]),
        }
    }
}

fn outcome(result: Result<Vec<u8>, FetchError>) -> String {
    match result {
        Ok(body) => format!("body {}", String::from_utf8_lossy(&body)),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_request_is_written_as_the_protocol_says() {
    type Build = fn(&str) -> Request<'_>;
    let cases: [(Build, &str); 3] = [
        (
            |url| Request::get(url).header("X-One", "1"),
            "GET /path?a=b HTTP/1.1\r\nHost: H\r\nConnection: close\r\nX-One: 1\r\n\r\n",
        ),
        (
            |url| Request::put(url),
            "PUT /path?a=b HTTP/1.1\r\nHost: H\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        ),
        (
            |url| Request::post(url, b"{}"),
            "POST /path?a=b HTTP/1.1\r\nHost: H\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        ),
    ];
    for bind in ["127.0.0.1:0", "[::1]:0"] {
        for (build, expected) in cases {
            let server = Server::start(bind, |stream| drop(stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")));
            let host = server.address.to_string();
            assert_eq!(outcome(build(&format!("http://{host}/path?a=b")).send(PATIENT)), "body ");
            let request = String::from_utf8(server.thread.join().unwrap()).unwrap();
            assert_eq!(request, expected.replace("Host: H", &format!("Host: {host}")));
        }
    }
}

#[test]
fn a_host_may_be_a_name() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let url = format!("http://localhost:{}", server.address.port());
    assert_eq!(outcome(Request::get(&url).send(PATIENT)), "body ok");
}

#[test]
fn what_cannot_be_written_is_not_sent() {
    for url in [
        "",
        "localhost",
        "https://localhost/",
        "http://",
        "http:///path",
        "http://user:password@localhost/",
        "http://localhost/a b",
        "http://localhost/a\r\nX-Evil: 1",
        "http://localhost/ä",
        "http://localhost/#a",
        "http://localhost?a",
    ] {
        assert!(matches!(Request::get(url).send(PATIENT), Err(FetchError::Invalid)), "{url:?}");
    }
    for value in ["a\r\nb", "a\nb", "ä", "\0"] {
        let request = Request::get("http://127.0.0.1:1/").header("X-Token", value);
        assert!(matches!(request.send(PATIENT), Err(FetchError::Invalid)), "{value:?}");
    }
    for url in ["http://no-such-host.invalid/", "http://127.0.0.1:99999/", "http://[::1/", "http://[]:1/"] {
        assert!(matches!(Request::get(url).send(PATIENT), Err(FetchError::NoAddress)), "{url:?}");
    }
}

#[test]
fn bodies_are_read_in_every_framing() {
    let cases = [
        ("Content-Length: 5\r\n\r\nhello and what nobody asked for", "body hello"),
        ("CONTENT-LENGTH:  5 \r\n\r\nhello", "body hello"),
        ("\r\nhello", "body hello"),
        ("\r\n", "body "),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "body hello"),
        (
            "transfer-encoding: Chunked\r\nContent-Length: 1\r\n\r\n1;a=b\r\nh\r\n004\r\nello\r\n0\r\nTrailer: x\r\n\r\n",
            "body hello",
        ),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello", "the connection failed"),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n", "the answer is not HTTP"),
        ("Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "the answer is not HTTP"),
        ("Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "the answer is too long"),
        ("Transfer-Encoding: chunked\r\n\r\n1ffffffffffffffff\r\n", "the answer is not HTTP"),
        ("Transfer-Encoding: gzip\r\n\r\nhello", "the answer is not HTTP"),
        ("Content-Length: 6\r\n\r\nhello", "the connection failed"),
        ("Content-Length: -1\r\n\r\nhello", "the answer is not HTTP"),
        ("Content-Length: \r\n\r\nhello", "the answer is not HTTP"),
        ("Content-Length: 18446744073709551615\r\n\r\nhello", "the answer is too long"),
        ("Content-Length: 184467440737095516150\r\n\r\nhello", "the answer is not HTTP"),
    ];
    for (answer, expected) in cases {
        let server = Server::answering(format!("HTTP/1.1 200 OK\r\n{answer}"));
        assert_eq!(outcome(server.get(PATIENT)), expected, "{answer:?}");
    }
}

#[test]
fn an_answer_that_comes_byte_by_byte_is_put_together() {
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let server = Server::start("127.0.0.1:0", move |stream| {
        stream.set_nodelay(true).unwrap();
        answer.bytes().for_each(|byte| drop(stream.write_all(&[byte])));
    });
    assert_eq!(outcome(server.get(PATIENT)), "body hello");
}

#[test]
fn an_answer_that_is_no_success_is_told_by_its_status() {
    for (answer, expected) in [
        ("HTTP/1.1 500 Internal Server Error\r\n\r\n{}", "the answer has status 500"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "the answer has status 404"),
        ("HTTP/1.0 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "the answer has status 301"),
        ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "the answer has status 101"),
        (
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 40\r\n\r\n{\"message\":\"not allowed: xray:GetRules\"}..",
            "the answer has status 403: not allowed: xray:GetRules",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnot \r\n7\r\nallowed\r\n0\r\n\r\n",
            "the answer has status 403: not allowed",
        ),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\nnobody\nthere", "the answer has status 502: nobody there"),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\ncut", "the answer has status 502: cut"),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: x\r\n\r\ncut", "the answer has status 502"),
        ("HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: gzip\r\n\r\ncut", "the answer has status 502"),
        (
            "HTTP/1.1 502 Bad Gateway\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ncut\r\nzz",
            "the answer has status 502: cut",
        ),
    ] {
        assert_eq!(outcome(Server::answering(answer).get(PATIENT)), expected);
    }
}

/// An answer that began with 100 or 103 was refused, so that the rules were not obeyed.
#[test]
fn answers_that_only_announce_another_one_are_passed_over() {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 7\r\n\r\n";
    let proceed = "HTTP/1.1 100 Continue\r\n\r\n";
    let last = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    for (answer, expected) in [
        (format!("{proceed}{last}"), "body hello"),
        (format!("{early}{last}"), "body hello"),
        (format!("{proceed}HTTP/1.1 102 Processing\r\n\r\n{early}{last}"), "body hello"),
        (format!("{proceed}HTTP/1.1 500 No\r\n\r\nlost"), "the answer has status 500: lost"),
        (proceed.to_owned(), "the connection failed"),
        (format!("{proceed}SSH-2.0"), "the answer is not HTTP"),
        (proceed.repeat(1_000), "the answer is too long"),
    ] {
        assert_eq!(outcome(Server::answering(answer.clone()).get(PATIENT)), expected, "{answer}");
    }
}

/// A service that is wrong at length is not read to the end.
#[test]
fn of_what_is_wrong_only_the_beginning_is_read() {
    for head in ["\r\n", "Content-Length: 999999999999\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"] {
        let piece: &[u8] = if head.starts_with('T') { b"2\r\nx \r\n" } else { b"x x x x " };
        let mut answer = format!("HTTP/1.1 500 No\r\n{head}").into_bytes();
        let mut received = 0;
        let outcome = answer::read(|buffer| {
            answer.extend_from_slice(&piece.repeat(100));
            let length = answer.len().min(buffer.len());
            buffer[..length].copy_from_slice(&answer[..length]);
            answer.drain(..length);
            received += length;
            Ok(length)
        });
        assert!(matches!(outcome, Err(FetchError::Status { status: 500, .. })), "{head:?}");
        assert!(received < 100_000, "{head:?}: {received} bytes");
    }
}

/// The first address of a name took the whole time limit, if nobody answered there.
#[cfg(target_os = "linux")]
#[test]
fn an_address_where_nobody_answers_leaves_time_for_the_others() {
    let hole = Hole::dig();
    let server = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let request = Request::get("http://daemon.example:2000/");
    let addresses = [hole.address(), hole.address(), server.address];
    let target = request.target().unwrap();
    assert_eq!(outcome(request.send_to(&target, &addresses, PATIENT)), "body ok");
    let outcome = outcome(request.send_to(&target, &[hole.address(), hole.address()], HASTY));
    assert_eq!(outcome, "no answer within the time limit");
}

/// A place that answers no attempt to connect, as one behind a firewall does: its queue is full.
#[cfg(target_os = "linux")]
struct Hole {
    listener: socket2::Socket,
    _waiting: Vec<TcpStream>,
}

#[cfg(target_os = "linux")]
impl Hole {
    fn dig() -> Self {
        let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let waiting = std::iter::from_fn(|| TcpStream::connect_timeout(&address, HASTY).ok()).collect();
        Self { listener, _waiting: waiting }
    }

    fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap().as_socket().unwrap()
    }
}

#[test]
fn the_zone_of_an_address_stays_here() {
    let server = Server::start("[::1]:0", |stream| drop(stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")));
    let url = format!("http://[::1%1]:{}/", server.address.port());
    assert_eq!(outcome(Request::get(&url).send(PATIENT)), "body ");
    let request = String::from_utf8(server.thread.join().unwrap()).unwrap();
    assert!(request.contains(&format!("\r\nHost: [::1]:{}\r\n", server.address.port())), "{request}");
}

#[test]
fn garbage_is_an_error() {
    let mut random = fastrand::Rng::with_seed(7);
    let noise: Vec<u8> = (0..60_000).map(|_| random.u8(..)).collect();
    let long_header = format!("HTTP/1.1 200 OK\r\nX-Long: {}", "x".repeat(60_000));
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(1_000));
    let cases: [(Vec<u8>, &str); 7] = [
        (Vec::new(), "the connection failed"),
        (b"HTTP/1.1 200".to_vec(), "the connection failed"),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "the answer is not HTTP"),
        (b"HTTP/1.1 abc OK\r\n\r\n".to_vec(), "the answer is not HTTP"),
        (noise, "the answer is not HTTP"),
        (long_header.into_bytes(), "the answer is too long"),
        (many_headers.into_bytes(), "the answer is not HTTP"),
    ];
    for (answer, expected) in cases {
        assert_eq!(outcome(Server::answering(answer).get(PATIENT)), expected);
    }
}

/// Cut anywhere, garbled anywhere: an answer or an error, and no panic.
#[test]
fn no_mutation_of_an_answer_is_fatal() {
    let answers = [
        &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"[..],
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..],
    ];
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..100_000 {
        let mut answer = answers[random.usize(..answers.len())].to_vec();
        answer.truncate(random.usize(..=answer.len()));
        for _ in 0..random.usize(..4) {
            if !answer.is_empty() {
                let place = random.usize(..answer.len());
                answer[place] = random.u8(..);
            }
        }
        let mut rest = answer.as_slice();
        let step = random.usize(1..20);
        let _ = answer::read(|buffer| Ok(rest.read(&mut buffer[..step])?));
    }
}

#[test]
fn an_endless_answer_is_given_up() {
    for head in ["", "Transfer-Encoding: chunked\r\n\r\n", "\r\n"] {
        let server = Server::start("127.0.0.1:0", move |stream| {
            let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}").as_bytes());
            let endless: &[u8] = if head.starts_with('T') { b"1\r\nx\r\n" } else { b"X: xxxxxxxxxx" };
            let _ = (0..100_000).try_for_each(|_| stream.write_all(&endless.repeat(1_000)));
        });
        assert_eq!(outcome(server.get(PATIENT)), "the answer is too long", "{head:?}");
    }
}

/// A drop now and then keeps a time limit for each read from ever being reached.
#[test]
fn a_slow_answer_ends_at_the_deadline() {
    let silence: fn(&mut TcpStream) = |stream| drop(stream.read(&mut [0]));
    let drip: fn(&mut TcpStream) = |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let _ = (0..10_000).try_for_each(|_| {
            let _ = stream.read(&mut [0]);
            stream.write_all(b"x")
        });
    };
    for (name, reply) in [("silence", silence), ("drip", drip)] {
        let server = Server::start("127.0.0.1:0", reply);
        let begin = Instant::now();
        assert_eq!(outcome(server.get(HASTY)), "no answer within the time limit", "{name}");
        assert!(begin.elapsed() >= HASTY, "{name}: {:?}", begin.elapsed());
    }
}

#[test]
fn a_server_that_does_not_read_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let body = vec![b'x'; 64 << 20];
    assert_eq!(outcome(Request::post(&url, &body).send(HASTY)), "no answer within the time limit");
}

#[test]
fn nobody_there_is_an_error_at_once() {
    let closed = test_support::ClosedPort::hold();
    let url = format!("http://{closed}/");
    assert_eq!(outcome(Request::get(&url).send(PATIENT)), "the connection failed");
}

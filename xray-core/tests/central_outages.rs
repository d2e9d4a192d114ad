//! A daemon that is absent, slow, broken or hostile: the program never notices, and the log has one line.

#![allow(clippy::unwrap_used)] // as in tests

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use test_support::{ClosedPort, Fixture};
use tracing_subscriber::fmt::MakeWriter;
use xray_core::sampling::SamplingRequest;
use xray_core::{Environment, Recorder};

const PATIENT: Duration = Duration::from_secs(20);

/// The lines of the whole process: it is the background thread that writes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn take(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

type Reply = fn(&mut TcpStream);

/// A daemon that replies as the case says, and tells when a connection is over.
fn start(reply: Reply) -> (SocketAddr, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (over, is_over) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            reply(&mut stream);
            if over.send(()).is_err() {
                return;
            }
        }
    });
    (address, is_over)
}

fn answer(stream: &mut TcpStream, status: &str, body: &str) {
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
}

/// All fields are there, and all are null; one that lacks any is a case of the unit tests.
const NULL_RULES: &str = r#"{"SamplingRuleRecords": [null, {}, {"SamplingRule": null}, {"SamplingRule": {}},
    {"SamplingRule": {"RuleName": null, "Version": null, "FixedRate": null, "ReservoirSize": null, "Priority": null}},
    {"SamplingRule": {"RuleName": "Default", "Version": 1}}]}"#;

/// As the service writes it, and a line of somebody who would like to forge one of the log.
const MISSING_RIGHT: &str = r#"{"message":"User: arn:aws:iam::123456789012:user/shop is not authorized to perform: xray:GetSamplingRules\n2026 ERROR forged \u001b[31m"}"#;

#[test]
fn the_program_never_notices() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_max_level(tracing::Level::WARN).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let cases: [(&str, Option<Reply>, &str); 10] = [
        ("absent", None, "refused"),
        ("slow", Some(|stream| drop(stream.read_to_end(&mut Vec::new()))), "no answer within the time limit"),
        ("500", Some(|stream| answer(stream, "500 Internal Server Error", "{}")), "status 500"),
        (
            "a right is missing",
            Some(|stream| answer(stream, "403 Forbidden", MISSING_RIGHT)),
            "status 403: User: arn:aws:iam::123456789012:user/shop is not authorized to perform: xray:GetSamplingRules",
        ),
        (
            "announced",
            Some(|stream| {
                let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n");
                answer(stream, "200 OK", NULL_RULES);
            }),
            "",
        ),
        ("garbage", Some(|stream| drop(stream.write_all(&[0xff; 3_000]))), "not HTTP"),
        ("no JSON", Some(|stream| answer(stream, "200 OK", "<html>")), "not JSON"),
        (
            "endless",
            Some(|stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                let _ = (0..10_000).try_for_each(|_| stream.write_all(&[b' '; 65_536]));
            }),
            "too long",
        ),
        ("no rules", Some(|stream| answer(stream, "200 OK", "{}")), "no SamplingRuleRecords"),
        ("null rules", Some(|stream| answer(stream, "200 OK", NULL_RULES)), ""),
    ];
    for (name, reply, expected) in cases {
        let nobody = ClosedPort::hold();
        let (tcp, is_over) = match reply {
            Some(reply) => start(reply),
            None => (nobody.address(), mpsc::channel().1),
        };
        let fixture = Fixture::start();
        let address = format!("udp:{} tcp:{tcp}", fixture.address()).parse().unwrap();
        let builder = fixture.reached_by(Recorder::builder().environment(Environment::empty())).daemon_address(address);
        let recorder = fixture.another(|_| builder.build().unwrap());
        let decide =
            || recorder.segment("shop").sampling_request(SamplingRequest::new().path("/")).begin().is_recording();
        assert!(decide(), "{name}: the first request of a second is sampled by the fallback");
        // Who had waited would have been told that there is no answer.
        assert!(name != "slow" || log.take().is_empty(), "nobody waits for the daemon");
        if reply.is_some() {
            is_over.recv_timeout(PATIENT).unwrap();
        }
        let mut lines = log.take();
        test_support::wait_until("the failure is in the log", || {
            lines.extend(log.take());
            expected.is_empty() || !lines.is_empty()
        });
        // And so it goes on.
        let sampled = (0..2_000).filter(|_| decide()).count();
        assert!((1..400).contains(&sampled), "{name}: {sampled} of 2,000");
        fixture.wait_for(1 + sampled);
        lines.extend(log.take());
        assert_eq!(lines.len(), usize::from(!expected.is_empty()), "{name}: {lines:?}");
        assert!(lines.iter().all(|line| line.contains(expected)), "{name}: {lines:?}");
        drop(recorder);
    }
}

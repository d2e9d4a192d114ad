//! Sockets that do as the test says, and count.

use std::collections::VecDeque;
use std::io;
use std::sync::Mutex;

use super::*;
use crate::emitter::network::{MESSAGE_TOO_LONG, NO_BUFFER_SPACE, Socket};

/// What a call to `send` or `take_failure` gives. Calls beyond the script succeed.
#[derive(Debug, Clone, Copy)]
enum Step {
    Sent,
    /// Sent, and known to be refused right afterwards.
    SentAndRefused,
    Refused,
    Kind(io::ErrorKind),
    Code(i32),
}

#[derive(Debug, Default)]
struct Script {
    steps: VecDeque<Step>,
    pending: bool,
    sends: usize,
    connects: usize,
    no_way: bool,
    place: u32,
}

#[derive(Debug, Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

impl Network for Scripted {
    fn resolve(&self, _host: &str, _port: u16) -> io::Result<Vec<SocketAddr>> {
        unreachable!("the address is no name")
    }

    fn is_there(&self, _: SocketAddr) -> bool {
        true
    }

    fn connect(&self, _peer: SocketAddr) -> io::Result<Box<dyn Socket>> {
        let mut script = self.0.lock().unwrap();
        script.connects += 1;
        if script.no_way { Err(io::ErrorKind::NetworkUnreachable.into()) } else { Ok(Box::new(self.clone())) }
    }

    fn spawn(&self, _job: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        unreachable!("nothing is resolved")
    }

    fn place(&self) -> u32 {
        self.0.lock().unwrap().place
    }
}

impl Socket for Scripted {
    fn send(&self, _datagram: &[u8]) -> Result<(), Failure> {
        let mut script = self.0.lock().unwrap();
        script.sends += 1;
        match script.steps.pop_front().unwrap_or(Step::Sent) {
            Step::Sent => Ok(()),
            Step::SentAndRefused => {
                script.pending = true;
                Ok(())
            }
            Step::Refused => Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
            Step::Kind(kind) => Err(io::Error::from(kind).into()),
            Step::Code(code) => Err(io::Error::from_raw_os_error(code).into()),
        }
    }

    fn take_failure(&self) -> Option<Failure> {
        std::mem::take(&mut self.0.lock().unwrap().pending).then_some(Failure::Refused)
    }
}

impl Scripted {
    fn set(&self, steps: &[Step]) {
        let mut script = self.0.lock().unwrap();
        assert!(script.steps.is_empty(), "not played: {:?}", script.steps);
        script.steps.extend(steps);
        script.sends = 0;
        script.connects = 0;
    }

    fn sends_and_connects(&self) -> (usize, usize) {
        let script = self.0.lock().unwrap();
        (script.sends, script.connects)
    }

    fn emitter(&self) -> UdpEmitter {
        let address = DaemonAddress::default();
        UdpEmitter::with(address.udp(), Arc::new(self.clone()), Clock::manual(Duration::ZERO), Duration::ZERO)
    }
}

fn outcome(result: Result<(), EmitError>) -> &'static str {
    match result {
        Ok(()) => "sent",
        Err(EmitError::TooLarge { .. }) => "too large",
        Err(EmitError::SocketFull) => "socket full",
        Err(EmitError::Refused) => "refused",
        Err(EmitError::Io(_)) => "io",
    }
}

/// The socket of a snapshot is bound to a network that is gone when it is restored.
#[test]
fn in_another_place_there_is_another_socket() {
    let network = Scripted::default();
    let emitter = network.emitter();
    network.set(&[]);
    emit(&emitter, "{}").unwrap();
    assert_eq!(network.sends_and_connects(), (1, 0));
    network.0.lock().unwrap().place += 1;
    emit(&emitter, "{}").unwrap();
    emit(&emitter, "{}").unwrap();
    assert_eq!(network.sends_and_connects(), (3, 1));
    let mut script = network.0.lock().unwrap();
    (script.place, script.no_way) = (7, true);
    drop(script);
    emit(&emitter, "{}").unwrap();
    assert_eq!(network.sends_and_connects(), (4, 2), "the old one is better than none");
}

#[test]
fn each_failure_has_its_remedy_and_its_name() {
    use Step::*;
    let cases: [(&[Step], &str, usize, usize); 12] = [
        (&[Sent], "sent", 1, 0),
        // A refusal is about an earlier document, and this one was not sent.
        (&[Refused, Sent], "sent", 2, 0),
        (&[Refused, Refused], "refused", 2, 0),
        (&[Refused, SentAndRefused], "refused", 2, 0),
        (&[Kind(io::ErrorKind::WouldBlock)], "socket full", 1, 0),
        (&[Code(NO_BUFFER_SPACE)], "socket full", 1, 0),
        (&[Code(MESSAGE_TOO_LONG), Code(MESSAGE_TOO_LONG)], "too large", 2, 0),
        // So may be an answer from a router that takes only smaller packets; the system cuts them from then on.
        (&[Code(MESSAGE_TOO_LONG), Sent], "sent", 2, 0),
        (&[Code(MESSAGE_TOO_LONG), Kind(io::ErrorKind::WouldBlock)], "socket full", 2, 0),
        (&[Kind(io::ErrorKind::NetworkDown), Sent], "sent", 2, 1),
        (&[Kind(io::ErrorKind::NetworkDown), Kind(io::ErrorKind::NetworkDown)], "io", 2, 1),
        (&[Refused, Kind(io::ErrorKind::HostUnreachable), Sent], "sent", 3, 1),
    ];
    for (steps, expected, sends, connects) in cases {
        let network = Scripted::default();
        let emitter = network.emitter();
        network.set(steps);
        assert_eq!(outcome(emit(&emitter, "{}")), expected, "{steps:?}");
        assert_eq!(network.sends_and_connects(), (sends, connects), "{steps:?}");
        network.set(&[]);
        network.0.lock().unwrap().pending = false;
        assert_eq!(outcome(emit(&emitter, "{}")), "sent", "after {steps:?}");
        assert_eq!(network.sends_and_connects(), (1, 0), "after {steps:?}");
    }
}

#[test]
fn every_refused_document_but_the_first_is_counted() {
    use Step::*;
    type Document<'a> = (&'a [Step], &'a str);
    let cases: [(&[Document<'_>], &str); 3] = [
        (
            &[
                (&[SentAndRefused], "sent"),
                (&[Refused, SentAndRefused], "refused"),
                (&[SentAndRefused], "refused"),
                (&[SentAndRefused], "refused"),
                (&[Sent], "sent"),
                (&[Sent], "sent"),
            ],
            "the daemon on this machine, where a refusal is known at once",
        ),
        (
            &[
                (&[Sent], "sent"),
                (&[Refused, Sent], "sent"),
                (&[Refused, Sent], "refused"),
                (&[Refused, Sent], "refused"),
                (&[Sent], "sent"),
                (&[Sent], "sent"),
            ],
            "the daemon on another machine, where it arrives before the next document",
        ),
        (
            &[
                (&[Refused, SentAndRefused], "refused"),
                (&[Kind(io::ErrorKind::WouldBlock)], "socket full"),
                (&[SentAndRefused], "refused"),
            ],
            "a full socket, which says nothing about the daemon",
        ),
    ];
    for (documents, place) in cases {
        let network = Scripted::default();
        let emitter = network.emitter();
        for (index, (steps, expected)) in documents.iter().enumerate() {
            network.set(steps);
            network.0.lock().unwrap().pending = false;
            assert_eq!(outcome(emit(&emitter, "{}")), *expected, "document {index}, {place}");
        }
    }
}

#[test]
fn a_network_that_comes_up_late_is_found() {
    let network = Scripted::default();
    network.0.lock().unwrap().no_way = true;
    let emitter = network.emitter();
    assert_eq!(outcome(emit(&emitter, "{}")), "io");
    network.0.lock().unwrap().no_way = false;
    assert_eq!(outcome(emit(&emitter, "{}")), "sent");
    network.set(&[Step::Kind(io::ErrorKind::NetworkDown)]);
    network.0.lock().unwrap().no_way = true;
    assert_eq!(outcome(emit(&emitter, "{}")), "io");
    network.0.lock().unwrap().no_way = false;
    assert_eq!(outcome(emit(&emitter, "{}")), "sent");
}

#[test]
fn a_system_that_takes_less_lowers_the_limit_until_it_fits() {
    let network = Scripted::default();
    let emitter = network.emitter();
    let mut limits = Vec::new();
    for size in [64_000, 60_000, 8_870, 4_435, 2_217, 1_400] {
        network.set(&[Step::Code(MESSAGE_TOO_LONG); 2]);
        match emit(&emitter, &"x".repeat(size)) {
            Err(EmitError::TooLarge { size: reported, limit }) => {
                assert_eq!(reported, size);
                assert_eq!(limit, emitter.max_document_size());
                limits.push(limit);
            }
            other => panic!("{other:?}"),
        }
    }
    // Another thread's document of the old size does not lower it twice.
    assert_eq!(limits, [8_870, 8_870, 4_435, 2_217, 1_400, 1_400]);
}

#[test]
fn a_document_that_no_system_takes_is_not_tried_and_lowers_nothing() {
    let network = Scripted::default();
    let emitter = network.emitter();
    network.set(&[]);
    let largest = MAX_DATAGRAM - HEADER.len();
    assert_eq!(outcome(emit(&emitter, &"x".repeat(largest + 1))), "too large");
    assert_eq!(network.sends_and_connects(), (0, 0));
    assert_eq!(emitter.max_document_size(), 64_000);
    assert_eq!(outcome(emit(&emitter, &"x".repeat(largest))), "sent");
}

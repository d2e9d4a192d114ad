//! Names that mean what the test says, resolved when the test says.

use std::collections::VecDeque;
use std::sync::{Mutex, mpsc};
use std::{fmt, io};

use super::*;
use crate::emitter::network::Socket;

type Job = Box<dyn FnOnce() + Send>;
type Answer = Box<dyn FnOnce() -> io::Result<Vec<SocketAddr>> + Send>;

#[derive(Default)]
struct Names {
    answers: Mutex<VecDeque<Answer>>,
    jobs: Mutex<VecDeque<Job>>,
    connects: AtomicUsize,
    /// Where no machine is, and where somebody has looked for one.
    holes: Mutex<Vec<SocketAddr>>,
    looked_at: Mutex<Vec<SocketAddr>>,
    /// With threads of their own for the jobs.
    threads: bool,
}

impl fmt::Debug for Names {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Names")
    }
}

impl Network for Names {
    fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        assert_eq!((host, port), ("daemon", 2000));
        let answer = self.answers.lock().unwrap().pop_front();
        answer.expect("one lookup too many")()
    }

    fn is_there(&self, peer: SocketAddr) -> bool {
        self.looked_at.lock().unwrap().push(peer);
        !self.holes.lock().unwrap().contains(&peer)
    }

    fn connect(&self, peer: SocketAddr) -> io::Result<Box<dyn Socket>> {
        self.connects.fetch_add(1, Ordering::Relaxed);
        OperatingSystem.connect(peer)
    }

    fn spawn(&self, job: Job) -> io::Result<()> {
        if self.threads {
            return OperatingSystem.spawn(job);
        }
        self.jobs.lock().unwrap().push_back(job);
        Ok(())
    }

    fn place(&self) -> u32 {
        0
    }
}

impl Names {
    fn answer(&self, addresses: &[SocketAddr]) {
        let addresses = addresses.to_vec();
        self.answers.lock().unwrap().push_back(Box::new(move || Ok(addresses)));
    }

    fn waiting(&self) -> usize {
        self.jobs.lock().unwrap().len()
    }

    fn run(&self) {
        let job = self.jobs.lock().unwrap().pop_front();
        job.expect("a lookup should have been started")();
    }

    /// An emitter whose name was resolved once already.
    fn emitter(self: &Arc<Self>, clock: &Clock, addresses: &[SocketAddr]) -> UdpEmitter {
        let emitter = self.unresolved_emitter(clock);
        self.answer(addresses);
        self.run();
        emitter
    }

    fn unresolved_emitter(self: &Arc<Self>, clock: &Clock) -> UdpEmitter {
        let address = daemon_address("daemon:2000");
        UdpEmitter::with(address.udp(), Arc::clone(self) as _, clock.clone(), Duration::ZERO)
    }
}

fn start() -> (Arc<Names>, Clock) {
    (Arc::default(), Clock::manual(Duration::from_secs(1_500_000_000)))
}

#[test]
fn a_daemon_that_moves_is_followed_after_a_minute_without_waiting() {
    let (names, clock) = start();
    let (here, there) = (Daemon::at("127.0.0.1:0"), Daemon::at("[::1]:0"));
    let emitter = names.emitter(&clock, &[here.address()]);

    clock.advance(Duration::from_millis(59_999));
    emit(&emitter, "one").unwrap();
    assert_eq!(names.waiting(), 0);
    clock.advance(Duration::from_millis(1));
    emit(&emitter, "two").unwrap();
    emit(&emitter, "three").unwrap();
    assert_eq!(names.waiting(), 1, "one lookup at a time");
    for json in ["one", "two", "three"] {
        assert_eq!(here.received(), json);
    }

    names.answer(&[there.address()]);
    names.run();
    emit(&emitter, "four").unwrap();
    assert_eq!(there.received(), "four");
    assert_eq!(names.waiting(), 0, "another minute begins");
}

#[test]
fn an_address_that_works_is_kept_while_the_name_has_it() {
    let (names, clock) = start();
    let (here, other) = (Daemon::at("127.0.0.1:0"), Daemon::at("127.0.0.1:0"));
    let emitter = names.emitter(&clock, &[here.address(), other.address()]);
    clock.advance(Duration::from_secs(60));
    emit(&emitter, "one").unwrap();
    names.answer(&[other.address(), here.address()]);
    names.run();
    emit(&emitter, "two").unwrap();
    assert_eq!([here.received(), here.received()], ["one", "two"]);
    assert_eq!(names.connects.load(Ordering::Relaxed), 1, "over the same socket");
}

#[test]
fn a_refusal_makes_the_next_address_be_tried() {
    let (names, clock) = start();
    let there = Daemon::at("127.0.0.1:0");
    let gone = Daemon::at("127.0.0.1:0");
    gone.stop();
    let addresses = [gone.address(), there.address()];
    let emitter = names.emitter(&clock, &addresses);
    refuse(&emitter);
    assert_eq!(names.waiting(), 0, "not before a second has passed");
    clock.advance(Duration::from_secs(1));
    refuse(&emitter);
    assert_eq!(names.waiting(), 1);

    names.answer(&addresses);
    names.run();
    emit(&emitter, "found").unwrap();
    assert_eq!(there.received(), "found");
}

/// A datagram to a machine that is not there is lost, and nobody hears of it: the first address was kept for ever.
#[test]
fn an_address_where_no_machine_is_makes_way_for_one_where_one_is() {
    let (names, clock) = start();
    let (one, two, three) = (Daemon::at("127.0.0.1:0"), Daemon::at("127.0.0.1:0"), Daemon::at("[::1]:0"));
    let addresses = [one.address(), two.address(), three.address()];
    let meanwhile = |holes: &[SocketAddr], daemon: &Daemon, emitter: &UdpEmitter| {
        *names.holes.lock().unwrap() = holes.to_vec();
        clock.advance(Duration::from_secs(60));
        emit(emitter, "starts a lookup").unwrap();
        names.answer(&addresses);
        names.run();
        emit(emitter, "found").unwrap();
        while daemon.received() != "found" {}
    };
    *names.holes.lock().unwrap() = vec![one.address()];
    let emitter = names.emitter(&clock, &addresses);
    emit(&emitter, "found").unwrap();
    assert_eq!(two.received(), "found");
    // One that has come back is of no interest while another one works.
    meanwhile(&[], &two, &emitter);
    meanwhile(&[two.address()], &three, &emitter);
    // Nobody answers anywhere: that may be the fault of a firewall, and says nothing.
    meanwhile(&addresses, &three, &emitter);
    meanwhile(&addresses[1..], &one, &emitter);
    // Where there is no choice, nobody looks.
    names.looked_at.lock().unwrap().clear();
    names.answer(&addresses[..1]);
    clock.advance(Duration::from_secs(60));
    emit(&emitter, "starts a lookup").unwrap();
    names.run();
    assert_eq!(*names.looked_at.lock().unwrap(), []);
}

#[test]
fn a_lookup_that_fails_or_panics_is_tried_again_after_a_second() {
    let (names, clock) = start();
    let daemon = Daemon::at("127.0.0.1:0");
    let emitter = names.unresolved_emitter(&clock);
    let failures: [Answer; 3] =
        [Box::new(|| Err(io::ErrorKind::TimedOut.into())), Box::new(|| panic!("resolver")), Box::new(|| Ok(vec![]))];
    for failure in failures {
        names.answers.lock().unwrap().push_back(failure);
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| names.run()));
        assert!(matches!(emit(&emitter, "lost"), Err(EmitError::Io(_))));
        assert_eq!(names.waiting(), 0);
        clock.advance(Duration::from_secs(1));
        assert!(matches!(emit(&emitter, "lost"), Err(EmitError::Io(_))));
        assert_eq!(names.waiting(), 1);
    }
    names.answer(&[daemon.address()]);
    names.run();
    emit(&emitter, "found").unwrap();
    assert_eq!(daemon.received(), "found");
}

#[test]
fn a_lookup_that_fails_leaves_the_old_address_in_use() {
    let (names, clock) = start();
    let daemon = Daemon::at("127.0.0.1:0");
    let emitter = names.emitter(&clock, &[daemon.address()]);
    clock.advance(Duration::from_secs(60));
    emit(&emitter, "one").unwrap();
    names.answers.lock().unwrap().push_back(Box::new(|| Err(io::ErrorKind::TimedOut.into())));
    names.run();
    emit(&emitter, "two").unwrap();
    assert_eq!([daemon.received(), daemon.received()], ["one", "two"]);
}

#[test]
fn a_thread_that_cannot_be_had_is_asked_for_again() {
    let (names, clock) = start();
    let daemon = Daemon::at("127.0.0.1:0");
    let emitter = names.unresolved_emitter(&clock);
    // What happens to the job when `spawn` fails.
    drop(names.jobs.lock().unwrap().pop_front());
    clock.advance(Duration::from_secs(1));
    assert!(matches!(emit(&emitter, "lost"), Err(EmitError::Io(_))));
    names.answer(&[daemon.address()]);
    names.run();
    emit(&emitter, "found").unwrap();
    assert_eq!(daemon.received(), "found");
}

#[test]
fn a_resolver_that_hangs_delays_no_document() {
    let clock = Clock::manual(Duration::ZERO);
    let names = Arc::new(Names { threads: true, ..Names::default() });
    let daemon = Daemon::at("127.0.0.1:0");
    let address = daemon.address();
    let (asked, when_asked) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let (alive, ended) = mpsc::channel::<()>();
    names.answer(&[address]);
    names.answers.lock().unwrap().push_back(Box::new(move || {
        asked.send(()).unwrap();
        // Until the end of the test: nothing is sent.
        let _ = released.recv();
        drop(alive);
        Ok(vec![])
    }));
    let endpoint = daemon_address("daemon:2000");
    // Long enough for a busy machine; the first answer comes at once.
    let emitter = UdpEmitter::with(endpoint.udp(), Arc::clone(&names) as _, clock.clone(), Duration::from_secs(10));

    clock.advance(Duration::from_secs(60));
    emit(&emitter, "starts a lookup").unwrap();
    when_asked.recv_timeout(Duration::from_secs(10)).unwrap();
    for _ in 0..10 {
        clock.advance(Duration::from_secs(60));
        emit(&emitter, "meanwhile").unwrap();
    }
    assert_eq!(daemon.received(), "starts a lookup");
    for _ in 0..10 {
        assert_eq!(daemon.received(), "meanwhile");
    }
    assert_eq!(ended.try_recv(), Err(mpsc::TryRecvError::Empty), "the resolver still hangs");
    drop(release);
}

#[test]
fn a_resolver_that_hangs_from_the_start_does_not_keep_the_program_from_starting() {
    let (names, clock) = start();
    let emitter = names.unresolved_emitter(&clock);
    clock.advance(Duration::from_secs(3_600));
    match emit(&emitter, "lost") {
        Err(EmitError::Io(error)) => {
            assert_eq!(error.to_string(), "the host name of the daemon is not resolved yet");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(names.waiting(), 1, "the first lookup still runs");
}

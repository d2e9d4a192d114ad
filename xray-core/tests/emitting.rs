//! What becomes of documents when the network or the emitter fails: the program notices nothing, and drops are counted.

#![allow(clippy::unwrap_used)] // as in tests

use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use test_support::{builder, has_ipv6};
use xray_core::emitter::{EmitError, Emitter, SegmentDocument, UdpEmitter};
use xray_core::testing::{Daemon, Documents};
use xray_core::{ContextMissing, Recorder, Stats};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn documents_arrive_over_ipv4_and_ipv6() {
    let mut daemons = vec![Daemon::start().unwrap()];
    if has_ipv6() {
        daemons.push(Daemon::start_v6().unwrap());
    }
    for daemon in daemons {
        let recorder = builder().daemon_address(daemon.address().into()).build().unwrap();
        recorder.begin_segment("shop").end();
        assert_eq!(daemon.wait_for(1, PATIENCE)[0]["name"], "shop");
    }
}

#[test]
fn documents_that_nobody_receives_are_counted() {
    // It takes datagrams of itself alone, and refuses all others.
    let held = UdpSocket::bind("127.0.0.1:0").unwrap();
    held.connect(held.local_addr().unwrap()).unwrap();
    let recorder = builder().daemon_address(held.local_addr().unwrap().into()).build().unwrap();
    for _ in 0..100 {
        recorder.begin_segment("shop").end();
    }
    let stats = recorder.stats();
    assert_eq!(stats.emitted + stats.dropped_refused, 100, "{stats:?}");
    assert_eq!(stats.dropped(), stats.dropped_refused);
    // The first one cannot know.
    #[cfg(target_os = "linux")]
    assert!(stats.dropped_refused >= 98, "{stats:?}");
}

#[test]
fn a_daemon_that_comes_back_receives_documents_again() {
    let first = Daemon::start().unwrap();
    let address = first.address();
    let recorder = builder().daemon_address(first.address().into()).build().unwrap();
    recorder.begin_segment("before").end();
    first.wait_for(1, PATIENCE);
    drop(first);
    for _ in 0..10 {
        recorder.begin_segment("meanwhile").end();
    }
    let second = Daemon::start_on(address).unwrap();
    recorder.begin_segment("after").end();
    let documents = second.wait_for(1, PATIENCE);
    assert_eq!(documents[0]["name"], "after", "the first one after it is back");
    let stats = recorder.stats();
    assert_eq!(stats.emitted + stats.dropped(), 12, "{stats:?}");
}

/// Does as it is told, and keeps what it takes.
#[derive(Debug, Default)]
struct Scripted {
    script: Mutex<Vec<Answer>>,
    taken: Mutex<Vec<Value>>,
    limit: AtomicUsize,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Take,
    SocketFull,
    Refuse,
    Fail,
    Panic,
    TooLargeForGood,
}

#[derive(Clone, Debug)]
struct Shared(Arc<Scripted>);

impl Emitter for Shared {
    fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
        let size = document.json().len();
        // The lock is released before anything panics.
        let answer = self.0.script.lock().unwrap().pop();
        match answer.unwrap_or(Answer::Take) {
            Answer::Take => self.0.taken.lock().unwrap().push(serde_json::from_slice(document.json()).unwrap()),
            Answer::SocketFull => return Err(EmitError::SocketFull),
            Answer::Refuse => return Err(EmitError::Refused),
            Answer::Fail => return Err(EmitError::Io(std::io::Error::other("no network"))),
            Answer::Panic => panic!("in the emitter"),
            Answer::TooLargeForGood => return Err(EmitError::TooLarge { size, limit: size }),
        }
        Ok(())
    }

    fn max_document_size(&self) -> usize {
        self.0.limit.load(Ordering::Relaxed)
    }
}

fn scripted(script: &[Answer]) -> (Recorder, Arc<Scripted>) {
    let scripted = Arc::new(Scripted {
        script: Mutex::new(script.iter().rev().copied().collect()),
        limit: AtomicUsize::new(64_000),
        ..Scripted::default()
    });
    (builder().emitter(Shared(Arc::clone(&scripted))).build().unwrap(), scripted)
}

#[test]
fn every_way_to_fail_is_counted_as_what_it_is() {
    use Answer::{Fail, Panic, Refuse, SocketFull, Take, TooLargeForGood};
    let (recorder, scripted) =
        scripted(&[Fail, Take, SocketFull, SocketFull, Panic, Refuse, Take, Refuse, Refuse, TooLargeForGood, Take]);
    for _ in 0..11 {
        recorder.begin_segment("shop").end();
    }
    let stats = recorder.stats();
    let counted = (stats.emitted, stats.dropped_failed, stats.dropped_socket_full, stats.dropped_refused);
    assert_eq!((counted, stats.dropped_too_large), ((3, 2, 2, 3), 1));
    assert_eq!(stats.dropped(), 8);
    assert_eq!(scripted.taken.lock().unwrap().len(), 3);
}

#[test]
fn a_full_socket_is_counted() {
    let (recorder, _) = scripted(&[Answer::SocketFull; 5]);
    let segment = recorder.begin_segment("shop");
    segment.end();
    assert_eq!((recorder.stats().emitted, recorder.stats().dropped_socket_full), (0, 1));
}

/// The emitter panics while the program does: a second panic that got out would abort the process.
#[test]
fn an_emitter_that_panics_while_the_program_panics_does_not_abort() {
    let (recorder, scripted) = scripted(&[Answer::Panic]);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _first_to_end = (recorder.begin_segment("outer"), recorder.begin_segment("lost")).0;
        panic!("the program's own");
    }));
    assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&"the program's own"));
    assert_eq!((recorder.stats().emitted, recorder.stats().dropped_failed), (1, 1));
    let taken = scripted.taken.lock().unwrap();
    assert_eq!(taken[0]["cause"]["exceptions"][0]["message"], "the program's own");
}

#[test]
fn a_limit_that_panics_is_that_of_the_service() {
    #[derive(Debug)]
    struct NoLimit(Arc<AtomicUsize>);
    impl Emitter for NoLimit {
        fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        fn max_document_size(&self) -> usize {
            panic!("in the emitter")
        }
    }
    let emitted = Arc::new(AtomicUsize::new(0));
    let recorder = builder().emitter(NoLimit(Arc::clone(&emitted))).build().unwrap();
    recorder.begin_segment("shop").end();
    let stats = recorder.stats();
    assert_eq!(stats.emitted + stats.dropped_failed, 1, "{stats:?}");
    assert_eq!(emitted.load(Ordering::Relaxed) as u64, stats.emitted);
}

/// An emitter that lowers its limit when it is asked to send too much, as the system may do with a datagram.
#[test]
fn a_document_that_the_network_does_not_take_is_sent_in_smaller_ones() {
    #[derive(Debug)]
    struct Shrinks(Shared, usize);
    impl Emitter for Shrinks {
        fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
            let size = document.json().len();
            if size > self.1 {
                self.0.0.limit.store(self.1, Ordering::Relaxed);
                return Err(EmitError::TooLarge { size, limit: self.1 });
            }
            self.0.emit(document)
        }
        fn max_document_size(&self) -> usize {
            self.0.max_document_size()
        }
    }
    for limit in [600, 1_400, 8_900] {
        let scripted = Arc::new(Scripted { limit: AtomicUsize::new(64_000), ..Scripted::default() });
        let emitter = Shrinks(Shared(Arc::clone(&scripted)), limit);
        let recorder = builder().emitter(emitter).streaming_threshold(usize::MAX).build().unwrap();
        let segment = recorder.begin_segment("shop");
        for _ in 0..10 {
            let outer = segment.begin_subsegment("outer");
            for _ in 0..9 {
                outer.begin_subsegment("part").put_annotation("key", "x".repeat(200));
            }
        }
        segment.end();
        let taken = scripted.taken.lock().unwrap().clone();
        assert!(taken.iter().all(|document| document.to_string().len() <= limit), "{limit}");
        let stats = recorder.stats();
        assert_eq!((stats.emitted, stats.dropped(), stats.trimmed_values), (taken.len() as u64, 0, 0), "{limit}");
        let trace = taken.into_iter().collect::<Documents>().only_trace();
        assert_eq!(trace.nodes().len(), 101, "{limit}");
        assert_eq!(trace.root().children().iter().map(|outer| outer.children().len()).sum::<usize>(), 90);
    }
}

/// The limit is less than any document has: all are lost, none silently.
#[test]
fn documents_that_cannot_be_small_enough_are_counted() {
    let (recorder, scripted) = scripted(&[]);
    scripted.limit.store(50, Ordering::Relaxed);
    let segment = recorder.begin_segment("shop");
    (0..3).for_each(|_| segment.begin_subsegment("part").put_annotation("a", 1));
    segment.end();
    let stats = recorder.stats();
    assert_eq!((stats.emitted, stats.dropped_too_large), (0, 4), "{stats:?}");
    assert_eq!(stats.trimmed_values, 3);
}

#[test]
fn an_emitter_may_record_a_trace_of_its_own() {
    /// Traces what it sends, but not that.
    #[derive(Debug)]
    struct Traces(Recorder, UdpEmitter);
    impl Emitter for Traces {
        fn emit(&self, document: SegmentDocument<'_>) -> Result<(), EmitError> {
            let segment = self.0.begin_segment("sends").entered();
            drop(xray_core::begin_subsegment("send"));
            segment.put_annotation("size", document.json().len());
            segment.end();
            self.1.emit(document)
        }
    }
    let daemon = Daemon::start().unwrap();
    let own = builder().daemon_address(daemon.address().into()).build().unwrap();
    let recorder = builder().emitter(Traces(own.clone(), UdpEmitter::new(&daemon.address().into()))).build().unwrap();
    recorder.begin_segment("shop").end();
    let documents = daemon.wait_for(2, PATIENCE);
    let size = documents.texts().last().unwrap().len();
    let rendered: Vec<_> = documents.traces().iter().map(|trace| trace.render()).collect();
    assert_eq!(rendered, [format!("sends {{size={size}}}\n└─ send\n"), "shop\n".to_owned()]);
    assert_eq!((own.stats().emitted, recorder.stats().emitted), (1, 1));
}

#[test]
fn what_an_emitter_records_goes_to_the_program_s_segment_neither() {
    /// Asks what is current while it sends.
    #[derive(Debug)]
    struct Looks(Arc<AtomicBool>);
    impl Emitter for Looks {
        fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
            self.0.fetch_or(xray_core::is_sampled(), Ordering::Relaxed);
            drop(xray_core::begin_subsegment("of the emitter"));
            Ok(())
        }
    }
    let recording = Arc::new(AtomicBool::new(false));
    let builder = builder().emitter(Looks(Arc::clone(&recording))).context_missing(ContextMissing::RuntimeError);
    let recorder = builder.streaming_threshold(0).build().unwrap();
    let _scope = recorder.scope();
    let segment = recorder.begin_segment("shop").entered();
    drop(xray_core::begin_subsegment("part"));
    segment.end();
    assert_eq!((recorder.stats().emitted, recording.load(Ordering::Relaxed)), (2, false));
    assert_eq!(recorder.stats().dropped(), 0, "there, no segment is missing");
}

#[test]
fn recorders_do_not_share_their_counts() {
    let (one, _) = scripted(&[Answer::Refuse]);
    let (two, _) = scripted(&[]);
    one.clone().begin_segment("shop").end();
    assert_eq!((one.stats().dropped_refused, two.stats()), (1, Stats::default()));
}

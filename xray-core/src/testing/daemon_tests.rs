use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use test_support::has_ipv6;

use super::Daemon;

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(20);
const TRACE: &str = "1-581cf771-a006649127e371903a2de979";

#[test]
fn documents_arrive_in_order_and_are_counted() {
    let daemon = Daemon::start().unwrap();
    assert!(daemon.documents().is_empty());
    send(&daemon, &document("70de5b6f19ff9a0a", "first"));
    send(&daemon, &document("53995c3f42cd8ad8", "second"));
    let documents = daemon.wait_for(2, LONG);
    assert_eq!(documents.len(), 2);
    assert_eq!(documents.iter().map(|json| json["name"].as_str().unwrap()).collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(documents[1]["name"], "second");
    assert_eq!(documents.texts().next().unwrap(), document("70de5b6f19ff9a0a", "first"));
    assert_eq!(daemon.received(), 2);
    assert_eq!(daemon.violations(), []);
}

#[test]
fn every_kind_of_address_can_be_bound_and_stopped() {
    let mut addresses: Vec<SocketAddr> = vec![(Ipv4Addr::LOCALHOST, 0).into(), (Ipv4Addr::UNSPECIFIED, 0).into()];
    if has_ipv6() {
        addresses.extend([SocketAddr::from((Ipv6Addr::LOCALHOST, 0)), (Ipv6Addr::UNSPECIFIED, 0).into()]);
        assert!(Daemon::start_v6().unwrap().address().is_ipv6());
    }
    for address in addresses {
        let daemon = Daemon::start_on(address).unwrap();
        assert_eq!(daemon.address().ip(), address.ip());
        assert_ne!(daemon.address().port(), 0);
        send(&daemon, &document("70de5b6f19ff9a0a", "checkout"));
        assert_eq!(daemon.wait_for(1, LONG).len(), 1, "{address}");
        let before = Instant::now();
        drop(daemon);
        assert!(before.elapsed() < LONG, "{address}");
    }
}

#[test]
fn the_port_is_free_again_after_drop() {
    // Somebody else may get it before we do; nobody gets ten in a row.
    let is_free_again = (0..10).any(|_| {
        let daemon = Daemon::start().unwrap();
        let address = daemon.address();
        assert!(Daemon::start_on(address).is_err());
        drop(daemon);
        Daemon::start_on(address).is_ok()
    });
    assert!(is_free_again);
}

#[test]
fn a_burst_is_received_whole_while_nobody_reads() {
    let daemon = Daemon::start().unwrap();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    // About what the smallest common receive buffer, of 208 KiB, holds of small datagrams.
    for number in 0..100 {
        let text = framed(&document(&format!("{:016x}", number + 1), "checkout"));
        socket.send_to(&text, daemon.address()).unwrap();
    }
    assert_eq!(daemon.wait_for(100, LONG).len(), 100);
    assert_eq!(daemon.received(), 100);
}

#[test]
fn a_wait_that_runs_out_lists_what_came() {
    let daemon = Daemon::start().unwrap();
    let message = panic_of(|| drop(daemon.wait_for(1, SHORT)));
    assert_eq!(message, "waited 20ms for 1 document, but no document came");
    send(&daemon, &document("70de5b6f19ff9a0a", "checkout"));
    daemon.wait_for(1, LONG);
    let message = panic_of(|| drop(daemon.wait_for(2, SHORT)));
    assert_eq!(message, format!("waited 20ms for 2 documents, but 1 document came:\ntrace {TRACE}\ncheckout\n"));
    let message = panic_of(|| drop(daemon.wait_for_trace("1-0-0", SHORT)));
    assert!(message.starts_with("waited 20ms for a finished segment of trace 1-0-0, but 1"), "{message}");
    assert_eq!(daemon.documents().len(), 1, "a panic leaves the daemon usable");
}

#[test]
fn a_violation_panics_at_once_and_shows_the_document() {
    let daemon = Daemon::start().unwrap();
    let wrong = document("70de5b6f19ff9a0a", "wrong*");
    send(&daemon, &wrong);
    let before = Instant::now();
    let message = panic_of(|| drop(daemon.wait_for(9, LONG)));
    assert!(before.elapsed() < LONG);
    assert_eq!(
        message,
        format!("a document violates the format:\n  /name: '*' is not allowed in a name\nthe document: {wrong}")
    );
    assert_eq!(panic_of(|| drop(daemon.documents())), message);
    assert_eq!(daemon.violations()[0].path(), "/name");
}

#[test]
fn without_validation_anything_is_handed_out() {
    let daemon = Daemon::start().unwrap().without_validation();
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    for datagram in [b"nonsense".as_slice(), b"", b"{\"format\":\"json\",\"version\":1}\n{\"name\":7}"] {
        socket.send_to(datagram, daemon.address()).unwrap();
    }
    let documents = daemon.wait_for(3, LONG);
    assert_eq!(documents.iter().cloned().collect::<Vec<_>>(), [json!(null), json!(null), json!({"name": 7})]);
    assert_eq!(documents.texts().next(), Some("nonsense"));
    assert!(daemon.violations().len() > 3);
    assert_eq!(daemon.received(), 3);
}

/// What a test forgot to ask for was accepted, whatever it was.
#[test]
fn what_nobody_has_asked_for_is_checked_at_the_end() {
    let wrong = document("53995c3f42cd8ad8", "wrong*");
    let sent = |daemon: &Daemon| {
        send(daemon, &document("70de5b6f19ff9a0a", "right"));
        daemon.wait_for(1, LONG);
        // Nobody waits until the thread of the daemon has this.
        send(daemon, &wrong);
    };
    let daemon = Daemon::start().unwrap();
    sent(&daemon);
    let message = panic_of(|| drop(daemon));
    assert_eq!(
        message,
        format!(
            "a document that nobody has asked for violates the format:\n  /name: '*' is not allowed in a name\nthe document: {wrong}"
        )
    );
    let daemon = Daemon::start().unwrap();
    sent(&daemon);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let _daemon = daemon;
        panic!("the test's own");
    }));
    assert_eq!(outcome.unwrap_err().downcast_ref(), Some(&"the test's own"), "and the process was not aborted");
    let daemon = Daemon::start().unwrap().without_validation();
    sent(&daemon);
    drop(daemon);
    let daemon = Daemon::start().unwrap();
    sent(&daemon);
    test_support::wait_until("the violation is there", || !daemon.violations().is_empty());
    drop(daemon);
}

#[test]
fn a_burst_that_nobody_has_asked_for_is_checked_whole() {
    for number in 0..100 {
        let daemon = Daemon::start().unwrap();
        (1..=number).for_each(|number| send(&daemon, &document(&format!("{number:016x}"), "right")));
        send(&daemon, &document("53995c3f42cd8ad8", "wrong*"));
        assert!(panic_of(|| drop(daemon)).contains("wrong*"), "{number}");
    }
}

#[test]
fn waiting_sees_documents_sent_meanwhile() {
    let daemon = Arc::new(Daemon::start().unwrap());
    let waiting = Arc::clone(&daemon);
    let has_second = |name: &str| name == "second";
    let waiters = [
        thread::spawn({
            let daemon = Arc::clone(&waiting);
            move || {
                daemon
                    .wait_until(
                        |documents| documents.iter().any(|json| has_second(json["name"].as_str().unwrap())),
                        LONG,
                    )
                    .len()
            }
        }),
        thread::spawn(move || waiting.wait_for_trace(TRACE, LONG).nodes().len()),
    ];
    send(&daemon, &in_progress("70de5b6f19ff9a0a", "first"));
    send(&daemon, &document("53995c3f42cd8ad8", "second"));
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap(), 2);
    }
}

fn send(daemon: &Daemon, document: &str) {
    let mut address = daemon.address();
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    let local: SocketAddr =
        if address.is_ipv4() { (Ipv4Addr::LOCALHOST, 0).into() } else { (Ipv6Addr::LOCALHOST, 0).into() };
    UdpSocket::bind(local).unwrap().send_to(&framed(document), address).unwrap();
}

fn framed(document: &str) -> Vec<u8> {
    format!("{{\"format\":\"json\",\"version\":1}}\n{document}").into_bytes()
}

fn document(id: &str, name: &str) -> String {
    format!(
        r#"{{"trace_id":"{TRACE}","id":"{id}","name":"{name}","start_time":1478293361.25,"end_time":1478293361.5}}"#
    )
}

fn in_progress(id: &str, name: &str) -> String {
    format!(r#"{{"trace_id":"{TRACE}","id":"{id}","name":"{name}","start_time":1478293361.25,"in_progress":true}}"#)
}

fn panic_of(action: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(action)).expect_err("no panic");
    payload.downcast_ref::<String>().expect("a formatted message").clone()
}

use super::*;

#[test]
fn a_document_arrives_over_ipv4_ipv6_and_by_name() {
    for (bind, host) in [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "[::1]"), ("127.0.0.1:0", "localhost")] {
        let daemon = Daemon::at(bind);
        let emitter = UdpEmitter::new(&daemon_address(format!("{host}:{}", daemon.address().port())));
        for json in ["{}", r#"{"name":"福"}"#] {
            emit(&emitter, json).unwrap();
            assert_eq!(daemon.received(), json, "{host}");
        }
    }
}

#[test]
fn the_largest_document_that_is_allowed_arrives() {
    let daemon = Daemon::at("127.0.0.1:0");
    let emitter = UdpEmitter::new(&daemon_address(daemon.address()));
    let json = "x".repeat(emitter.max_document_size());
    emit(&emitter, &json).unwrap();
    assert_eq!(daemon.received(), json);
}

#[test]
fn without_a_daemon_documents_are_reported_as_refused() {
    for bind in ["127.0.0.1:0", "[::1]:0"] {
        let nobody = Daemon::at(bind);
        nobody.stop();
        let emitter = UdpEmitter::new(&daemon_address(nobody.address()));
        let refused = (0..100).filter(|_| matches!(emit(&emitter, "{}"), Err(EmitError::Refused))).count();
        // The first is lost unnoticed, and on a busy machine the second.
        assert!(refused >= 90, "{refused} of 100 at {bind}");
    }
}

#[test]
fn a_daemon_that_comes_back_receives_the_very_next_document() {
    let daemon = Daemon::at("127.0.0.1:0");
    let emitter = UdpEmitter::new(&daemon_address(daemon.address()));
    emit(&emitter, "before").unwrap();
    let sender = daemon.0.peek_from(&mut [0; 65_536]).unwrap().1;
    assert_eq!(daemon.received(), "before");

    daemon.stop();
    refuse(&emitter);
    daemon.listen_to(sender);
    // A busy machine may count this one for an earlier one that was refused.
    let _ = emit(&emitter, "after");
    assert_eq!(daemon.received(), "after");
    emit(&emitter, "later").unwrap();
    assert_eq!(daemon.received(), "later");
}

//! A daemon that is not there, or not itself.

use std::io;
use std::sync::Mutex;

use tracing::subscriber;

use super::*;

#[test]
fn after_a_failure_the_rules_are_fetched_sooner_then_less_and_less_often() {
    let mut client = Client::start([rule("r", json!({}))]);
    client.service.set_failing(true);
    let mut fetched = Vec::new();
    for second in 1..=1_500 {
        let before = client.rule_calls();
        client.pass(1);
        if client.rule_calls() > before {
            fetched.push(second);
        }
    }
    let pauses: Vec<_> = fetched.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (pause, expected) in pauses.iter().zip([10, 20, 40, 80, 160, 300, 300]) {
        assert!((expected..=expected + expected / 10 + 1).contains(pause), "{pauses:?}");
    }
    assert!(pauses.len() >= 6, "{pauses:?}");
    client.service.set_failing(false);
    client.pass(331);
    client.service.set_failing(true);
    let before = client.rule_calls();
    client.pass(301);
    client.pass(12);
    assert_eq!(client.rule_calls(), before + 2, "a success begins anew");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// The lines that `work` writes.
    fn of(work: impl FnOnce()) -> Vec<String> {
        let log = Self::default();
        let writer = log.clone();
        let layer = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_ansi(false);
        subscriber::with_default(layer.with_writer(move || writer.clone()).finish(), work);
        let bytes = std::mem::take(&mut *log.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Both calls fail, each again and again, and after an hour the rules are too old as well.
#[test]
fn an_outage_is_one_line_however_long_it_lasts() {
    let mut client = Client::start([rule("r", json!({}))]);
    let mut pass_two_hours = |is_failing: bool| {
        client.service.set_failing(is_failing);
        for _ in 0..720 {
            let _ = client.path("/");
            client.pass(10);
        }
        client.path("/").is_some()
    };
    let lines = Log::of(|| {
        assert!(pass_two_hours(false));
        assert!(!pass_two_hours(true), "the local rules decide");
    });
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("status 500") && lines[0].contains("then the local ones"), "{lines:#?}");
    // A second outage is told of again.
    let lines = Log::of(|| {
        assert!(pass_two_hours(false));
        assert!(!pass_two_hours(true));
    });
    assert_eq!(lines.len(), 1, "{lines:#?}");
}

#[test]
fn a_call_that_works_does_not_make_the_other_one_speak_again() {
    let mut client = Client::start([rule("r", json!({}))]);
    client.service.set_targets(|_| json!({}));
    let lines = Log::of(|| {
        for _ in 0..200 {
            assert!(client.path("/").is_some());
            client.pass(10);
        }
    });
    assert!(client.rule_calls() > 5);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("no SamplingTargetDocuments"), "{lines:#?}");
}

/// The machine has slept: nothing has failed.
#[test]
fn rules_that_have_grown_old_are_told_of_once() {
    let client = Client::start([rule("r", json!({}))]);
    let lines = Log::of(|| {
        client.clock.advance(Duration::from_secs(3_601));
        (0..5).for_each(|_| assert!(client.path("/").is_none()));
    });
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("older than an hour"), "{lines:#?}");
}

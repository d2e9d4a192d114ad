//! §4.4 on one account: conformance rows 51 to 59 of the protocol reference.

use super::counts;
use crate::sampling::central::account::{Account, Statistics, Target};

fn account(rate: f64) -> Account {
    let account = Account::new("rule");
    account.set_rate(rate);
    account
}

fn target(rate: f64, quota: Option<u64>, expires_at: Option<u64>, interval: Option<u64>) -> Target {
    Target { rule_name: "rule".into(), rate, quota, expires_at, interval, boost: None }
}

const NOW: u64 = 1_500_000_000;

#[test]
fn a_report_is_due_after_the_interval_if_there_were_requests() {
    let account = account(0.0);
    account.follow(&target(0.0, None, None, Some(10)), NOW);
    assert!(!account.is_due(NOW + 10), "without requests never");
    for _ in 0..5 {
        assert!(!account.decide(NOW, false, || 0.5));
    }
    assert!(account.is_due(NOW + 10));
    assert!(!account.is_due(NOW + 9));
    assert!(account.is_due(NOW - 1), "the clock was set back");
}

#[test]
fn the_quota_is_used_before_chance_decides() {
    let account = account(0.0);
    account.follow(&target(0.0, Some(10), Some(NOW + 60), None), NOW);
    assert!(account.decide(NOW, true, || unreachable!("there is quota left")));
    assert_eq!(account.take_statistics(), counts(1, 1, 0));

    // Nine more in this second, ten in the next, and so on.
    for (second, expected) in [(NOW, 9), (NOW + 1, 10), (NOW + 1, 0), (NOW + 7, 10)] {
        assert_eq!((0..20).filter(|_| account.decide(second, true, || 0.5)).count(), expected, "{second}");
    }
    assert_eq!(account.take_statistics(), counts(80, 29, 0));
    assert_eq!(account.take_statistics(), Statistics::default());
}

#[test]
fn without_a_valid_quota_one_a_second_is_borrowed() {
    // Capacity, and the requests in each second that are sampled.
    for (has_reservoir, expected) in [(true, [1, 1, 1]), (false, [0, 0, 0])] {
        let account = account(0.0);
        for (second, expected) in (NOW..).zip(expected) {
            assert_eq!((0..3).filter(|_| account.decide(second, has_reservoir, || 0.5)).count(), expected);
        }
        let borrowed = expected.iter().sum::<usize>() as u64;
        assert_eq!(account.take_statistics(), counts(9, 0, borrowed));
    }
}

#[test]
fn a_quota_is_valid_up_to_and_including_its_last_second() {
    let account = account(0.0);
    account.follow(&target(0.0, Some(0), Some(NOW), None), NOW - 10);
    assert!(!account.decide(NOW, true, || 0.5), "a quota of 0 is a quota");
    assert!(account.decide(NOW + 1, true, || 0.5), "borrowed");
    assert_eq!(account.take_statistics(), counts(2, 0, 1));
}

#[test]
fn what_a_target_leaves_out_stays_as_it_was() {
    let account = account(0.0);
    account.follow(&target(0.0, Some(2), None, None), NOW);
    // A quota without an end is none.
    assert!(account.decide(NOW, true, || 0.5));
    assert_eq!(account.take_statistics().borrowed, 1);
    account.follow(&target(0.0, None, Some(NOW + 60), Some(20)), NOW);
    assert_eq!((0..5).filter(|_| account.decide(NOW + 1, true, || 0.5)).count(), 2);
    account.follow(&target(1.0, None, None, None), NOW);
    assert_eq!((0..5).filter(|_| account.decide(NOW + 2, true, || 0.5)).count(), 5);
    assert_eq!(account.due_in(NOW), 20);
    assert_eq!(account.due_in(NOW + 15), 5);
    assert_eq!(account.due_in(NOW + 25), 20);
}

#[test]
fn a_quota_that_ends_within_a_second_leaves_its_borrowing_to_the_second() {
    let account = account(0.0);
    account.follow(&target(0.0, Some(3), Some(NOW), None), NOW);
    assert_eq!((0..5).filter(|_| account.decide(NOW, true, || 0.5)).count(), 3);
    account.follow(&target(0.0, None, Some(NOW - 1), None), NOW);
    assert_eq!((0..5).filter(|_| account.decide(NOW, true, || 0.5)).count(), 1);
    assert_eq!(account.take_statistics(), counts(10, 3, 1));
}

#[test]
fn chance_is_compared_strictly() {
    for (rate, random, expected) in
        [(0.5, 0.2, true), (0.2, 0.4, false), (0.0, 0.0, false), (0.5, 0.5, false), (1.0, 1.0 - f64::EPSILON, true)]
    {
        let account = account(rate);
        assert_eq!(account.decide(NOW, false, || random), expected, "rate {rate}, random {random}");
        assert_eq!(account.take_statistics().sampled, u64::from(expected));
    }
}

#[test]
fn a_clock_that_jumps_closes_no_reservoir_and_a_late_thread_opens_none() {
    let account = account(0.0);
    let sampled = |second| account.decide(second, true, || 0.5);
    assert!(sampled(NOW));
    assert!(!sampled(NOW - 1), "a thread that read the clock a moment before the others");
    assert!(!sampled(NOW));
    assert!(sampled(NOW - 3_600), "the clock was set back by an hour");
    assert!(!sampled(NOW - 3_600));
    assert!(sampled(NOW));
}

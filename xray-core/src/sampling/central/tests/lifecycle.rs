//! The background thread: when it begins, and that it ends.

use std::sync::Weak;
use std::sync::atomic::Ordering;

use super::*;
use crate::emitter::DaemonAddress;
use crate::sampling::{CentralSampler, FixedSampler, Sampler as _, SamplerSetting};

const PATIENT: Duration = Duration::from_secs(20);

fn sampler(service: &SamplingService, clock: &Clock) -> CentralSampler {
    let sampler = CentralSampler::builder().fallback(FixedSampler::ALL).build();
    let daemon_address: DaemonAddress = service.address().into();
    sampler.configure(&SamplerSetting { daemon_address: &daemon_address, clock, adaptive: None });
    sampler
}

fn wait_until_gone<T>(weak: &Weak<T>) {
    test_support::wait_until("the thread has ended", || weak.strong_count() == 0);
}

fn has_rule_calls(count: usize) -> impl Fn(&[SamplingCall]) -> bool {
    move |calls| calls.iter().filter(|call| call.path == "/GetSamplingRules").count() >= count
}

#[test]
fn the_thread_begins_with_the_first_decision_and_ends_with_the_sampler() {
    let service = SamplingService::start().unwrap();
    service.set_rules([rule("Default", json!({}))]);
    let clock = Clock::manual(Duration::from_secs(BEGIN));
    let sampler = sampler(&service, &clock);
    assert_eq!(Arc::strong_count(&sampler.keeper.signal), 1, "no decision, no thread");

    assert!(sampler.should_sample(&SamplingRequest::new()).is_sampled(), "the fallback decides until rules arrive");
    service.wait_until(has_rule_calls(1), PATIENT);
    let rules_are_there = || !sampler.should_sample(&SamplingRequest::new()).is_sampled();
    test_support::wait_until("the rules are there", rules_are_there);
    assert_eq!(service.calls().len(), 1, "one thread, one call");

    let (shared, signal) = (Arc::downgrade(&sampler.shared), Arc::downgrade(&sampler.keeper.signal));
    drop(sampler);
    wait_until_gone(&signal);
    wait_until_gone(&shared);
}

#[test]
fn a_sampler_without_a_decision_calls_nobody() {
    let service = SamplingService::start().unwrap();
    let clock = Clock::manual(Duration::from_secs(BEGIN));
    let weak = Arc::downgrade(&sampler(&service, &clock).shared);
    assert_eq!(weak.strong_count(), 0);
    assert_eq!(service.calls(), []);
}

/// Python's threads do not come back after a fork, and the rules of a worker grow old.
#[test]
fn the_child_of_a_fork_has_a_thread_of_its_own_and_does_not_report_its_parent_s_counts() {
    let service = SamplingService::start().unwrap();
    service.set_rules([rule("Default", json!({}))]);
    let clock = Clock::manual(Duration::from_secs(BEGIN));
    let sampler = sampler(&service, &clock);
    let decide = || sampler.should_sample(&SamplingRequest::new());
    test_support::wait_until("the rules are there", || !decide().is_sampled());
    let requests = || sampler.shared.read().accounts().next().unwrap().take_statistics().requests;
    (0..5).for_each(|_| drop(decide()));
    // What a child sees: the number that its parent has left there, and no thread.
    sampler.keeper.process.store(std::process::id() + 1, Ordering::Relaxed);
    (0..5).for_each(|_| drop(decide()));
    assert_eq!(service.calls().len(), 1, "it is noticed in the next second");
    clock.advance(Duration::from_secs(1));
    drop(decide());
    assert_eq!(requests(), 1);
    service.wait_until(has_rule_calls(2), PATIENT);
}

/// A sampler of one's own recorder may come without one.
#[test]
fn a_sampler_that_no_recorder_has_configured_decides() {
    assert!(CentralSampler::default().should_sample(&SamplingRequest::new()).is_sampled());
}

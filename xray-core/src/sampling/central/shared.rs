//! What decisions and the background thread share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::rules::RuleSet;
use crate::clock::Clock;
use crate::emitter::DaemonAddress;
use crate::notice::Notice;
use crate::sampling::adaptive::{AdaptiveConfig, Anomalies};
use crate::sampling::{SamplingDecision, SamplingRequest};

#[derive(Debug, Default)]
pub(super) struct Shared {
    setting: OnceLock<Setting>,
    rules: RwLock<RuleSet>,
    /// Whether it was said that the rules are too old.
    told_old: AtomicBool,
    /// Whether it was said that the daemon does not answer, and what follows from that.
    told_outage: AtomicBool,
}

/// Where the daemon is, what time it is, and what an anomaly is.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) daemon_address: DaemonAddress,
    pub(super) clock: Clock,
    pub(super) anomalies: Arc<Anomalies>,
}

impl Setting {
    pub(super) fn new(daemon_address: DaemonAddress, clock: Clock, config: Option<Arc<AdaptiveConfig>>) -> Self {
        let anomalies = Arc::new(Anomalies::new(config, clock.clone()));
        Self { daemon_address, clock, anomalies }
    }
}

impl Shared {
    pub(super) fn setting(&self) -> &Setting {
        self.setting.get_or_init(|| Setting::new(DaemonAddress::default(), Clock::system(), None))
    }

    /// The first setting counts.
    pub(super) fn set(&self, setting: Setting) {
        let _ = self.setting.set(setting);
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, RuleSet> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, RuleSet> {
        self.rules.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The decision of the rules; none if there are no rules, or only old ones, or none that matches.
    #[inline]
    pub(super) fn decide(&self, request: &SamplingRequest<'_>, now: u64) -> Option<SamplingDecision> {
        // Held for the whole decision: who takes the write lock knows that nobody counts.
        let rules = self.read();
        if !rules.is_fresh(now) {
            let is_empty = rules.is_empty();
            drop(rules);
            if !is_empty {
                self.tell_old();
            }
            return None;
        }
        let rule = rules.find(request)?;
        let decision = if rule.decide(now) { SamplingDecision::sampled() } else { SamplingDecision::not_sampled() };
        Some(decision.with_rule_name(Arc::clone(rule.account.name())).with_watch(rule.watch.clone()))
    }

    /// A decision that was taken upstream, or here, of a trace whose rule upstream has this key: that rule's traces are
    /// what is watched.
    pub(super) fn follow(&self, decision: SamplingDecision, key: &str) -> SamplingDecision {
        decision.with_watch(self.read().watch_of(key).cloned())
    }

    /// Says whether the log tells of an outage that goes on.
    pub(super) fn set_outage(&self, is_told: bool) {
        self.told_outage.store(is_told, Ordering::Relaxed);
    }

    /// The rules grow old without an outage where the machine has slept.
    #[cold]
    fn tell_old(&self) {
        if !self.told_outage.load(Ordering::Relaxed) && !self.told_old.swap(true, Ordering::Relaxed) {
            Notice::RulesTooOld {}.log();
        }
    }

    pub(super) fn rules_are_new(&self) {
        self.told_old.store(false, Ordering::Relaxed);
    }

    /// Forgets what a process has counted of which this one is a copy, and which reports it itself.
    pub(super) fn forget_counts(&self) {
        for account in self.write().accounts() {
            account.take_statistics();
        }
    }
}

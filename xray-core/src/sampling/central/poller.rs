//! What the background thread does: it fetches rules, reports what was decided, and follows the answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::account::{Account, Statistics};
use super::api::{Api, ApiError, MOST_STATISTICS, Report, Targets};
use super::rules::{Definition, RuleSet};
use super::shared::Shared;
use crate::notice::Notice;
use crate::random::{client_id, seed_generation};

/// From one fetch of the rules to the next, less a part of the second that spreads the clients.
const RULES_PERIOD: Duration = Duration::from_secs(300);
const RULES_JITTER: Duration = Duration::from_secs(5);
/// From a fetch that failed to the next; doubled each time, up to the period.
const RETRY: Duration = Duration::from_secs(10);
/// From one look at what is to be reported to the next, at most and at least, and a bit more that spreads the clients.
const TARGETS_PERIOD: Duration = Duration::from_secs(10);
const TARGETS_MINIMUM: Duration = Duration::from_secs(1);
const TARGETS_JITTER: Duration = Duration::from_millis(100);
/// How many rules that are gone are remembered because of what was not reported yet.
const MOST_RETIRED: usize = 1_000;

/// The state of the background thread. Times are of the monotonic clock.
#[derive(Debug)]
pub(super) struct Poller {
    api: Api,
    client: String,
    seed: u32,
    next_rules: Duration,
    next_targets: Duration,
    retry: Duration,
    /// When the rules that are obeyed were fetched, in epoch seconds.
    pub(super) fetched_at: u64,
    /// The last change of the rules that was heard of.
    modification: f64,
    /// Rules that are gone, and have counts that were not reported.
    retired: Vec<Arc<Account>>,
    /// Whether a call has failed when it was made last.
    is_failing: [bool; 2],
}

impl Poller {
    pub(super) fn new(shared: &Shared) -> Self {
        let now = shared.setting().clock.monotonic();
        Self {
            api: Api::new(shared.setting().daemon_address.tcp()),
            client: client_id(),
            seed: seed_generation(),
            next_rules: now,
            next_targets: now + TARGETS_PERIOD + part_of(TARGETS_JITTER),
            retry: RETRY,
            fetched_at: 0,
            modification: f64::NEG_INFINITY,
            retired: Vec::new(),
            is_failing: [false; 2],
        }
    }

    /// Does what is due, and says how long there is nothing to do.
    pub(super) fn step(&mut self, shared: &Shared) -> Duration {
        let clock = &shared.setting().clock;
        // A snapshot was restored: another process reports under this id.
        if self.seed != seed_generation() {
            self.seed = seed_generation();
            self.client = client_id();
        }
        if clock.monotonic() >= self.next_rules {
            self.fetch_rules(shared);
        }
        if clock.monotonic() >= self.next_targets {
            if self.report(shared) {
                self.fetch_rules(shared);
            }
            self.next_targets = clock.monotonic() + self.until_next_report(shared) + part_of(TARGETS_JITTER);
        }
        self.next_rules.min(self.next_targets).saturating_sub(clock.monotonic())
    }

    fn fetch_rules(&mut self, shared: &Shared) {
        let clock = &shared.setting().clock;
        // Before the call, so that the rules never look younger than they are.
        let fetched_at = clock.unix_seconds();
        let outcome = self.api.rules();
        let pause = match outcome {
            Ok(definitions) => {
                self.note(shared, Call::Rules, None);
                self.fetched_at = fetched_at;
                self.retry = RETRY;
                self.replace_rules(shared, &definitions);
                RULES_PERIOD - part_of(RULES_JITTER)
            }
            Err(error) => {
                self.note(shared, Call::Rules, Some(&error));
                let pause = self.retry;
                self.retry = (self.retry * 2).min(RULES_PERIOD);
                pause + part_of(pause / 10)
            }
        };
        self.next_rules = clock.monotonic() + pause;
    }

    fn replace_rules(&mut self, shared: &Shared, definitions: &[Definition]) {
        // Nobody else writes: what is read here is still there when the new rules take its place.
        let mut accounts: HashMap<Arc<str>, Arc<Account>> = HashMap::new();
        {
            let rules = shared.read();
            for account in rules.accounts().chain(&self.retired) {
                accounts.insert(Arc::clone(account.name()), Arc::clone(account));
            }
        }
        let rules = RuleSet::new(definitions, self.fetched_at, &shared.setting().anomalies, |name| {
            accounts.get(name).cloned().unwrap_or_else(|| Arc::new(Account::new(name)))
        });
        for account in rules.accounts() {
            accounts.remove(account.name());
        }
        let old = {
            let mut current = shared.write();
            for account in rules.accounts() {
                if let Some(definition) = definitions.iter().find(|definition| *definition.name == **account.name()) {
                    account.set_rate(definition.rate);
                }
            }
            std::mem::replace(&mut *current, rules)
        };
        drop(old);
        shared.rules_are_new();
        // No decision is under way by the old rules now: what they have counted is final.
        self.retired = accounts.into_values().filter(|account| account.has_counts()).take(MOST_RETIRED).collect();
    }

    /// Reports all rules of which a report is due. Says whether the rules have changed since they were fetched.
    fn report(&mut self, shared: &Shared) -> bool {
        let now = shared.setting().clock.unix_seconds();
        let due: Vec<(Arc<Account>, Statistics)> = {
            // Alone, so that no decision is half counted.
            let rules = shared.write();
            let due = rules.accounts().chain(&self.retired).filter(|account| account.is_due(now));
            due.map(|account| (Arc::clone(account), account.take_statistics())).collect()
        };
        let mut have_rules_changed = false;
        for reports in due.chunks(MOST_STATISTICS) {
            let documents = reports.iter().map(|(account, statistics)| Report {
                rule_name: account.name(),
                service: account.boost().service(),
                statistics: *statistics,
            });
            match self.api.targets(&self.client, now, documents) {
                Ok(answer) => {
                    self.note(shared, Call::Targets, None);
                    have_rules_changed |= self.follow(shared, reports, &answer);
                }
                Err(error) => {
                    reports.iter().for_each(|(account, statistics)| account.give_back(*statistics));
                    self.note(shared, Call::Targets, Some(&error));
                }
            }
        }
        self.retired.retain(|account| account.has_counts());
        have_rules_changed
    }

    fn follow(&mut self, shared: &Shared, reports: &[(Arc<Account>, Statistics)], answer: &Targets) -> bool {
        let now = shared.setting().clock.unix_seconds();
        {
            // Alone, so that no decision sees half of a target.
            let rules = shared.write();
            for target in &answer.targets {
                if let Some(account) = rules.accounts().find(|account| **account.name() == *target.rule_name) {
                    account.follow(target, now);
                }
            }
        }
        let mut have_rules_changed = false;
        for unprocessed in &answer.unprocessed {
            let report = reports.iter().find(|(account, _)| **account.name() == *unprocessed.rule_name);
            Notice::StatisticsNotTaken { unprocessed }.log();
            if unprocessed.error_code.starts_with('4') {
                // It was refused and would be again. The rule is not what it was.
                have_rules_changed = true;
            } else if let Some((account, statistics)) = report {
                account.give_back(Statistics { boost: Default::default(), ..*statistics });
            }
        }
        for unprocessed in answer.unprocessed_boosts.iter().filter(|one| !one.error_code.starts_with('4')) {
            if let Some((account, statistics)) =
                reports.iter().find(|(account, _)| **account.name() == *unprocessed.rule_name)
            {
                account.boost().give_back(statistics.boost);
            }
        }
        if let Some(modification) = answer.last_modification
            && modification > self.modification
        {
            // Remembered, so that a clock that is late does not fetch the same rules after each report.
            self.modification = modification;
            have_rules_changed |= modification >= self.fetched_at as f64;
        }
        have_rules_changed
    }

    /// Takes note of how a call went. The log has one line from the first failure until both calls work again: they fail
    /// together, as a rule, and what it says is true of both.
    fn note(&mut self, shared: &Shared, call: Call, error: Option<&ApiError>) {
        let was_outage = self.is_failing.contains(&true);
        self.is_failing[call as usize] = error.is_some();
        shared.set_outage(self.is_failing.contains(&true));
        if let Some(error) = error
            && !was_outage
        {
            Notice::NoSampling { address: shared.setting().daemon_address.tcp(), error, call: &call }.log();
        }
    }

    fn until_next_report(&self, shared: &Shared) -> Duration {
        let now = shared.setting().clock.unix_seconds();
        let rules = shared.read();
        let seconds = rules.accounts().map(|account| account.due_in(now)).min();
        seconds.map_or(TARGETS_PERIOD, Duration::from_secs).clamp(TARGETS_MINIMUM, TARGETS_PERIOD)
    }
}

/// The two calls, by their place in [`Poller::is_failing`].
#[derive(Clone, Copy, Debug)]
enum Call {
    Rules,
    Targets,
}

fn part_of(duration: Duration) -> Duration {
    duration.mul_f64(fastrand::f64())
}

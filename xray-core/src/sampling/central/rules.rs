use std::cmp::Ordering;
use std::sync::Arc;

use super::account::Account;
use crate::sampling::SamplingRequest;
use crate::sampling::adaptive::{Anomalies, RuleWatch};
use crate::sampling::pattern::Pattern;

/// The rules that decide, in the order of their priority, until others take their place.
#[derive(Debug, Default)]
pub(super) struct RuleSet {
    rules: Vec<Rule>,
    /// The last second in which they are obeyed.
    expires_at: u64,
}

/// One rule of the service.
#[derive(Debug)]
pub(super) struct Rule {
    priority: u64,
    matcher: Matcher,
    has_reservoir: bool,
    pub(super) account: Arc<Account>,
    /// What is watched in its traces, if anything is.
    pub(super) watch: Option<Arc<RuleWatch>>,
}

/// A rule as the service describes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) priority: u64,
    pub(super) rate: f64,
    pub(super) reservoir: u64,
    /// Whether the service may raise the rate because of anomalies.
    pub(super) boost: Option<BoostDefinition>,
    /// None of the rule `Default`, which matches everything.
    pub(super) patterns: Option<Patterns>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BoostDefinition {
    pub(super) has_default_detection: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Patterns {
    pub(super) service_name: String,
    pub(super) service_type: String,
    pub(super) host: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) resource_arn: String,
    pub(super) attributes: Vec<(String, String)>,
}

/// How long rules are obeyed after they were fetched, in seconds; all SDKs agree.
const LIFETIME: u64 = 3_600;

impl RuleSet {
    /// The rules of an answer to a request that was begun at `fetched_at`, each with the account of its name.
    pub(super) fn new(
        definitions: &[Definition],
        fetched_at: u64,
        anomalies: &Arc<Anomalies>,
        account: impl Fn(&str) -> Arc<Account>,
    ) -> Self {
        let mut rules: Vec<Rule> = Vec::with_capacity(definitions.len());
        for definition in definitions {
            // A name stands for one account: of two rules that share it, the first counts.
            if !rules.iter().any(|rule| **rule.account.name() == *definition.name) {
                rules.push(Rule::new(definition, account(&definition.name), anomalies));
            }
        }
        rules.sort_by(Rule::compare);
        Self { rules, expires_at: fetched_at.saturating_add(LIFETIME) }
    }

    pub(super) fn is_fresh(&self, now: u64) -> bool {
        now <= self.expires_at
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The first rule that matches.
    #[inline]
    pub(super) fn find(&self, request: &SamplingRequest<'_>) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.matcher.matches(request))
    }

    /// What is watched in the traces of the rule that has this key, if there is one.
    pub(super) fn watch_of(&self, key: &str) -> Option<&Arc<RuleWatch>> {
        self.rules.iter().filter_map(|rule| rule.watch.as_ref()).find(|watch| watch.has_key(key))
    }

    pub(super) fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.rules.iter().map(|rule| &rule.account)
    }
}

impl Rule {
    fn new(definition: &Definition, account: Arc<Account>, anomalies: &Arc<Anomalies>) -> Self {
        let watch = (definition.boost.is_some() || anomalies.are_configured()).then(|| {
            let boost = definition.boost.map(|_| Arc::clone(account.boost()));
            let has_default_detection = definition.boost.is_none_or(|boost| boost.has_default_detection);
            Arc::new(RuleWatch::new(Arc::clone(anomalies), boost, has_default_detection, &definition.name))
        });
        Self {
            watch,
            priority: definition.priority,
            matcher: Matcher::new(definition.patterns.as_ref()),
            has_reservoir: definition.reservoir > 0,
            account,
        }
    }

    /// By priority, then by name; the rule for everything comes last.
    fn compare(&self, other: &Self) -> Ordering {
        let key = |rule: &Self| (matches!(rule.matcher, Matcher::Everything), rule.priority);
        key(self).cmp(&key(other)).then_with(|| self.account.name().cmp(other.account.name()))
    }

    #[inline]
    pub(super) fn decide(&self, now: u64) -> bool {
        self.account.decide(now, self.has_reservoir, fastrand::f64)
    }
}

/// Which requests a rule is about.
#[derive(Debug)]
enum Matcher {
    Everything,
    Patterns {
        path: Pattern,
        method: Pattern,
        host: Pattern,
        service_name: Pattern,
        service_type: Pattern,
        /// For one resource, or for certain attributes only: few rules are.
        special: Option<Box<Special>>,
    },
}

#[derive(Debug)]
struct Special {
    resource_arn: Pattern,
    attributes: Vec<(Box<str>, Pattern)>,
}

impl Matcher {
    fn new(patterns: Option<&Patterns>) -> Self {
        let Some(patterns) = patterns else { return Self::Everything };
        let special = Special {
            resource_arn: Pattern::new(&patterns.resource_arn),
            attributes: patterns
                .attributes
                .iter()
                .map(|(key, pattern)| (key.as_str().into(), Pattern::new(pattern)))
                .collect(),
        };
        let is_special = !special.attributes.is_empty() || !matches!(special.resource_arn, Pattern::Any);
        Self::Patterns {
            path: Pattern::new(&patterns.path),
            method: Pattern::new(&patterns.method),
            host: Pattern::new(&patterns.host),
            service_name: Pattern::new(&patterns.service_name),
            service_type: Pattern::new(&patterns.service_type),
            special: is_special.then(|| Box::new(special)),
        }
    }

    #[inline]
    fn matches(&self, request: &SamplingRequest<'_>) -> bool {
        match self {
            Self::Everything => true,
            Self::Patterns { path, method, host, service_name, service_type, special } => {
                path.fits(request.path)
                    && service_name.fits(request.service_name)
                    && method.fits(request.method)
                    && host.fits(request.host)
                    && service_type.fits(request.service_type)
                    && special.as_ref().is_none_or(|special| special.matches(request))
            }
        }
    }
}

impl Special {
    /// Unlike the other fields, these must be there: a rule for one resource is not meant for all that do not say what
    /// they are. The other SDKs leave out such rules altogether.
    fn matches(&self, request: &SamplingRequest<'_>) -> bool {
        let arn_matches = match request.resource_arn {
            Some(arn) => self.resource_arn.matches(arn),
            None => matches!(self.resource_arn, Pattern::Any),
        };
        arn_matches
            && self.attributes.iter().all(|(key, pattern)| {
                request.attributes.iter().any(|(name, value)| **key == **name && pattern.matches(value))
            })
    }
}

use std::fmt::Write as _;
use std::sync::Arc;

use super::RULE_KEY;
use super::boost::Boost;
use super::config::{AdaptiveConfig, Finished};
use super::memory::{TraceMemory, TraceUsage};
use crate::clock::Clock;
use crate::document::Record;
use crate::id::TraceId;
use crate::sampling::reservoir::Reservoir;

/// What is an anomaly in this process, and how many traces may still be sent because of one.
#[derive(Debug)]
pub(crate) struct Anomalies {
    config: Arc<AdaptiveConfig>,
    is_configured: bool,
    captures: Reservoir,
    traces: TraceMemory,
    clock: Clock,
}

/// What is watched in the traces of one rule.
#[derive(Debug)]
pub(crate) struct RuleWatch {
    anomalies: Arc<Anomalies>,
    /// Where anomalies are counted, if the rule has a boost.
    boost: Option<Arc<Boost>>,
    has_default_detection: bool,
    /// What is added to the trace header for the services downstream.
    key: Arc<str>,
}

/// Watches one segment and all that is below it.
#[derive(Debug)]
pub(crate) struct Watch {
    rule: Arc<RuleWatch>,
    is_sampled: bool,
    usage: Arc<TraceUsage>,
}

impl Anomalies {
    /// Without a configuration of the user's own, only rules with a boost are watched.
    pub(crate) fn new(config: Option<Arc<AdaptiveConfig>>, clock: Clock) -> Self {
        let is_configured = config.is_some();
        let config = config.unwrap_or_default();
        let captures = Reservoir::new(config.traces_per_second);
        Self { config, is_configured, captures, traces: TraceMemory::default(), clock }
    }

    pub(crate) fn are_configured(&self) -> bool {
        self.is_configured
    }
}

impl RuleWatch {
    pub(crate) fn new(
        anomalies: Arc<Anomalies>,
        boost: Option<Arc<Boost>>,
        has_default_detection: bool,
        rule_name: &str,
    ) -> Self {
        Self { anomalies, boost, has_default_detection, key: format!("{RULE_KEY}={}", rule_key(rule_name)).into() }
    }

    /// Begins to watch a segment of a trace. The trace is counted with its first segment in this process.
    pub(crate) fn begin(self: &Arc<Self>, service: &str, trace_id: TraceId, is_sampled: bool) -> Arc<Watch> {
        let Anomalies { traces, clock, .. } = &*self.anomalies;
        let usage = traces.of(trace_id, clock.monotonic().as_secs());
        if let Some(boost) = &self.boost
            && usage.count()
        {
            boost.count_trace(service);
        }
        Arc::new(Watch { rule: Arc::clone(self), is_sampled, usage })
    }

    /// Whether a trace header names the rule by this key.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.key.strip_prefix(KEY_PREFIX) == Some(key)
    }

    /// The keys of a trace header, and the one that names the rule, unless one is there.
    pub(crate) fn hand_down(&self, extras: Option<Arc<str>>) -> Arc<str> {
        match extras {
            None => Arc::clone(&self.key),
            Some(extras) if extras.split(';').any(|extra| extra.starts_with(KEY_PREFIX)) => extras,
            Some(extras) => format!("{extras};{}", self.key).into(),
        }
    }
}

/// [`RULE_KEY`] and what stands between it and its value.
const KEY_PREFIX: &str = "xrsr=";

impl Watch {
    /// Looks at a segment or subsegment that ends now.
    pub(crate) fn observe(&self, record: &Record, end: u64) {
        let is_done = self.usage.has_anomaly() && (self.is_sampled || self.is_captured());
        if is_done {
            return;
        }
        let request = record.http_request();
        let finished = Finished {
            status: record.http_status(),
            is_fault: record.flags.is_fault(),
            microseconds: end.saturating_sub(record.start),
            name: record.name(),
            request: request.map(|request| (request.method(), path_of(request.url()))),
        };
        let RuleWatch { anomalies, boost, has_default_detection, .. } = &*self.rule;
        let usage = anomalies.config.classify(&finished, *has_default_detection);
        if usage.boost
            && let Some(boost) = boost
            && self.usage.count_anomaly()
        {
            boost.count_anomaly(self.is_sampled);
        }
        if usage.capture && !self.is_sampled && !self.is_captured() && anomalies.captures.take(&anomalies.clock) {
            self.usage.capture();
        }
    }

    pub(crate) fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    /// Whether what leaves is sent although it was not sampled: something has gone wrong in the trace.
    pub(crate) fn is_captured(&self) -> bool {
        self.usage.is_captured()
    }
}

/// The path of a URL, or what there is of one.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..]));
    rest.split(['?', '#']).next().unwrap_or_default()
}

/// How a rule is called downstream: the first 8 bytes of the SHA-256 of its name, in hex.
fn rule_key(rule_name: &str) -> String {
    let hash = hmac_sha256::Hash::hash(rule_name.as_bytes());
    hash.iter().take(8).fold(String::new(), |mut key, byte| {
        // Writing to a String cannot fail.
        let _ = write!(key, "{byte:02x}");
        key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_named_by_the_digest_of_its_name() {
        // printf Default | sha256sum
        assert_eq!(rule_key("Default"), &DEFAULT_DIGEST[..16]);
    }

    const DEFAULT_DIGEST: &str = "21b111cbfe6e8fca2d181c43f53ad548b22e38aca955b9824706a504b0a07a2d";

    #[test]
    fn the_path_is_found_in_any_url() {
        for (url, expected) in [
            ("https://shop.example/cart?a=b", "/cart"),
            ("https://shop.example", "/"),
            ("/cart#top", "/cart"),
            ("", ""),
        ] {
            assert_eq!(path_of(url), expected, "{url}");
        }
    }
}

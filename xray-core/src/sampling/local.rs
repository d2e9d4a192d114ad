use std::path::Path;
use std::sync::OnceLock;

use super::file;
use super::manifest::{self, SamplingRulesError};
use super::rule::{Limit, Rule};
use super::{Sampler, SamplerSetting, SamplingDecision, SamplingRequest};
use crate::clock::Clock;

/// Decides by rules that the program brings along.
///
/// Rules are tried in the order of the document; the first that matches the request decides, and the default rule when
/// none does. A rule traces `fixed_target` requests each second, and of the others the share `rate`. By
/// [default](LocalSampler::default) there is only the rule of all AWS SDKs: one request each second, then 5 %.
///
/// The format is that of the
/// [other AWS SDKs](https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-python-configuration.html). Version 2
/// calls the pattern for the host `host`, and version 1 calls it `service_name`; either way it is compared with the host of
/// the request. In patterns `*` stands for any characters and `?` for one, and case does not matter.
///
/// ```
/// use xray_core::sampling::{LocalSampler, Sampler, SamplingRequest};
///
/// let sampler = LocalSampler::from_json(
///     r#"{
///         "version": 2,
///         "default": {"fixed_target": 1, "rate": 0.1},
///         "rules": [
///             {"description": "health checks", "host": "*", "http_method": "GET", "url_path": "/health",
///              "fixed_target": 0, "rate": 0}
///         ]
///     }"#,
/// )?;
///
/// assert!(!sampler.should_sample(&SamplingRequest::new().method("GET").path("/health")).is_sampled());
/// assert!(sampler.should_sample(&SamplingRequest::new().method("GET").path("/cart")).is_sampled());
/// # Ok::<(), xray_core::sampling::SamplingRulesError>(())
/// ```
#[derive(Debug)]
pub struct LocalSampler {
    rules: Vec<Rule>,
    default: Limit,
    /// The recorder's, or the system's.
    clock: OnceLock<Clock>,
}

impl LocalSampler {
    /// Creates a sampler from rules in JSON. Unknown fields, like `description`, are ignored.
    ///
    /// # Errors
    ///
    /// Says which field of which rule (counted from 0) is missing or wrong, its value, and what would be right.
    pub fn from_json(rules: &str) -> Result<Self, SamplingRulesError> {
        let (rules, default) = manifest::parse(rules)?;
        Ok(Self { rules, default, clock: OnceLock::new() })
    }

    /// Creates a sampler from a file of rules in JSON, as [`from_json`](Self::from_json) does. It is read once, and may have
    /// 1 MB.
    ///
    /// ```
    /// use xray_core::sampling::LocalSampler;
    ///
    /// let error = LocalSampler::from_file("no-such-rules.json").unwrap_err();
    /// assert_eq!(error.to_string(), "invalid sampling rules in no-such-rules.json: the file cannot be read");
    /// ```
    ///
    /// # Errors
    ///
    /// Names the file, and says why it cannot be read, or what `from_json` would say.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, SamplingRulesError> {
        let path = path.as_ref();
        let text = file::read(path).map_err(SamplingRulesError::unreadable);
        text.and_then(|text| Self::from_json(&text)).map_err(|error| error.in_file(path))
    }
}

impl Default for LocalSampler {
    fn default() -> Self {
        Self { rules: Vec::new(), default: Limit::new(1, 0.05), clock: OnceLock::new() }
    }
}

impl Sampler for LocalSampler {
    fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision {
        let limit = self.rules.iter().find(|rule| rule.matches(request)).map_or(&self.default, |rule| &rule.limit);
        // Local rules have no name that could be reported.
        if limit.allows(self.clock.get_or_init(Clock::system), fastrand::f64) {
            SamplingDecision::sampled()
        } else {
            SamplingDecision::not_sampled()
        }
    }

    fn configure(&self, setting: &SamplerSetting<'_>) {
        let _ = self.clock.set(setting.clock.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    impl LocalSampler {
        fn at(self, clock: &Clock) -> Self {
            self.configure(&SamplerSetting { daemon_address: &Default::default(), clock, adaptive: None });
            self
        }
    }

    #[test]
    fn the_rules_of_the_examples_load_and_do_what_they_say() {
        let clock = Clock::manual(Duration::from_secs(1_500_000_000));
        let rules = include_str!("../../../examples/sampling-rules.json");
        let sampler = LocalSampler::from_json(rules).unwrap().at(&clock);
        let sampled = |method, path| {
            let request = SamplingRequest::new().method(method).path(path);
            (0..10).filter(|_| sampler.should_sample(&request).is_sampled()).count()
        };
        assert_eq!(sampled("GET", "/healthz"), 0);
        assert_eq!(sampled("POST", "/orders/17"), 10);
        assert!(sampled("GET", "/orders/17") >= 1);
    }

    const MOVE: &str = r#"{
        "version": 2,
        "default": {"fixed_target": 1, "rate": 1},
        "rules": [
            {"host": "*", "http_method": "*", "url_path": "/api/move/*", "fixed_target": 0, "rate": 0},
            {"host": "*", "http_method": "*", "url_path": "/api/*", "fixed_target": 0, "rate": 1},
            {"host": "*", "http_method": "*", "url_path": "/api/stay", "fixed_target": 0, "rate": 0}
        ]
    }"#;

    #[test]
    fn the_first_rule_that_matches_decides_and_else_the_default() {
        let sampler = LocalSampler::from_json(MOVE).unwrap();
        let path = |path| SamplingRequest::new().host("name").method("get").path(path);
        let cases = [
            (path("/view"), true),
            (path("/api/move/left"), false),
            (path("/API/Move/left"), false),
            (path("/api/stay"), true),
            // Python's "easily missed": the first rule matches a request of which nothing is known that it names.
            (SamplingRequest::new().service_name("checkout"), false),
        ];
        for (request, expected) in cases {
            assert_eq!(sampler.should_sample(&request).is_sampled(), expected, "{request:?}");
        }
    }

    #[test]
    fn both_versions_compare_their_name_with_the_host() {
        for (version, name) in [(1, "service_name"), (2, "host")] {
            let rules = format!(
                r#"{{"version": {version}, "default": {{"fixed_target": 0, "rate": 0}}, "rules": [
                    {{"{name}": "*.example.com", "http_method": "*", "url_path": "*", "fixed_target": 0, "rate": 1}}]}}"#
            );
            let sampler = LocalSampler::from_json(&rules).unwrap();
            for (host, expected) in [("shop.example.com", true), ("example.org", false)] {
                let request = SamplingRequest::new().host(host).service_name("shop.example.com");
                assert_eq!(sampler.should_sample(&request).is_sampled(), expected, "version {version}, {host}");
            }
        }
    }

    #[test]
    fn by_default_one_request_each_second_and_five_percent_of_the_others() {
        fastrand::seed(7);
        let clock = Clock::manual(Duration::from_secs(1_500_000_000));
        let sampler = LocalSampler::default().at(&clock);
        for _ in 0..3 {
            let decision = sampler.should_sample(&SamplingRequest::new());
            assert!(decision.is_sampled());
            assert_eq!(decision.rule_name(), None);
            let sampled = (0..10_000).filter(|_| sampler.should_sample(&SamplingRequest::new()).is_sampled()).count();
            assert!((400..600).contains(&sampled), "{sampled} of 10,000");
            clock.advance(Duration::from_secs(1));
        }
    }

    #[test]
    fn threads_together_trace_exactly_the_fixed_target() {
        let rules = r#"{"version": 2, "default": {"fixed_target": 37, "rate": 0}}"#;
        let clock = Clock::manual(Duration::from_secs(1_500_000_000));
        let sampler = LocalSampler::from_json(rules).unwrap().at(&clock);
        for _ in 0..3 {
            let sampled: usize = thread::scope(|scope| {
                let decide =
                    || (0..500).filter(|_| sampler.should_sample(&SamplingRequest::new()).is_sampled()).count();
                let threads: Vec<_> = (0..8).map(|_| scope.spawn(decide)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).sum()
            });
            assert_eq!(sampled, 37);
            clock.advance(Duration::from_secs(1));
        }
    }
}

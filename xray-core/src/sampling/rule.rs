use super::SamplingRequest;
use super::pattern::Pattern;
use super::reservoir::Reservoir;
use crate::clock::Clock;

/// One local rule: the requests that it is about, and how many of them are traced.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) host: Pattern,
    pub(super) http_method: Pattern,
    pub(super) url_path: Pattern,
    pub(super) limit: Limit,
}

/// How many requests are traced: so many each second, and a share of the others.
#[derive(Debug)]
pub(super) struct Limit {
    pub(super) reservoir: Reservoir,
    pub(super) rate: f64,
}

impl Rule {
    pub(super) fn matches(&self, request: &SamplingRequest<'_>) -> bool {
        self.url_path.fits(request.path) && self.http_method.fits(request.method) && self.host.fits(request.host)
    }
}

impl Limit {
    pub(super) fn new(fixed_target: u32, rate: f64) -> Self {
        Self { reservoir: Reservoir::new(fixed_target), rate }
    }

    /// `random` gives a number from 0 up to, but not including, 1.
    pub(super) fn allows(&self, clock: &Clock, random: impl FnOnce() -> f64) -> bool {
        // Strictly less: with `<=`, as in Python and Node, rate 0 lets through a random number that is exactly 0.
        self.reservoir.take(clock) || random() < self.rate
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_rate_is_compared_strictly() {
        let clock = Clock::manual(Duration::ZERO);
        for (rate, random, expected) in
            [(0.0, 0.0, false), (0.5, 0.2, true), (0.2, 0.4, false), (0.5, 0.5, false), (1.0, 1.0 - f64::EPSILON, true)]
        {
            assert_eq!(Limit::new(0, rate).allows(&clock, || random), expected, "rate {rate}, random {random}");
        }
    }

    #[test]
    fn chance_decides_only_when_the_reservoir_is_empty() {
        let clock = Clock::manual(Duration::ZERO);
        let limit = Limit::new(1, 0.5);
        assert!(limit.allows(&clock, || unreachable!("the reservoir is full")));
        assert!(!limit.allows(&clock, || 0.5));
        assert!(limit.allows(&clock, || 0.4));
    }

    #[test]
    fn a_field_is_compared_when_the_request_has_it() {
        let rule = Rule {
            host: Pattern::new("*.example.com"),
            http_method: Pattern::new("GET"),
            url_path: Pattern::new("/api/move/*"),
            limit: Limit::new(0, 1.0),
        };
        let full = SamplingRequest::new().host("shop.example.com").method("get").path("/api/move/left");
        let cases = [
            (full, true),
            (full.host("example.org"), false),
            (full.method("POST"), false),
            (full.path("/api/stay"), false),
            (full.service_name("checkout").service_type("AWS::EC2::Instance"), true),
            (full.host("").method(""), true),
            // A request without a `Host` header matches a rule for a path (Node's tests).
            (SamplingRequest::new().path("/api/move/left"), true),
            (SamplingRequest::new().path("/api/stay"), false),
            (SamplingRequest::new().service_name("checkout"), true),
            (SamplingRequest::new(), true),
        ];
        for (request, expected) in cases {
            assert_eq!(rule.matches(&request), expected, "{request:?}");
        }
    }
}

//! What a program may say about the calls of a client.

use std::borrow::Cow;
use std::sync::Arc;

use xray_core::sampling::matches_wildcard;

use super::request::ClientRequest;

/// Which calls of a client are traced, under which names, and which services are told of the trace.
///
/// By default every call is traced, named after its host or its gRPC service, and sends the trace header. In the patterns, `*` stands for
/// any run of characters and `?` for exactly one; upper and lower case are the same. Hosts have no port, and IPv6
/// addresses no brackets.
///
/// ```
/// # #[cfg(feature = "reqwest")] {
/// use xray_http::ClientOptions;
/// use xray_http::reqwest::ClientExt as _;
///
/// let options = ClientOptions::new()
///     .propagate_to(["*.shop.example", "10.0.*"])
///     .ignore_hosts(["metrics.example"])
///     .ignore_urls(["*/health"])
///     .name("10.0.*", "stock");
/// let client = reqwest::Client::new().xray().with_options(options);
/// # }
/// ```
#[must_use]
#[derive(Clone, Debug, Default)]
pub struct ClientOptions {
    /// Shared, because every request of a client has a copy. Most clients have no rules.
    rules: Option<Arc<Rules>>,
}

impl ClientOptions {
    /// Makes options under which every call is traced and sends the trace header.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends the trace header only to hosts that match one of these patterns, or one of an earlier call.
    ///
    /// Calls to other hosts are recorded all the same. What a client does by itself behind the instrument is not
    /// seen: `reqwest` keeps the header when it follows a redirect to another host.
    pub fn propagate_to<S: Into<String>>(self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.with(|rules| rules.propagate_to.get_or_insert_default().extend(hosts.into_iter().map(Into::into)))
    }

    /// Sends W3C's `traceparent` beside the trace header, to services that know only that. The default is not to.
    ///
    /// It says the same: trace, subsegment, and whether the trace is sampled. See
    /// <https://www.w3.org/TR/trace-context/#traceparent-header>.
    pub fn propagate_w3c(self) -> Self {
        self.with(|rules| rules.propagate_w3c = true)
    }

    /// Leaves calls to hosts that match one of these patterns untouched: not recorded, and without trace header.
    pub fn ignore_hosts<S: Into<String>>(self, hosts: impl IntoIterator<Item = S>) -> Self {
        self.with(|rules| rules.ignored_hosts.extend(hosts.into_iter().map(Into::into)))
    }

    /// Leaves calls to URLs that match one of these patterns untouched: not recorded, and without trace header.
    ///
    /// The pattern is that of the URL as it would be recorded: without user-info, query string and fragment, and at
    /// most 250 characters long.
    pub fn ignore_urls<S: Into<String>>(self, urls: impl IntoIterator<Item = S>) -> Self {
        self.with(|rules| rules.ignored_urls.extend(urls.into_iter().map(Into::into)))
    }

    /// Names the calls to hosts that match this pattern. Of several that match, the first one counts.
    pub fn name(self, hosts: impl Into<String>, name: impl Into<String>) -> Self {
        self.with(|rules| rules.names.push((hosts.into(), name.into())))
    }

    /// Whether there are rules: without any, all calls are alike.
    #[cfg(any(feature = "reqwest", feature = "reqwest-0_12"))]
    pub(crate) fn has_rules(&self) -> bool {
        self.rules.is_some()
    }

    pub(super) fn propagates_to(&self, request: &impl ClientRequest) -> bool {
        let hosts = self.rules.as_ref().and_then(|rules| rules.propagate_to.as_ref());
        hosts.is_none_or(|hosts| any_matches(hosts, &request.host()))
    }

    pub(super) fn propagates_w3c(&self) -> bool {
        self.rules.as_ref().is_some_and(|rules| rules.propagate_w3c)
    }

    pub(super) fn ignores(&self, request: &impl ClientRequest) -> bool {
        self.rules.as_ref().is_some_and(|rules| {
            any_matches(&rules.ignored_hosts, &request.host())
                || (!rules.ignored_urls.is_empty() && any_matches(&rules.ignored_urls, request.describe().url()))
        })
    }

    pub(super) fn name_of<'a>(&'a self, request: &'a impl ClientRequest) -> Cow<'a, str> {
        let mut names = self.rules.iter().flat_map(|rules| &rules.names);
        let ruled = names.find(|(hosts, _)| matches_wildcard(hosts, &request.host())).map(|(_, name)| name.into());
        let name = ruled.unwrap_or_else(|| request.name());
        if name.is_empty() { "UNKNOWN HOST".into() } else { name }
    }

    fn with(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(self.rules.get_or_insert_default()));
        self
    }
}

#[derive(Clone, Debug, Default)]
struct Rules {
    /// `None` is every host, an empty list none.
    propagate_to: Option<Vec<String>>,
    propagate_w3c: bool,
    ignored_hosts: Vec<String>,
    ignored_urls: Vec<String>,
    /// Patterns of hosts, and the names of calls to them.
    names: Vec<(String, String)>,
}

fn any_matches(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| matches_wildcard(pattern, text))
}

#[cfg(test)]
mod tests {
    use xray_core::HttpRequest;

    use super::*;

    #[test]
    fn rules_add_up() {
        let options = ClientOptions::new()
            .propagate_to(["*.shop.example"])
            .propagate_to(["::1"])
            .ignore_hosts(["metrics.*"])
            .ignore_urls(["*/health"])
            .name("stock.*", "stock")
            .name("*.example", "other");
        // Host, path, whether ignored, whether the header is sent, name.
        for (host, path, ignored, sent, name) in [
            ("stock.shop.example", "/items", false, true, "stock"),
            ("STOCK.Shop.Example", "/Health", true, true, "stock"),
            ("cart.example", "/items", false, false, "other"),
            ("::1", "/items", false, true, "::1"),
            ("::1", "/health", true, true, "::1"),
            ("metrics.shop.example", "/items", true, true, "other"),
        ] {
            let request = Known { host, path };
            assert_eq!(options.ignores(&request), ignored, "{host}{path}");
            assert_eq!((options.propagates_to(&request), options.name_of(&request)), (sent, name.into()), "{host}");
        }
    }

    #[test]
    fn no_rules_are_the_default_and_ask_nothing() {
        let options = ClientOptions::new();
        assert!(options.propagates_to(&Unasked));
        assert!(!options.ignores(&Unasked));
        assert_eq!(options.name_of(&Known { host: "shop.example", path: "/" }), "shop.example");
        assert_eq!(options.name_of(&Known { host: "", path: "/" }), "UNKNOWN HOST");
        let to_nobody = options.propagate_to([""; 0]);
        assert!(!to_nobody.propagates_to(&Known { host: "shop.example", path: "/" }));
    }

    struct Known {
        host: &'static str,
        path: &'static str,
    }

    impl ClientRequest for Known {
        fn host(&self) -> Cow<'_, str> {
            self.host.into()
        }

        fn name(&self) -> Cow<'_, str> {
            self.host.into()
        }

        fn describe(&self) -> HttpRequest {
            let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.to_owned() };
            HttpRequest::from_parts("GET", "http", &host, self.path)
        }
    }

    /// A request that must not be asked anything.
    struct Unasked;

    impl ClientRequest for Unasked {
        fn host(&self) -> Cow<'_, str> {
            panic!("no rule needs the host")
        }

        fn name(&self) -> Cow<'_, str> {
            panic!("no rule needs the name")
        }

        fn describe(&self) -> HttpRequest {
            panic!("no rule needs the URL")
        }
    }
}

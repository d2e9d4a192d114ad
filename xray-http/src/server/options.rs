//! What a program may say about its incoming requests.

use std::fmt;
use std::sync::Arc;

use xray_core::__private::caught;
use xray_core::Recorder;
use xray_core::sampling::matches_wildcard;

use super::request::{Incoming, IncomingRequest};

/// Which requests are traced, with which recorder, and what is known to the sampler.
///
/// By default every request is, with the [current recorder](Recorder::current).
///
/// ```
/// use xray_http::ServerOptions;
///
/// let options = ServerOptions::new()
///     .ignore_path("/health")
///     .ignore_path("/static/*")
///     .ignore_when(|request| request.header("user-agent").is_some_and(|agent| agent.starts_with("ELB-HealthChecker")));
/// # let _ = options;
/// ```
#[must_use]
#[derive(Clone, Default)]
pub struct ServerOptions {
    ignored_paths: Vec<String>,
    ignored: Vec<Arc<Predicate>>,
    pub(super) sample_by_route: bool,
    pub(super) distrusts_callers: bool,
    pub(super) recorder: Option<Recorder>,
}

type Predicate = dyn Fn(&IncomingRequest<'_>) -> bool + Send + Sync;

impl ServerOptions {
    /// Makes options under which every request is traced.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves out requests whose path matches a pattern: nothing is recorded, and the sampler is not asked.
    ///
    /// In the pattern, `*` stands for any run of characters and `?` for exactly one; upper and lower case are the same.
    /// The path is the whole one, also in nested routers: those of axum need the feature `axum`. What such a request calls is in no segment.
    pub fn ignore_path(mut self, pattern: impl Into<String>) -> Self {
        self.ignored_paths.push(pattern.into());
        self
    }

    /// Leaves out requests about which `ignored` says `true`, as [`ignore_path`](Self::ignore_path) does.
    ///
    /// It is called for each request, before anything else is done, and has to be quick. If it panics, the request is
    /// traced.
    pub fn ignore_when(mut self, ignored: impl Fn(&IncomingRequest<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.ignored.push(Arc::new(ignored));
        self
    }

    /// Shows the sampler the pattern of the route, such as `/users/{id}`, in place of the path, where there is one.
    ///
    /// Of a path that no route of actix-web has, that of the path which its `NormalizePath` would make of it.
    pub fn sample_by_route(mut self) -> Self {
        self.sample_by_route = true;
        self
    }

    /// Believes no trace header that comes in: every request begins a trace of its own, about which the sampler decides.
    ///
    /// For servers that anybody can reach. Otherwise whoever sends `Sampled=1` has every request of his recorded, which costs
    /// money, and chooses the trace that it is recorded in; what else stands in the header travels on. The segment is linked to
    /// the sender's, if the header names one. Nobody is told the decision.
    ///
    /// ```
    /// use xray_http::{ServerOptions, XRayLayer};
    ///
    /// let layer: XRayLayer = XRayLayer::new("shop").with_options(ServerOptions::new().distrust_callers());
    /// # let _ = layer;
    /// ```
    pub fn distrust_callers(mut self) -> Self {
        self.distrusts_callers = true;
        self
    }

    /// Uses a recorder of one's own. The default is the [current](Recorder::current) one of each request.
    pub fn recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = Some(recorder);
        self
    }

    pub(super) fn ignores(&self, request: &impl Incoming) -> bool {
        let path = request.path();
        let seen = IncomingRequest::new(request);
        // The program's code may not take the request down.
        let says_so = |ignored: &Arc<Predicate>| caught(|| ignored(&seen)).unwrap_or(false);
        self.ignored_paths.iter().any(|pattern| matches_wildcard(pattern, path)) || self.ignored.iter().any(says_so)
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = formatter.debug_struct("ServerOptions");
        output.field("ignored_paths", &self.ignored_paths).field("predicates", &self.ignored.len());
        output.field("sample_by_route", &self.sample_by_route).field("distrusts_callers", &self.distrusts_callers);
        output.field("recorder", &self.recorder).finish()
    }
}

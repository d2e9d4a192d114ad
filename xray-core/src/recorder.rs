//! The recorder: begins segments, and decides which of them are recorded.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use crate::clock::unix_microseconds;
use crate::config::{ConfigError, Configuration, RecorderBuilder};
use crate::context::{Context, Unsampled};
use crate::emitter::DaemonAddress;
use crate::entity::{Origin, Stats, TreeHandle};
use crate::handle::Entity;
use crate::header::{Sampled, TraceHeader};
use crate::id::TraceId;
use crate::missed;
use crate::missing::{self, Missing, MissingScope};
use crate::notice::Notice;
use crate::panic::caught;
use crate::random::notice_copy;
use crate::sampling::{RULE_KEY, SamplingDecision, SamplingRequest};
use crate::segment::Segment;
use crate::stack;

/// Begins segments with one configuration; clones share it.
///
/// Most programs [install](RecorderBuilder::install) one at start-up and never name it again.
///
/// ```
/// # use xray_core::Recorder;
/// let recorder = Recorder::builder().service("checkout").build()?;
/// let segment = recorder.begin_segment("checkout");
/// assert!(segment.trace_id().is_some());
/// # Ok::<(), xray_core::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Recorder(pub(crate) Shared);

impl Recorder {
    /// Begins the set-up.
    pub fn builder() -> RecorderBuilder {
        RecorderBuilder::default()
    }

    fn new(configuration: Configuration) -> Self {
        let recorder = Self(Shared(Arc::new(configuration)));
        recorder.0.missing.set(recorder.missing());
        recorder
    }

    /// The recorder that is used here: the one of this thread's scope, or the installed one, or the default.
    #[must_use]
    pub fn current() -> Self {
        if let Ok(Some(scoped)) = SCOPED.try_with(|scoped| scoped.borrow().last().cloned()) {
            return scoped;
        }
        let installed = PROCESS_WIDE.read().unwrap_or_else(PoisonError::into_inner).clone();
        installed.unwrap_or_else(default_recorder)
    }

    /// Begins a segment; an empty name stands for the service's name.
    pub fn begin_segment(&self, name: &str) -> Segment {
        self.segment(name).begin()
    }

    /// Begins a segment of which more is known: the header that came in, what to sample by.
    pub fn segment<'a>(&'a self, name: &'a str) -> SegmentBuilder<'a> {
        let name = if name.is_empty() { self.service().unwrap_or_default() } else { name };
        SegmentBuilder {
            recorder: self,
            name,
            header: TraceHeader::default(),
            request: None,
            sampled: None,
            begun: None,
        }
    }

    /// What became of this recorder's documents.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let elsewhere = if self.is_process_wide() { missed::total() } else { 0 };
        Stats { missing_segments: self.0.missing.missed() + elsewhere, ..self.0.settings.counters.stats() }
    }

    /// The service's name, if one is set.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.0.service.as_deref()
    }

    /// The name that the variable `AWS_XRAY_TRACING_NAME` gives, if it is set. Servers name all their segments by it.
    #[must_use]
    pub fn tracing_name(&self) -> Option<&str> {
        self.0.tracing_name.as_deref()
    }

    /// The kind of AWS resource that the [plugins](crate::plugins) found the program on, such as `AWS::EC2::Instance`.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.0.settings.platform.origin()
    }

    /// Whether anything is recorded at all.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.0.switch.enabled.load(Ordering::Relaxed)
    }

    /// Whether threads without a scope use this recorder.
    pub(crate) fn is_process_wide(&self) -> bool {
        let process_wide = PROCESS_WIDE.read().unwrap_or_else(PoisonError::into_inner);
        process_wide.as_ref().is_some_and(|recorder| recorder.0.is(&self.0))
    }

    /// Where the daemon is expected.
    #[must_use]
    pub fn daemon_address(&self) -> &DaemonAddress {
        &self.0.address
    }

    /// Uses this recorder on this thread until the guard is dropped: tests run side by side that way.
    pub fn scope(&self) -> RecorderScope {
        let _ = SCOPED.try_with(|scoped| scoped.borrow_mut().push(self.clone()));
        RecorderScope {
            recorder: self.clone(),
            _missing: missing::scope(self.0.missing.clone()),
            not_send: PhantomData,
        }
    }

    /// A program that turned the SDK off does not want to hear of missing segments.
    pub(crate) fn missing(&self) -> Missing {
        if self.is_enabled() { Missing::Reported(self.0.context_missing) } else { Missing::SwitchedOff }
    }
}

impl RecorderBuilder {
    /// Makes a recorder of one's own, beside the process-wide one.
    ///
    /// # Errors
    /// If a variable has a value that cannot be read.
    pub fn build(self) -> Result<Recorder, ConfigError> {
        self.configure().map(Recorder::new)
    }

    /// Makes the process-wide recorder, which `begin_segment` and all instruments use.
    ///
    /// A later call replaces it, and so does the first one where segments were begun before it; open segments go on as they
    /// were begun. The sampler of the recorder that was replaced ends with the last clone of it.
    ///
    /// # Errors
    /// If a variable has a value that cannot be read. Nothing is installed then.
    pub fn install(self) -> Result<Recorder, ConfigError> {
        let recorder = self.build()?;
        let before = {
            let mut process_wide = PROCESS_WIDE.write().unwrap_or_else(PoisonError::into_inner);
            missing::set(recorder.missing());
            process_wide.replace(recorder.clone())
        };
        // Dropped outside of the lock: it may be the last of its emitter and its sampler, whose thread ends then.
        drop(before);
        Ok(recorder)
    }
}

/// A panic leaves a recorder as it was: what a caught panic has seen of it can be used on.
impl UnwindSafe for Recorder {}
impl RefUnwindSafe for Recorder {}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut output = formatter.debug_struct("Recorder");
        output.field("service", &self.service()).field("enabled", &self.is_enabled());
        output.field("daemon_address", &self.0.address).field("stats", &self.stats()).finish_non_exhaustive()
    }
}

/// A configuration, of which the compiler knows no more than that any thread may have it. So it finds out at once that a future
/// with a recorder in it is `Send`, as deep as that future may be in others.
#[derive(Clone)]
pub(crate) struct Shared(Arc<dyn AnyConfiguration>);

trait AnyConfiguration: Send + Sync {
    fn configuration(&self) -> &Configuration;
}

impl AnyConfiguration for Configuration {
    fn configuration(&self) -> &Configuration {
        self
    }
}

impl Shared {
    fn is(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.0), Arc::as_ptr(&other.0))
    }
}

impl Deref for Shared {
    type Target = Configuration;

    fn deref(&self) -> &Configuration {
        self.0.configuration()
    }
}

/// The recorder that was installed, or else the one that was made when a recorder was asked for first.
static PROCESS_WIDE: RwLock<Option<Recorder>> = RwLock::new(None);

/// The recorder of a program that has installed none, until it does.
///
/// It is not made under the lock that holds it, because that runs the program's code: what is wrong in the environment is
/// logged. Threads that come at the same time may each make one; the first is taken.
#[cold]
fn default_recorder() -> Recorder {
    let (configuration, ignored) = RecorderBuilder::configure_or_default();
    let made = Recorder::new(configuration);
    let mut process_wide = PROCESS_WIDE.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(other) = process_wide.clone() {
        drop(process_wide);
        return other;
    }
    missing::set(made.missing());
    *process_wide = Some(made.clone());
    drop(process_wide);
    ignored.iter().for_each(|error| Notice::VariableIgnored { error }.log());
    made
}

thread_local! {
    static SCOPED: RefCell<Vec<Recorder>> = const { RefCell::new(Vec::new()) };
}

/// Uses a recorder on this thread until it is dropped, made by [`Recorder::scope`].
#[must_use = "the recorder is used only as long as this lives"]
#[derive(Debug)]
pub struct RecorderScope {
    recorder: Recorder,
    _missing: MissingScope,
    not_send: PhantomData<*const ()>,
}

impl Drop for RecorderScope {
    fn drop(&mut self) {
        let ended = SCOPED.try_with(|scoped| {
            let mut scoped = scoped.borrow_mut();
            let position = scoped.iter().rposition(|recorder| recorder.0.is(&self.recorder.0));
            position.map(|position| scoped.remove(position))
        });
        // Dropped outside of the borrow: it may be the last of its emitter.
        drop(ended);
    }
}

/// How old an id may be, in seconds: 28 days, with which the OpenTelemetry collector stays on the safe side of X-Ray's 30.
const OLDEST_ID: u64 = 28 * 24 * 60 * 60;

/// A segment that is about to begin.
#[must_use = "the segment begins at begin()"]
#[derive(Debug)]
pub struct SegmentBuilder<'a> {
    recorder: &'a Recorder,
    name: &'a str,
    header: TraceHeader,
    request: Option<SamplingRequest<'a>>,
    sampled: Option<bool>,
    begun: Option<u64>,
}

impl<'a> SegmentBuilder<'a> {
    /// Goes on with the trace of an incoming header: its root, its parent and its decision, if it has one.
    pub fn trace_header(mut self, header: TraceHeader) -> Self {
        self.header = header;
        self
    }

    /// Says what the sampler may decide by. Where it has no service name, the segment's name is that.
    pub fn sampling_request(mut self, request: SamplingRequest<'a>) -> Self {
        self.request = Some(request);
        self
    }

    /// Decides, whatever the header and the sampler say.
    pub fn sampled(mut self, sampled: bool) -> Self {
        self.sampled = Some(sampled);
        self
    }

    /// Says when the work began, where that was before now; a later time is taken for now, and one before
    /// September 2001, a billion seconds after 1970, for that.
    ///
    /// A trace that begins here has the time in its id. X-Ray refuses ids that are older than 30 days, so a time before the
    /// last 28 days is not in the id, which then has that of now.
    /// (The end is told by [`Segment::end_at`].)
    pub fn begin_at(mut self, time: impl Into<SystemTime>) -> Self {
        self.begun = Some(unix_microseconds(time.into()));
        self
    }

    /// Begins the segment. It is not current until it is entered.
    ///
    /// In Lambda it is a subsegment: of what is current in the function, or else of the function's own segment as Lambda's
    /// environment, or else the header, names it. A header of another trace, such as that of an event, becomes a link: Lambda
    /// has made the trace that the invocation is in.
    pub fn begin(self) -> Segment {
        let parts = &self.recorder.0;
        if !self.recorder.is_enabled() {
            return Segment(Entity::new(Context::Suppressed));
        }
        if let Some(function) = self.lambda_function() {
            let entity = Entity::new(match self.sampled {
                Some(false) => function.begin_child_without_sampling(),
                _ => match self.begun {
                    Some(begun) => function.begin_child_at(self.name, begun),
                    None => function.begin_child(self.name),
                },
            });
            if self.names_another_trace(&entity) {
                entity.put_link(&self.header);
            }
            return Segment(entity);
        }
        let mut decision = self.decide();
        if let Some(rule_key) = self.header.extra(RULE_KEY) {
            let followed = caught(|| parts.sampler.follow(decision.clone(), rule_key));
            decision = followed.unwrap_or(decision);
        }
        let settings = &parts.settings;
        let is_sampled = decision.is_sampled();
        let anchor = (is_sampled || decision.watch().is_some()).then(|| settings.clock.anchor());
        // Before the first id is drawn.
        anchor.iter().for_each(notice_copy);
        let trace_id = self.header.root().unwrap_or_else(|| {
            let now = settings.clock.unix_seconds();
            let begun = self.begun.map(|begun| begun / 1_000_000);
            TraceId::generate_at(
                begun.filter(|begun| (now.saturating_sub(OLDEST_ID)..now).contains(begun)).unwrap_or(now),
            )
        });
        // Without a root the parent belongs to another trace.
        let parent = self.header.root().and(self.header.parent());
        let extras = self.header.shared_extras();
        let watch =
            decision.watch().map(|rule| rule.begin(self.recorder.service().unwrap_or(self.name), trace_id, is_sampled));
        let extras = match decision.watch() {
            Some(rule) => Some(rule.hand_down(extras)),
            None => extras,
        };
        let context = if let Some(anchor) = anchor {
            let origin = Origin { trace_id, parent, extras, rule_name: decision.shared_rule_name(), watch };
            let begun = self.begun.map_or(anchor.start(), |begun| begun.min(anchor.start()));
            Context::Recording(TreeHandle::begin(Arc::clone(settings), anchor, begun, self.name, origin))
        } else {
            let libraries = settings.libraries;
            Context::unsampled(Unsampled { root: trace_id, parent, libraries }, extras)
        };
        Segment(Entity::new(context))
    }

    /// What stands above the segment in Lambda; `None` elsewhere.
    fn lambda_function(&self) -> Option<Context> {
        if stack::with_current(Context::is_in_facade) {
            return Some(stack::current());
        }
        if !self.recorder.is_in_lambda() {
            return None;
        }
        let of_invocation = self.recorder.0.lambda.header();
        // A server behind an adapter, which is a process of its own, is told by each request.
        let header = if of_invocation.root().is_some() { of_invocation } else { self.header.clone() };
        if header.root().is_none() {
            Notice::OutsideOfInvocation { name: self.name }.log();
        }
        Some(self.recorder.facade_segment(header).0.context.clone())
    }

    /// Whether the header is that of an entity in another trace, which is recorded as far as anybody knows.
    fn names_another_trace(&self, entity: &Entity) -> bool {
        let names_entity = self.header.root().is_some() && self.header.parent().is_some();
        names_entity && self.header.sampled() != Sampled::No && self.header.root() != entity.trace_id()
    }

    fn decide(&self) -> SamplingDecision {
        let fixed = self.sampled.or(match self.header.sampled() {
            Sampled::Yes => Some(true),
            Sampled::No => Some(false),
            Sampled::Requested | Sampled::Unspecified => None,
        });
        if let Some(sampled) = fixed {
            return if sampled { SamplingDecision::sampled() } else { SamplingDecision::not_sampled() };
        }
        let mut request = self.request.unwrap_or_default();
        request.service_name.get_or_insert(self.name);
        // As the AWS SDKs do: rules for a platform are meant for the segments that say they run there.
        request.service_type = request.service_type.or(self.recorder.0.settings.platform.origin());
        let sampler = &self.recorder.0.sampler;
        // A sampler is the user's code: it may not take the program down.
        caught(|| sampler.should_sample(&request)).unwrap_or_else(|_| {
            Notice::SamplerPanicked { sampler }.log();
            SamplingDecision::not_sampled()
        })
    }
}

/// Begins a segment with the [current recorder](Recorder::current); an empty name stands for the service's name.
///
/// ```
/// let segment = xray_core::begin_segment("checkout").entered();
/// segment.put_annotation("customer", "c-17");
/// # assert!(segment.trace_id().is_some());
/// ```
pub fn begin_segment(name: &str) -> Segment {
    Recorder::current().begin_segment(name)
}

#[cfg(test)]
mod tests {
    use crate::random::pretend_fork;
    use crate::testing::Daemon;

    /// A fork was noticed only after the id of the first trace was drawn, so that all children of one fork drew the same.
    #[test]
    fn the_children_of_one_fork_begin_traces_of_their_own() {
        let daemon = Daemon::start().unwrap();
        let recorder = daemon.recorder().build().unwrap();
        let [first, second] = [7, 7].map(|seed| {
            pretend_fork(seed);
            let segment = recorder.begin_segment("shop");
            segment.trace_id().unwrap().to_string()
        });
        assert_ne!(first[11..], second[11..], "but for the time");
    }
}

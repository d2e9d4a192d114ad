//! The beginning of a segment: of which trace it is, and whether it is recorded.

use std::sync::Arc;
use std::time::SystemTime;

use crate::clock::unix_microseconds;
use crate::context::{Context, Unsampled};
use crate::entity::{Origin, TreeHandle};
use crate::handle::Entity;
use crate::header::{Sampled, TraceHeader};
use crate::id::TraceId;
use crate::notice::Notice;
use crate::panic::caught;
use crate::random::notice_copy;
use crate::recorder::Recorder;
use crate::sampling::{RULE_KEY, SamplingDecision, SamplingRequest};
use crate::segment::Segment;
use crate::stack;

impl Recorder {
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

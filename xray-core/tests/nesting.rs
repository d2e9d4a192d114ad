//! What is current under guards, closures and futures of every kind, nested and dropped in any order.
//!
//! What is not recorded and is current already is not put on the thread's stack once more, but counted: nobody may notice.

#![allow(clippy::unwrap_used)] // as in tests

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures::FutureExt as _;
use test_support::builder;
use xray_core::__private::{CapturedCall, capture_call, capture_future};
use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
use xray_core::{
    ClientCall, ContextMissing, EntityGuard, EntityScope, Library, Recorder, Segment, TraceHeader, TraceId,
    XRayFutureExt as _, begin_subsegment, capture, capture_async, carry, current_entity, current_trace_id,
    run_in_subsegment,
};

#[derive(Debug)]
struct Nowhere;

impl Emitter for Nowhere {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        Ok(())
    }
}

/// What can be seen of what is current.
type Seen = (Option<TraceId>, ClientCall);

fn seen() -> Seen {
    (current_trace_id(), ClientCall::of(Library::Reqwest))
}

const NOTHING: Seen = (None, ClientCall::Untraced);

/// One of each kind that can be current, and two of some.
fn segments(recorder: &Recorder, disabled: &Recorder) -> Vec<Segment> {
    let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=0";
    let passed_on = format!("{header};Lineage=10:1234abcd:3");
    vec![
        recorder.segment("recorded").sampled(true).begin(),
        recorder.segment("another").sampled(true).begin(),
        recorder.segment("not sampled").sampled(false).begin(),
        recorder.segment("another, not sampled").sampled(false).begin(),
        recorder.segment("with a header").trace_header(TraceHeader::parse(header)).begin(),
        recorder.segment("with more to pass on").trace_header(TraceHeader::parse(&passed_on)).begin(),
        recorder.facade_segment(TraceHeader::parse(&passed_on)),
        disabled.begin_segment("switched off"),
        // Nothing at all, which changes nothing.
        xray_core::current_segment(),
    ]
}

fn recorders() -> [Recorder; 2] {
    let build = |enabled| {
        let builder = builder().emitter(Nowhere).enabled(enabled).libraries([Library::Reqwest]);
        builder.context_missing(ContextMissing::IgnoreError).build().unwrap()
    };
    [build(true), build(false)]
}

/// What is seen with one of them current.
fn seen_in(segment: &Segment) -> Option<Seen> {
    let _guard = segment.enter();
    Some(seen()).filter(|seen| *seen != NOTHING || format!("{segment:?}").contains("suppressed"))
}

/// A program made of numbers, and beside it what has to be current: a list of who is in what, the youngest last.
struct Program<'a> {
    random: Cell<u64>,
    segments: &'a [(Segment, Option<Seen>)],
    guards: RefCell<Vec<(u32, EntityGuard<'a>)>>,
    expected: RefCell<Vec<(u32, Seen)>>,
    next: Cell<u32>,
    steps: Cell<u32>,
}

impl<'a> Program<'a> {
    fn new(seed: u64, segments: &'a [(Segment, Option<Seen>)]) -> Self {
        let random = Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let (guards, expected) = (RefCell::default(), RefCell::default());
        Self { random, segments, guards, expected, next: Cell::new(0), steps: Cell::new(40) }
    }

    fn below(&self, end: usize) -> usize {
        let mut random = self.random.get();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        self.random.set(random);
        (random >> 16) as usize % end
    }

    fn current(&self) -> Option<Seen> {
        self.expected.borrow().last().map(|(_, seen)| *seen)
    }

    fn check(&self, when: &str) {
        assert_eq!(seen(), self.current().unwrap_or(NOTHING), "{when}: {:?}", self.expected.borrow());
    }

    /// Says that somebody is in something from now on.
    fn push(&self, what: Option<Seen>) -> u32 {
        let number = self.next.replace(self.next.get() + 1);
        if let Some(what) = what {
            self.expected.borrow_mut().push((number, what));
        }
        number
    }

    fn pop(&self, number: u32) {
        self.expected.borrow_mut().retain(|(other, _)| *other != number);
    }

    fn run(&self, depth: usize) {
        for _ in 0..self.below(6) {
            if self.steps.get() == 0 {
                return;
            }
            self.steps.set(self.steps.get() - 1);
            match self.below(4) {
                0 => {
                    let (segment, seen) = &self.segments[self.below(self.segments.len())];
                    let number = self.push(*seen);
                    self.guards.borrow_mut().push((number, segment.enter()));
                }
                1 => {
                    let count = self.guards.borrow().len();
                    if count > 0 {
                        // Mostly the youngest, but any may be.
                        let which = if self.below(3) == 0 { self.below(count) } else { count - 1 };
                        let (number, guard) = self.guards.borrow_mut().remove(which);
                        drop(guard);
                        self.pop(number);
                    }
                }
                _ if depth < 6 => self.nest(depth + 1),
                _ => {}
            }
            self.check("after a step");
        }
    }

    /// A piece of work in what is current.
    fn piece(&self, what: Option<Seen>, depth: usize) {
        let number = self.push(what);
        self.check("at the begin of a piece");
        self.run(depth);
        self.pop(number);
    }

    fn nest(&self, depth: usize) {
        let current = self.current();
        let piece = || self.piece(current, depth);
        match self.below(12) {
            0 => run_in_subsegment("part", |_| piece()),
            1 => capture("part", |_| {
                piece();
                Ok::<_, &str>(())
            })
            .unwrap(),
            2 => capture_call("part", piece, |_, ()| {}),
            3 => {
                let call = CapturedCall::begin("part");
                piece();
                drop(call);
            }
            4 => EntityScope::from(begin_subsegment("part")).run(piece),
            5 => carry(piece)(),
            6 => {
                let _current = current_entity().entered();
                piece();
            }
            7 => {
                let _part = begin_subsegment("part").entered();
                piece();
            }
            8 => self.in_two_polls(current, depth, |work| capture_future("part", work, |_, ()| {})),
            9 => self.in_two_polls(current, depth, |work| work.in_subsegment("part")),
            10 => self.in_two_polls(current, depth, |work| work.in_current()),
            _ => self.in_two_polls(current, depth, |work| {
                let captured = capture_async("part", work.map(Ok::<_, &str>));
                async move { captured.await.unwrap() }
            }),
        }
    }

    /// Work with something else between its two polls.
    fn in_two_polls<'s, F: Future<Output = ()> + 's>(
        &'s self,
        current: Option<Seen>,
        depth: usize,
        wrap: impl FnOnce(Pin<Box<dyn Future<Output = ()> + 's>>) -> F,
    ) {
        let mut work = pin!(wrap(Box::pin(async move {
            self.piece(current, depth);
            yield_once().await;
            self.piece(current, depth);
        })));
        let mut context = Context::from_waker(Waker::noop());
        assert!(work.as_mut().poll(&mut context).is_pending());
        self.run(depth);
        self.check("between two polls");
        assert!(work.as_mut().poll(&mut context).is_ready());
    }
}

#[test]
fn what_is_current_is_what_was_entered_last_and_not_left() {
    let [recorder, disabled] = recorders();
    let _scope = recorder.scope();
    let segments: Vec<_> = segments(&recorder, &disabled)
        .into_iter()
        .map(|segment| {
            let seen = seen_in(&segment);
            (segment, seen)
        })
        .collect();
    assert_eq!(segments.iter().filter(|(_, seen)| seen.is_none()).count(), 1);
    for seed in 0..3_000 {
        let program = Program::new(seed, &segments);
        program.run(0);
        // The youngest first.
        for (number, guard) in program.guards.take().into_iter().rev() {
            drop(guard);
            program.pop(number);
        }
        assert_eq!(seen(), NOTHING, "{seed}");
    }
}

/// The thread's stack has what is not recorded; a future that waits has to take it along.
#[test]
fn a_future_has_what_was_current_at_its_first_poll_wherever_it_is_polled_and_dropped() {
    struct Looks<'a>(&'a RefCell<Vec<Seen>>);
    impl Drop for Looks<'_> {
        fn drop(&mut self) {
            self.0.borrow_mut().push(seen());
        }
    }
    let [recorder, disabled] = recorders();
    let _scope = recorder.scope();
    for segment in segments(&recorder, &disabled) {
        let what = seen_in(&segment);
        let other = recorder.segment("other").sampled(true).begin();
        for around in [None, Some(&other)] {
            for panics in [false, true] {
                let elsewhere = around.and_then(seen_in).unwrap_or(NOTHING);
                let all = RefCell::new(Vec::new());
                let work = async {
                    let looks = Looks(&all);
                    all.borrow_mut().push(seen());
                    yield_once().await;
                    all.borrow_mut().push(seen());
                    assert!(!panics, "out");
                    std::future::pending::<()>().await;
                    drop(looks);
                };
                let mut work = Box::pin(capture_future("part", work, |_, ()| {}));
                let mut poll = || {
                    let polled =
                        std::panic::AssertUnwindSafe(|| work.as_mut().poll(&mut Context::from_waker(Waker::noop())));
                    std::panic::catch_unwind(polled).unwrap_or(Poll::Ready(()))
                };
                {
                    let _guard = segment.enter();
                    assert_eq!(poll(), Poll::Pending);
                }
                let guard = around.map(|segment| segment.enter());
                assert_eq!(poll().is_ready(), panics);
                drop(work);
                assert_eq!(seen(), elsewhere);
                drop(guard);
                let first = what.unwrap_or(NOTHING);
                let later = what.unwrap_or(elsewhere);
                assert_eq!(*all.borrow(), [first, later, later], "{segment:?}");
            }
        }
    }
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|_| if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

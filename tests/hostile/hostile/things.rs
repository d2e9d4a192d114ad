//! Everything of a program's that the SDK runs.

use std::cell::RefCell;
use std::error::Error;
use std::future::Future;
use std::net::IpAddr;
use std::ops::{Deref, DerefMut};
use std::panic::{catch_unwind, panic_any};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::{fmt, io};

use aws_xray_sdk::http::{ServerOptions, XRayLayer};
use http::{Request, Response};
use serde::{Serialize, Serializer};
use tower::{Layer as _, Service as _, service_fn};
use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
use xray_core::plugins::{Platform, Plugin, Surroundings};
use xray_core::sampling::{FixedSampler, Sampler, SamplerSetting, SamplingDecision, SamplingRequest};
use xray_core::{
    Environment, Library, Recorder, RecorderBuilder, Subsegment, TraceHeader, XRayFutureExt as _,
    begin_client_subsegment, begin_subsegment, capture,
};

use crate::behaviour::{Behaviour, join, react};

pub struct Thing {
    pub name: &'static str,
    /// Has the SDK run it, which reacts.
    pub run: fn(),
    /// Whether a line that is provoked in it is written in any case.
    pub shows_lines: bool,
    /// What the language does not allow there: a panic that nobody can catch.
    never_panics: bool,
    /// Whether it is the panic hook, in which nobody may panic, not even to be caught.
    pub is_hook: bool,
}

impl Thing {
    pub fn may(&self, behaviour: Behaviour) -> bool {
        !(self.never_panics && behaviour == Behaviour::Panics)
    }
}

const fn thing(name: &'static str, run: fn()) -> Thing {
    Thing { name, run, shows_lines: false, never_panics: false, is_hook: false }
}

pub const ALL: &[Thing] = &[
    // The subscriber alone: the line is provoked by ordinary code.
    Thing { shows_lines: true, ..thing("subscriber", || react("subscriber")) },
    Thing { shows_lines: true, ..thing("subscriber in a segment", || in_segment(|| react("subscriber in a segment"))) },
    thing("filter", || in_segment(|| xray_core::record_error("lost"))),
    thing("filter of a flagged fault", || {
        let segment = recorder().begin_segment("shop");
        let subsegment = segment.begin_subsegment("part");
        let _current = segment.enter();
        subsegment.set_fault();
        subsegment.end();
        subsegment_with_error(&segment);
    }),
    thing("filter of a panic", || {
        let _ = catch_unwind(|| {
            let _segment = recorder().begin_segment("shop").entered();
            let _part = begin_subsegment("part").entered();
            panic!("in a segment");
        });
    }),
    thing("filter of a panic outside", || drop(catch_unwind(|| panic!("in no segment")))),
    Thing {
        never_panics: true,
        is_hook: true,
        ..thing("panic hook", || {
            let _ = catch_unwind(|| in_segment(|| panic!("in a segment")));
        })
    },
    thing("Display", || in_segment(|| xray_core::record_error(&Failed::of("Display")))),
    thing("Debug", || {
        in_segment(|| {
            let error: Box<dyn Error + Send + Sync> = Failed::of("Debug").into();
            xray_core::record_error(&error);
        })
    }),
    thing("source", || in_segment(|| xray_core::record_error(&Failed::of("source")))),
    thing("Deref", || in_segment(|| xray_core::record_error(&Pointer(Failed::of("Deref").into())))),
    thing("Serialize", || in_segment(|| xray_core::put_metadata("key", Reacts("Serialize")))),
    thing("Serialize of aws", || in_segment(|| xray_core::current_entity().put_aws("key", Reacts("Serialize of aws")))),
    thing("Drop of a value", || in_segment(|| xray_core::put_metadata("key", ReactsAsItGoes("Drop of a value")))),
    thing("sampler", || with_sampler("should_sample", "sampler")),
    thing("sampler that configures", || with_sampler("configure", "sampler that configures")),
    thing("sampler that follows", || with_sampler("follow", "sampler that follows")),
    thing("Debug of a sampler", || with_sampler("Debug", "Debug of a sampler")),
    thing("Drop of a sampler", || with_sampler("Drop", "Drop of a sampler")),
    thing("emitter", || with_emitter("emit", "emitter")),
    thing("limit of an emitter", || with_emitter("max_document_size", "limit of an emitter")),
    thing("Drop of an emitter", || with_emitter("Drop", "Drop of an emitter")),
    thing("Drop of an emitter that is replaced", || {
        let name = "Drop of an emitter that is replaced";
        drop(builder().emitter(Hostile { where_: "Drop", name }).install());
        drop(builder().emitter(Nowhere).install());
    }),
    thing("Drop of an emitter in a segment", || {
        let recorder =
            builder().emitter(Hostile { where_: "Drop", name: "Drop of an emitter in a segment" }).build().unwrap();
        let segment = recorder.begin_segment("shop").entered();
        let part = begin_subsegment("part");
        drop(recorder);
        segment.end();
        part.end();
    }),
    thing("error of an emitter", || with_emitter("error", "error of an emitter")),
    thing("Drop of an emitter's error", || with_emitter("Drop of an error", "Drop of an emitter's error")),
    thing("payload of an emitter", || with_emitter("payload", "payload of an emitter")),
    thing("plugin", || with_plugin("look", "plugin")),
    thing("Debug of a plugin", || with_plugin("Debug", "Debug of a plugin")),
    thing("Drop of a plugin", || with_plugin("Drop", "Drop of a plugin")),
    thing("closure of capture", || {
        in_segment(|| {
            let work = |_: &Subsegment| -> Result<(), String> {
                react("closure of capture");
                Ok(())
            };
            let _ = catch_unwind(|| capture("part", work));
        })
    }),
    thing("name of a call", || {
        in_segment(|| {
            let _ = catch_unwind(|| {
                begin_client_subsegment(Library::Mongodb, || {
                    react("name of a call");
                    "name"
                })
            });
        })
    }),
    thing("future", || poll(async { react("future") }.in_subsegment("part"))),
    thing("Drop of a future", || {
        let held = ReactsAsItGoes("Drop of a future");
        poll(
            async move {
                std::future::pending::<()>().await;
                drop(held)
            }
            .in_subsegment("part"),
        );
    }),
    thing("waker", || {
        let waker = Waker::from(Arc::new(Wakes));
        let wakes = std::future::poll_fn(|context: &mut Context<'_>| {
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let mut future = pin!(wakes.in_subsegment("part"));
        in_segment(|| assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending()));
    }),
    Thing {
        never_panics: true,
        ..thing("thread-local that goes last", || {
            at_the_end(
                || LAST.with_borrow_mut(|last| *last = Some(AtTheEnd("thread-local that goes last"))),
                work_on_a_thread,
            )
        })
    },
    Thing {
        never_panics: true,
        ..thing("thread-local that goes first", || {
            at_the_end(work_on_a_thread, || {
                LAST.with_borrow_mut(|last| *last = Some(AtTheEnd("thread-local that goes first")))
            })
        })
    },
    thing("ignore_when", || serve("ignore_when")),
    thing("client_address", || serve("client_address")),
    thing("matched_route", || serve("matched_route")),
];

pub fn builder() -> RecorderBuilder {
    Recorder::builder().environment(Environment::empty()).sampler(FixedSampler::ALL).emitter(Nowhere)
}

pub fn recorder() -> Recorder {
    builder().build().unwrap()
}

fn in_segment(work: impl FnOnce()) {
    let recorder = builder().libraries(Library::ALL).build().unwrap();
    let _scope = recorder.scope();
    let _segment = recorder.begin_segment("shop").entered();
    work();
}

fn subsegment_with_error(segment: &xray_core::Segment) {
    segment.begin_subsegment("other").record_error("lost");
}

pub fn filter(_: &str) -> Option<String> {
    for name in ["filter", "filter of a flagged fault", "filter of a panic", "filter of a panic outside"] {
        react(name);
    }
    None
}

/// An emitter that drops what it gets.
#[derive(Debug)]
pub struct Nowhere;

impl Emitter for Nowhere {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        Ok(())
    }
}

/// An error of which one method reacts.
struct Failed {
    name: &'static str,
}

impl Failed {
    fn of(name: &'static str) -> Self {
        Self { name }
    }

    fn react(&self, method: &str) {
        if self.name == method {
            react(self.name);
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.react("Display");
        self.react("error of an emitter");
        formatter.write_str("failed")
    }
}

impl fmt::Debug for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.react("Debug");
        formatter.write_str("Failed")
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.react("source");
        None
    }
}

impl Drop for Failed {
    fn drop(&mut self) {
        self.react("Drop of an emitter's error");
    }
}

struct Pointer(Box<dyn Error + Send + Sync>);

impl Deref for Pointer {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        react("Deref");
        &*self.0
    }
}

impl DerefMut for Pointer {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.0
    }
}

struct Reacts(&'static str);

impl Serialize for Reacts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        react(self.0);
        serializer.serialize_unit()
    }
}

struct ReactsAsItGoes(&'static str);

impl Serialize for ReactsAsItGoes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl Drop for ReactsAsItGoes {
    fn drop(&mut self) {
        react(self.0);
    }
}

struct Wakes;

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        react("waker");
    }
}

/// A sampler, an emitter or a plugin of which one method reacts.
struct Hostile {
    where_: &'static str,
    name: &'static str,
}

impl Hostile {
    fn react(&self, method: &str) {
        if self.where_ == method {
            react(self.name);
        }
    }
}

impl fmt::Debug for Hostile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.react("Debug");
        formatter.write_str("Hostile")
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.react("Drop");
    }
}

impl Sampler for Hostile {
    fn should_sample(&self, _: &SamplingRequest<'_>) -> SamplingDecision {
        self.react("should_sample");
        if self.where_ == "Debug" {
            // So that the log names it.
            panic!("whoever samples");
        }
        SamplingDecision::sampled()
    }

    fn follow(&self, decision: SamplingDecision, _: &str) -> SamplingDecision {
        self.react("follow");
        decision
    }

    fn configure(&self, _: &SamplerSetting<'_>) {
        self.react("configure");
    }
}

impl Emitter for Hostile {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        self.react("emit");
        match self.where_ {
            "error" | "Drop of an error" => Err(EmitError::Io(io::Error::other(Failed::of(self.name)))),
            "payload" => panic_any(ReactsAsItGoes(self.name)),
            _ => Ok(()),
        }
    }

    fn max_document_size(&self) -> usize {
        self.react("max_document_size");
        64_000
    }
}

impl Plugin for Hostile {
    fn look(&self, _: &Surroundings) -> Option<Platform> {
        self.react("look");
        None
    }
}

fn with_sampler(where_: &'static str, name: &'static str) {
    let recorder = builder().sampler(Hostile { where_, name }).build().unwrap();
    let header = TraceHeader::parse("Root=1-57ff426a-80c11c39b0c928905eb0828d;xrsr=1234");
    recorder.segment("shop").trace_header(header).begin().end();
}

fn with_emitter(where_: &'static str, name: &'static str) {
    let recorder = builder().emitter(Hostile { where_, name }).build().unwrap();
    recorder.begin_segment("shop").end();
}

fn with_plugin(where_: &'static str, name: &'static str) {
    let plugin: Box<dyn Plugin> = Box::new(Hostile { where_, name });
    drop(builder().plugins([plugin]).build());
}

fn poll(work: impl Future) {
    in_segment(|| {
        let mut work: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async { drop(work.await) });
        let _ = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    });
}

thread_local! {
    static LAST: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
}

struct AtTheEnd(&'static str);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        react(self.0);
    }
}

fn at_the_end(first: fn(), then: fn()) {
    join(move || {
        first();
        then();
    });
}

/// Has the SDK and the subscriber keep something in the thread.
fn work_on_a_thread() {
    in_segment(|| {
        tracing::info!(target: "hostile", "a line");
        begin_subsegment("part").end();
    });
}

fn serve(what: &'static str) {
    let options = ServerOptions::new().recorder(recorder()).ignore_when(move |_| {
        if what == "ignore_when" {
            react(what);
        }
        false
    });
    let layer: XRayLayer = XRayLayer::new("shop").with_options(options);
    let layer = layer.client_address(move |_| {
        if what == "client_address" {
            react(what);
        }
        None::<IpAddr>
    });
    let layer = layer.matched_route(move |_| {
        if what == "matched_route" {
            react(what);
        }
        None
    });
    let mut service =
        layer.layer(service_fn(async |_: Request<String>| Ok::<_, io::Error>(Response::new(String::new()))));
    let request = Request::builder().uri("http://shop.example/cart").body(String::new()).unwrap();
    let mut answer = pin!(service.call(request));
    assert!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

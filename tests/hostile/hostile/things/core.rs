//! What the core runs.

use std::cell::RefCell;
use std::error::Error;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::panic::{catch_unwind, panic_any};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::SystemTime;
use std::{fmt, io};

use serde::{Serialize, Serializer};
use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
use xray_core::plugins::{Platform, Plugin, Surroundings};
use xray_core::sampling::{Sampler, SamplerSetting, SamplingDecision, SamplingRequest};
use xray_core::{
    AnnotationValue, EntityScope, Library, NameOrSubsegment, Subsegment, TraceHeader, XRayFutureExt as _,
    begin_client_subsegment, begin_subsegment, capture,
};

use super::{Nowhere, Thing, builder, in_segment, recorder, thing};
use crate::behaviour::{join, react};

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
    Thing { is_run: false, ..thing("filter of a panic outside", || drop(catch_unwind(|| panic!("in no segment")))) },
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
    thing("Serialize of aws", || {
        in_segment(|| begin_subsegment("part").put_aws("key", Reacts("Serialize of aws")));
    }),
    thing("Serialize of a plugin's value", || {
        drop(Platform::new("").aws("ec2", Reacts("Serialize of a plugin's value")));
    }),
    thing("Into of an annotation", || {
        in_segment(|| {
            let _part = begin_subsegment("part").entered();
            xray_core::put_annotation("key", Converts("Into of an annotation"));
        });
    }),
    thing("Into of a subsegment's name", || {
        in_segment(|| xray_core::run_in_subsegment(Converts("Into of a subsegment's name"), |_| {}));
    }),
    thing("Into of a time", || {
        in_segment(|| xray_core::begin_subsegment_at("part", Converts("Into of a time")).end());
    }),
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
    thing("closure of run_in_subsegment", || {
        in_segment(|| xray_core::run_in_subsegment("part", |_| react("closure of run_in_subsegment")));
    }),
    thing("closure of carry", || in_segment(|| xray_core::carry(|| react("closure of carry"))())),
    thing("piece of a scope", || {
        in_segment(|| EntityScope::from(begin_subsegment("part")).run(|| react("piece of a scope")));
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
];

fn subsegment_with_error(segment: &xray_core::Segment) {
    segment.begin_subsegment("other").record_error("lost");
}

pub fn filter(_: &str) -> Option<String> {
    for name in ["filter", "filter of a flagged fault", "filter of a panic", "filter of a panic outside"] {
        react(name);
    }
    None
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

/// What becomes something of the SDK's when that is needed.
struct Converts(&'static str);

impl From<Converts> for AnnotationValue<'_> {
    fn from(value: Converts) -> Self {
        react(value.0);
        17.into()
    }
}

impl From<Converts> for NameOrSubsegment<'_> {
    fn from(value: Converts) -> Self {
        react(value.0);
        "part".into()
    }
}

impl From<Converts> for SystemTime {
    fn from(value: Converts) -> Self {
        react(value.0);
        Self::now()
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

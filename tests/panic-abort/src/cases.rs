//! The cases: what the child does, and what arrives of it.

use std::future::{pending, poll_fn};
use std::net::SocketAddr;
use std::panic::{set_hook, take_hook};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::Value;
use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
use xray_core::sampling::FixedSampler;
use xray_core::testing::Documents;
use xray_core::{
    Recorder, RecorderBuilder, Subsegment, TraceHeader, XRayFutureExt as _, begin_segment, begin_subsegment, capture,
    filter_messages, put_annotation,
};

pub struct Case {
    pub name: &'static str,
    /// What the child does.
    pub run: fn(SocketAddr),
    /// What arrives.
    pub traces: &'static str,
    /// What else there is to say of that, and of what the child wrote.
    pub look: fn(&Documents, &str),
}

pub const CASES: &[Case] = &[
    Case {
        name: "guards",
        run: |daemon| {
            install(daemon);
            let _segment = begin_segment("shop").entered();
            begin_subsegment("ended before").end();
            let _outer = begin_subsegment("outer").entered();
            let _inner = begin_subsegment("inner").entered();
            panic!("out of stock, see http://user:s3cret@shop/items?token=s3cret");
        },
        traces: "shop [fault]\n├─ ended before\n└─ outer [fault]\n   └─ inner [fault]\n",
        look: |documents, _| {
            let inner = documents.only_trace().find("inner");
            let exception = inner.get("/cause/exceptions/0");
            assert_eq!(exception["message"], "out of stock, see http://shop/items");
            assert_eq!(exception["type"], "panic");
            assert!(
                exception["stack"][0]["path"].as_str().is_some_and(|path| path.ends_with("cases.rs")),
                "{exception}"
            );
            for above in ["outer", "shop"] {
                assert_eq!(documents.only_trace().find(above).get("/cause"), &exception["id"], "{above}");
            }
        },
    },
    Case {
        name: "closures",
        run: |daemon| {
            install(daemon);
            let segment = begin_segment("shop");
            // The segment itself is not current.
            let _guard = segment.begin_subsegment("outer").entered();
            let _ = capture("inner", |_: &Subsegment| -> Result<(), String> { panic!("out of stock") });
        },
        traces: "shop [fault]\n└─ outer [fault]\n   └─ inner [fault]\n",
        look: |documents, _| assert_eq!(message(documents, "inner"), "out of stock"),
    },
    Case {
        name: "futures",
        run: |daemon| {
            install(daemon);
            let work = async { panic!("out of stock") }.in_subsegment("inner");
            let work = async {
                let mut waits = pin!(pending::<()>().in_subsegment("waits"));
                poll_fn(|context| Poll::Ready(waits.as_mut().poll(context).is_ready())).await;
                work.await
            };
            let mut work = pin!(work.in_segment(begin_segment("shop")));
            let _ = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        },
        // What another task waits for is not ended, and goes with the process.
        traces: "shop [fault]\n└─ inner [fault]\n",
        look: |documents, _| assert_eq!(message(documents, "inner"), "out of stock"),
    },
    Case {
        name: "another thread",
        run: |daemon| {
            install(daemon);
            let segment = begin_segment("shop");
            let _current = segment.enter();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let _work = segment.begin_subsegment("work").entered();
                    panic!("out of stock");
                });
            });
        },
        traces: "shop [fault]\n└─ work [fault]\n",
        look: |documents, _| assert_eq!(message(documents, "work"), "out of stock"),
    },
    Case {
        name: "the program's own hook",
        run: |daemon| {
            let before = take_hook();
            set_hook(Box::new(move |info| {
                put_annotation("seen_by", "the program's hook");
                before(info);
            }));
            install(daemon);
            let _segment = begin_segment("shop").entered();
            panic!("out of stock");
        },
        traces: "shop [fault] {seen_by=\"the program's hook\"}\n",
        look: |documents, _| assert_eq!(message(documents, "shop"), "out of stock"),
    },
    Case {
        name: "a filter",
        run: |daemon| {
            filter_messages(|_| panic!("a filter runs in the hook"));
            install(daemon);
            let _segment = begin_segment("shop").entered();
            panic!("card number 4711");
        },
        traces: "shop [fault]\n",
        look: |documents, said| {
            assert!(message(documents, "shop").starts_with("the message is not recorded"), "{documents:?}");
            assert!(!said.contains("a filter runs in the hook"), "{said}");
            assert!(documents.texts().all(|text| !text.contains("4711")), "{documents:?}");
        },
    },
    Case {
        name: "an emitter of the program's",
        run: |daemon| {
            let recorder = builder(daemon).emitter(Tells).build().unwrap_or_else(|error| unreachable!("{error}"));
            let _segment = recorder.begin_segment("shop").entered();
            panic!("out of stock");
        },
        traces: "",
        look: |_, said| assert!(!said.contains("emitter"), "{said}"),
    },
    Case {
        name: "a function on Lambda",
        run: |daemon| {
            let recorder = install(daemon);
            let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
            let function = recorder.facade_segment(TraceHeader::parse(header));
            let _function = function.enter();
            let _work = begin_subsegment("work").entered();
            panic!("out of stock");
        },
        traces: "work [fault] (parent not captured)\n",
        look: |documents, _| {
            assert_eq!(message(documents, "work"), "out of stock");
            assert_eq!(documents[0]["parent_id"], "53995c3f42cd8ad8");
        },
    },
    Case {
        name: "a function on Lambda itself",
        run: |daemon| {
            let recorder = install(daemon);
            let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
            let function = recorder.facade_segment(TraceHeader::parse(header));
            let _function = function.enter();
            panic!("out of stock");
        },
        traces: "## handler [fault] (parent not captured)\n",
        look: |documents, _| assert_eq!(message(documents, "## handler"), "out of stock"),
    },
    Case {
        name: "a trace that is not sampled",
        run: |daemon| {
            let recorder = builder(daemon).sampler(FixedSampler::NONE).install();
            let _recorder = recorder.unwrap_or_else(|error| unreachable!("{error}"));
            let _segment = begin_segment("shop").entered();
            panic!("out of stock");
        },
        traces: "",
        look: |_, _| {},
    },
    Case {
        name: "no trace",
        run: |daemon| {
            install(daemon);
            begin_segment("shop").end();
            panic!("out of stock");
        },
        traces: "shop\n",
        look: |_, _| {},
    },
];

fn install(daemon: SocketAddr) -> Recorder {
    builder(daemon).install().unwrap_or_else(|error| unreachable!("{error}"))
}

fn builder(daemon: SocketAddr) -> RecorderBuilder {
    Recorder::builder().daemon_address(daemon.into()).sampler(FixedSampler::ALL)
}

/// An emitter, of which nobody knows what it does.
#[derive(Debug)]
struct Tells;

impl Emitter for Tells {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        eprintln!("the emitter runs in the hook");
        Ok(())
    }
}

fn message(documents: &Documents, name: &str) -> String {
    let node = documents.only_trace().find(name);
    let message = node.get("/cause/exceptions/0/message").as_str();
    message.map(str::to_owned).unwrap_or_else(|| panic!("{name}: {:?}", node.json() as &Value))
}

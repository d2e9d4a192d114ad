//! The ids of the trace in what `tracing-subscriber` writes: on its real output, line by line.

#![allow(clippy::unwrap_used)] // as in tests
#![allow(clippy::disallowed_macros)] // lines of a program

use std::fmt;
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use serde_json::{Map, Value};
use tracing::{Dispatch, Event, Subscriber, dispatcher, info, info_span};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::writer::MutexGuardWriter;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
use xray_core::sampling::FixedSampler;
use xray_core::{
    EnteredSegment, Recorder, Sampled, TraceHeader, XRayFutureExt as _, begin_segment, begin_subsegment,
    current_log_reference, current_trace_id, logs,
};

#[test]
fn every_json_line_of_a_trace_holds_both_ids_once() {
    let recorder = recorder();
    for (kind, build) in json_formats() {
        let output = Output::default();
        dispatcher::with_default(&build(&output), || {
            let segment = recorder.begin_segment("shop").entered();
            one_of_each();
            for line in output.lines() {
                let object: Map<String, Value> =
                    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{kind}: {error}: {line}"));
                assert_eq!(object["trace_id"], trace_id(&segment), "{kind}: {line}");
                assert_eq!(object["segment_id"], id(&segment), "{kind}: {line}");
                assert_eq!(line.matches("trace_id").count(), 1, "{kind}: {line}");
                assert_eq!(line.matches("segment_id").count(), 1, "{kind}: {line}");
            }
        });
        assert_eq!(output.lines().len(), EVENTS, "{kind}");
    }
}

#[test]
fn every_text_event_of_a_trace_begins_with_the_reference() {
    let recorder = recorder();
    for (kind, build) in text_formats() {
        let output = Output::default();
        dispatcher::with_default(&build(&output), || {
            let segment = recorder.begin_segment("shop").entered();
            let reference = format!("AWS-XRAY-TRACE-ID: {}@{} ", trace_id(&segment), id(&segment));
            one_of_each();
            assert!(output.text().starts_with(&reference), "{kind}: {}", output.text());
            assert_eq!(output.text().matches(&reference).count(), EVENTS, "{kind}: {}", output.text());
            assert!(output.lines().iter().all(|line| line.rfind(&reference).is_none_or(|at| at == 0)), "{kind}");
        });
    }
}

/// Without the ids, and without what differs from run to run, the lines are those of the formatter itself.
#[test]
fn the_rest_of_a_line_is_what_the_formatter_writes() {
    let bare = Output::default();
    let format = || tracing_subscriber::fmt().with_ansi(true).without_time();
    dispatcher::with_default(&format().with_writer(bare.clone()).finish().into(), one_of_each);
    assert!(bare.text().contains("\u{1b}["), "colours: {}", bare.text());

    let output = Output::default();
    let subscriber = format().map_event_format(logs::text).with_writer(output.clone()).finish();
    dispatcher::with_default(&subscriber.into(), || {
        let segment = recorder().begin_segment("shop").entered();
        one_of_each();
        let reference = format!("{} ", current_log_reference().unwrap());
        assert_eq!(output.text().replace(&reference, ""), bare.text());
        drop(segment);
    });
}

#[test]
fn outside_of_a_trace_the_lines_are_as_without_us() {
    for json in [false, true] {
        let (bare, wrapped) = (Output::default(), Output::default());
        let (of_bare, of_wrapped): (Dispatch, Dispatch) = if json {
            let format = || tracing_subscriber::fmt().json().without_time();
            (
                format().with_writer(bare.clone()).finish().into(),
                format().map_event_format(logs::json).with_writer(wrapped.clone()).finish().into(),
            )
        } else {
            let format = || tracing_subscriber::fmt().without_time();
            (
                format().with_writer(bare.clone()).finish().into(),
                format().map_event_format(logs::text).with_writer(wrapped.clone()).finish().into(),
            )
        };
        dispatcher::with_default(&of_bare, one_of_each);
        dispatcher::with_default(&of_wrapped, one_of_each);
        assert!(bare.lines().len() >= EVENTS);
        assert_eq!(wrapped.text(), bare.text());
    }
}

/// The id of conformance row S94.
#[test]
fn a_line_names_the_innermost_subsegment_of_its_moment() {
    let output = Output::default();
    let ids = dispatcher::with_default(&json(&output), || {
        info!("before");
        let segment = recorder().begin_segment("shop").entered();
        // The span is older than the subsegments: what counts is when the event happens.
        let _span = info_span!("a span").entered();
        info!("in the segment");
        let outer = begin_subsegment("outer").entered();
        let inner = begin_subsegment("inner").entered();
        info!("in the inner");
        let (id_of_inner, id_of_outer) = (inner.id(), outer.id());
        inner.end();
        info!("in the outer");
        outer.end();
        info!("in the segment");
        let id = segment.id();
        segment.end();
        info!("after");
        [None, id, id_of_inner, id_of_outer, id, None]
    });
    let logged: Vec<Value> = output.objects().iter().map(|line| line["segment_id"].clone()).collect();
    assert_eq!(logged, ids.map(|id| id.map_or(Value::Null, |id| id.to_string().into())));
    assert!(output.objects().first().unwrap().get("trace_id").is_none());
}

/// The trace id is that of the caller, whose log has it as well; there is no segment to name.
#[test]
fn an_unsampled_trace_has_a_trace_id_and_no_segment_id() {
    let header = TraceHeader::parse("Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=0");
    assert_eq!(header.sampled(), Sampled::No);
    let (in_json, in_text) = (Output::default(), Output::default());
    let log = |subscriber: &Dispatch| {
        dispatcher::with_default(subscriber, || {
            let recorder = recorder();
            let _segment = recorder.segment("shop").trace_header(header.clone()).begin().entered();
            let _part = begin_subsegment("part").entered();
            info!("hello");
        });
    };
    log(&json(&in_json));
    log(&tracing_subscriber::fmt().map_event_format(logs::text).with_writer(in_text.clone()).finish().into());
    let objects = in_json.objects();
    assert_eq!(objects[0]["trace_id"], "1-57ff426a-80c11c39b0c928905eb0828d");
    assert!(objects[0].get("segment_id").is_none());
    let text = in_text.text();
    assert!(text.starts_with("AWS-XRAY-TRACE-ID: 1-57ff426a-80c11c39b0c928905eb0828d "), "{text}");
}

#[test]
fn a_disabled_sdk_leaves_no_trace_in_the_log() {
    let output = Output::default();
    dispatcher::with_default(&json(&output), || {
        let recorder = test_support::builder().enabled(false).build().unwrap();
        let _segment = recorder.begin_segment("shop").entered();
        info!("hello");
    });
    assert!(!output.text().contains("trace_id"), "{}", output.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spawned_tasks_and_blocking_threads_log_the_trace_that_they_carry() {
    let output = Output::default();
    let dispatch = json(&output);
    let segment = recorder().begin_segment("shop");
    let trace = trace_id(&segment);
    let log = {
        let dispatch = dispatch.clone();
        move |what: &'static str| dispatcher::with_default(&dispatch, || info!(what))
    };
    async {
        let task = log.clone();
        tokio::spawn(async move { task("task") }.in_current()).await.unwrap();
        let left_alone = log.clone();
        tokio::spawn(async move { left_alone("without in_current") }).await.unwrap();
        let (blocking, segment) = (log.clone(), xray_core::current_segment());
        tokio::task::spawn_blocking(move || {
            let _entered = segment.enter();
            blocking("blocking");
        })
        .await
        .unwrap();
        log("here");
    }
    .in_segment(segment)
    .await;
    let logged: Vec<(Value, Value)> =
        output.objects().iter().map(|line| (line["fields"]["what"].clone(), line["trace_id"].clone())).collect();
    let trace = Value::from(trace);
    let expected =
        [("task", trace.clone()), ("without in_current", Value::Null), ("blocking", trace.clone()), ("here", trace)];
    assert_eq!(logged, expected.map(|(what, trace)| (what.into(), trace)));
}

#[test]
fn threads_that_share_a_subscriber_log_each_its_own_trace() {
    const THREADS: usize = 8;
    let output = Output::default();
    let (dispatch, recorder, start) = (json(&output), recorder(), Barrier::new(THREADS));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                dispatcher::with_default(&dispatch, || {
                    start.wait();
                    for _ in 0..50 {
                        let _segment = begin_entered(&recorder);
                        info!(expected = %current_trace_id().unwrap());
                    }
                });
            });
        }
    });
    let objects = output.objects();
    assert_eq!(objects.len(), THREADS * 50);
    assert!(objects.iter().all(|line| line["fields"]["expected"] == line["trace_id"]));
}

/// Text for people and JSON for machines, from one subscriber with a filter.
#[test]
fn layers_of_one_subscriber_log_the_same_trace() {
    let (for_people, for_machines) = (Output::default(), Output::default());
    let subscriber = tracing_subscriber::registry()
        .with(tracing_subscriber::filter::LevelFilter::INFO)
        .with(tracing_subscriber::fmt::layer().map_event_format(logs::text).with_writer(for_people.clone()))
        .with(tracing_subscriber::fmt::layer().json().map_event_format(logs::json).with_writer(for_machines.clone()));
    let trace = dispatcher::with_default(&subscriber.into(), || {
        let segment = recorder().begin_segment("shop").entered();
        info!("hello");
        tracing::debug!("filtered");
        trace_id(&segment)
    });
    assert_eq!((for_people.lines().len(), for_machines.lines().len()), (1, 1));
    assert!(for_people.text().contains(&trace));
    assert_eq!(for_machines.objects()[0]["trace_id"], trace);
}

/// Formatters of the program's own: members in one piece or in many, none at all, and something that is no object.
#[test]
fn formatters_of_one_s_own_get_the_ids_too() {
    const IDS: &str = r#""trace_id":"…","segment_id":"…""#;
    let cases: [(&[&str], String); 6] = [
        (&["{\"a\":1}\n"], format!("{{{IDS},\"a\":1}}\n")),
        (&["", "{", "", "\"a\"", ":1", "}", "\n"], format!("{{{IDS},\"a\":1}}\n")),
        (&["{}", "\n"], format!("{{{IDS}}}\n")),
        (&["{", " ", "}\n"], format!("{{{IDS} }}\n")),
        (&["{", "\n  ", "\"a\": {}\n}\n"], format!("{{{IDS}\n  ,\"a\": {{}}\n}}\n")),
        (&["[1]\n"], "[1]\n".to_owned()),
    ];
    for (pieces, expected) in cases {
        let output = Output::default();
        let subscriber =
            tracing_subscriber::fmt().event_format(logs::json(Pieces(pieces))).with_writer(output.clone()).finish();
        let (trace, id) = dispatcher::with_default(&subscriber.into(), || {
            let segment = recorder().begin_segment("shop").entered();
            info!("hello");
            (trace_id(&segment), id(&segment))
        });
        assert_eq!(output.text().replace(&trace, "…").replace(&id, "…"), expected, "{pieces:?}");
    }
}

#[test]
fn the_reference_is_that_of_what_is_current() {
    assert_eq!(current_log_reference(), None);
    let recorder = recorder();
    let _scope = recorder.scope();
    let segment = begin_segment("shop").entered();
    let part = begin_subsegment("part").entered();
    let reference = current_log_reference().unwrap();
    assert_eq!((Some(reference.trace_id()), reference.segment_id()), (segment.trace_id(), part.id()));
    assert_eq!(reference.to_string(), format!("AWS-XRAY-TRACE-ID: {}@{}", trace_id(&segment), id(&part)));
    drop((part, segment));

    let unsampled = test_support::builder().sampler(FixedSampler::NONE).build().unwrap();
    let segment = unsampled.begin_segment("shop").entered();
    assert_eq!(current_log_reference().unwrap().to_string(), format!("AWS-XRAY-TRACE-ID: {}", trace_id(&segment)));
}

const EVENTS: usize = 4;

/// Events in a span and in none, with and without fields, with a text that has everything that needs escaping.
fn one_of_each() {
    info!("plain");
    info!(customer = "c-17", items = 3, "with fields {{ and \"quotes\" }}\nand a second line");
    let _span = info_span!("outer", order = 1).entered();
    let _inner = info_span!("inner", trace = "no id").entered();
    info!(answer = 42);
    tracing::error!(error = %std::io::Error::other("gone"), "failed");
}

type Build = fn(&Output) -> Dispatch;

fn json(output: &Output) -> Dispatch {
    tracing_subscriber::fmt().json().map_event_format(logs::json).with_writer(output.clone()).finish().into()
}

fn json_formats() -> [(&'static str, Build); 4] {
    use tracing_subscriber::fmt;
    [
        ("as it comes", json),
        ("flat", |output| {
            let format = fmt().json().flatten_event(true).with_current_span(false).with_span_list(false);
            format.map_event_format(logs::json).with_writer(output.clone()).finish().into()
        }),
        ("bare", |output| {
            let format = fmt().json().without_time().with_level(false).with_target(false).with_file(true);
            format.map_event_format(logs::json).with_writer(output.clone()).finish().into()
        }),
        ("event_format, on a writer with colours", |output| {
            let format = logs::json(fmt::format().json());
            let fields = fmt::format::JsonFields::new();
            fmt().with_ansi(true).fmt_fields(fields).event_format(format).with_writer(output.clone()).finish().into()
        }),
    ]
}

fn text_formats() -> [(&'static str, Build); 4] {
    use tracing_subscriber::fmt;
    [
        ("full", |output| fmt().map_event_format(logs::text).with_writer(output.clone()).finish().into()),
        ("compact", |output| fmt().compact().map_event_format(logs::text).with_writer(output.clone()).finish().into()),
        ("pretty", |output| fmt().pretty().map_event_format(logs::text).with_writer(output.clone()).finish().into()),
        ("without colours", |output| {
            fmt().with_ansi(false).map_event_format(logs::text).with_writer(output.clone()).finish().into()
        }),
    ]
}

/// A formatter that writes what it is told, in these pieces.
struct Pieces(&'static [&'static str]);

impl<S, N> FormatEvent<S, N> for Pieces
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, _: &Event<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| writer.write_str(piece))
    }
}

/// What was written, shared with the subscriber.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    fn objects(&self) -> Vec<Value> {
        self.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl<'a> MakeWriter<'a> for Output {
    type Writer = MutexGuardWriter<'a, Vec<u8>>;

    fn make_writer(&'a self) -> Self::Writer {
        (*self.0).make_writer()
    }
}

/// It logs nothing itself: its documents are lost without a word.
fn recorder() -> Recorder {
    test_support::builder().emitter(Silent).build().unwrap()
}

#[derive(Debug)]
struct Silent;

impl Emitter for Silent {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        Ok(())
    }
}

fn begin_entered(recorder: &Recorder) -> EnteredSegment {
    recorder.begin_segment("shop").entered()
}

fn trace_id(entity: &xray_core::Entity) -> String {
    entity.trace_id().unwrap().to_string()
}

fn id(entity: &xray_core::Entity) -> String {
    entity.id().unwrap().to_string()
}

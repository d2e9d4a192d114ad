//! However much a program puts on an entity, what is kept of it is bounded in bytes, and what is read of a value is, too.
//!
//! Bytes and pieces are counted, never time.

#![allow(clippy::unwrap_used)] // as in tests

use std::cell::Cell;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use allocation_counter::measure;
use serde::ser::{Error as _, SerializeMap as _, SerializeSeq as _, SerializeStruct as _};
use serde::{Serialize, Serializer};
use test_support::Fixture;
use xray_core::emitter::{EmitError, Emitter, SegmentDocument};
use xray_core::{Exception, HttpRequest, SegmentId, Sql, Subsegment, TraceHeader};

/// What is kept of one entity at most. Texts that grow have up to twice the room that they need.
const MOST_KEPT: i64 = 256 * 1_024;

const MEGABYTE: usize = 1_000_000;

type Flood = (&'static str, fn(&Subsegment, usize), usize);

/// Everything that can be put on a subsegment, large and in numbers.
const FLOODS: [Flood; 22] = [
    ("large metadata", |part, number| part.put_metadata(&number.to_string(), text("x", 50_000)), 1_000),
    (
        "large metadata in many namespaces",
        |part, number| part.put_metadata_in(&(number % 20).to_string(), &number.to_string(), text("x", 50_000)),
        2_000,
    ),
    ("small metadata", |part, number| part.put_metadata(&number.to_string(), number), 20_000),
    ("namespaces", |part, number| part.put_metadata_in(&number.to_string(), "a", 1), 20_000),
    ("long keys", |part, number| part.put_metadata(&format!("{number}{}", text("k", MEGABYTE)), 1), 20),
    ("keys of some length", |part, number| part.put_metadata(&format!("{number}{}", text("k", 1_000)), 1), 1_000),
    ("long namespaces", |part, number| part.put_metadata_in(&format!("{number}{}", text("n", 9_000)), "a", 1), 100),
    ("metadata put over and over", |part, number| part.put_metadata("a", text("x", number % 10 * 5_000)), 200),
    ("large annotations", |part, number| part.put_annotation(&number.to_string(), text("福", 2_000)), 2_000),
    ("annotations to be escaped", |part, number| part.put_annotation(&number.to_string(), text("\u{1}", 1_000)), 2_000),
    ("small annotations", |part, number| part.put_annotation(&number.to_string(), number), 20_000),
    (
        "annotations put over and over",
        |part, number| part.put_annotation(&(number % 60).to_string(), text("x", 1_000)),
        20_000,
    ),
    ("aws values", |part, number| part.put_aws(&format!("k{number}"), text("x", 50_000)), 1_000),
    ("small aws values", |part, number| part.put_aws(&format!("k{number}"), number), 20_000),
    ("errors", |part, number| part.record_error(&format!("{number} {}", text("福", 3_000))), 1_000),
    ("exceptions", |part, number| part.record_exception(chain(&number.to_string(), &text("福", 3_000))), 100),
    ("endless chains", |part, number| part.record_error(&Endless(number)), 100),
    ("links", |part, _| part.put_link(&header()), 20_000),
    ("precursors", |part, _| part.put_precursor(SegmentId::generate()), 20_000),
    ("names", |part, _| part.set_name(&text("福", MEGABYTE)), 20),
    ("requests", |part, _| part.set_http_request(request(&text("福", MEGABYTE))), 20),
    ("statements", |part, _| part.set_sql(sql(&text("福", MEGABYTE))), 20),
];

/// 1,000 values of 50 kB were kept, all of them, and as many in each of 1,000 namespaces.
#[test]
fn an_entity_keeps_no_more_than_can_be_sent_of_it() {
    for (name, put, times) in FLOODS {
        let traced = Fixture::start();
        let segment = traced.recorder.begin_segment("shop");
        let part = segment.begin_subsegment("part");
        let kept = measure(|| (0..times).for_each(|number| put(&part, number))).bytes_current;
        assert!(kept <= MOST_KEPT, "{name}: {kept} bytes are kept");
        assert_ends(&traced, (part, segment), name);
    }
}

#[test]
fn an_entity_keeps_no_more_of_everything_at_once_than_of_one_thing() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let part = segment.begin_subsegment("part");
    let put = || FLOODS.iter().for_each(|(_, put, times)| (0..(*times).min(200)).for_each(|number| put(&part, number)));
    let kept = measure(put).bytes_current;
    assert!(kept <= MOST_KEPT, "{kept} bytes are kept");
    assert_ends(&traced, (part, segment), "everything");
}

/// One document arrives of each; what it does not have was counted.
#[track_caller]
fn assert_ends(traced: &Fixture, (part, segment): (Subsegment, xray_core::Segment), name: &str) {
    drop((part, segment));
    let trace = traced.only_trace();
    assert_eq!(trace.nodes().len(), 2, "{name}");
}

/// Work that is begun and not ended, as by a loop that spawns it: each is sent on its own, and nothing of it is left.
#[test]
fn a_hundred_thousand_open_subsegments_leave_nothing_behind() {
    let recorder = test_support::builder().emitter(Drops).build().unwrap();
    let segment = recorder.begin_segment("shop");
    let (mut open, mut deep) = (Vec::with_capacity(50_000), Vec::with_capacity(50_000));
    let used = measure(|| {
        for number in 0..50_000 {
            open.push(segment.begin_subsegment("wide"));
            deep.push(deep.last().unwrap_or(&open[0]).begin_subsegment("deep"));
            open[number].put_annotation("number", number);
        }
        drop(segment);
        open.drain(..).for_each(drop);
        deep.drain(..).rev().for_each(drop);
    });
    assert_eq!(recorder.stats().emitted, 100_001);
    assert!(used.bytes_current < 100_000, "{} bytes are left", used.bytes_current);
    assert!(used.count_total < 100_000 * 12, "{} allocations", used.count_total);
}

/// The same when the segment waits for all of them.
#[test]
fn a_hundred_thousand_subsegments_that_end_with_their_segment_leave_nothing_behind() {
    let recorder = test_support::builder().emitter(Drops).streaming_threshold(usize::MAX).build().unwrap();
    let used = measure(|| {
        let segment = recorder.begin_segment("shop");
        (0..100_000).for_each(|number| segment.begin_subsegment("part").put_annotation("number", number));
    });
    let stats = recorder.stats();
    assert!(stats.emitted > 100 && stats.dropped() == 0, "{stats:?}");
    assert!(used.bytes_current < 200_000, "{} bytes are left", used.bytes_current);
    assert!(used.count_total < 100_000 * 12, "{} allocations", used.count_total);
}

#[derive(Debug)]
struct Drops;

impl Emitter for Drops {
    fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
        Ok(())
    }
}

/// Whoever fills an entity with metadata still finds the error that came afterwards, and what traces are searched by.
#[test]
fn what_tells_most_has_room_where_metadata_has_none() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    (0..1_000).for_each(|number| segment.put_metadata(&number.to_string(), text("x", 900)));
    (0..10).for_each(|number| segment.put_annotation(&format!("a{number}"), text("x", 1_000)));
    let message = text("福", 2_000);
    segment.record_error(&message);
    segment.end();
    let root = traced.only_trace().root();
    assert_eq!(*root.get("/cause/exceptions/0/message"), *message);
    assert_eq!(root.get("/annotations").as_object().unwrap().len(), 10);
    let metadata = root.get("/metadata/default").as_object().unwrap().len() as u64;
    let stats = traced.recorder.stats();
    assert!(stats.rejected_values > 850 && stats.rejected_values + metadata == 1_000, "{metadata}, {stats:?}");
}

/// What is kept is counted anew where a value takes the place of another one.
#[test]
fn a_value_that_is_put_over_and_over_takes_no_more_room() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let part = segment.begin_subsegment("part");
    for number in 0..1_000 {
        segment.put_metadata("large", text("x", 40_000));
        segment.put_metadata("number", number);
        part.put_aws("operation", text("x", 5_000));
        segment.put_annotation("text", text("x", 1_000));
    }
    drop(part);
    segment.end();
    let root = traced.only_trace().root();
    assert_eq!(*root.get("/metadata/default/number"), 999);
    assert_eq!(root.get("/metadata/default/large").as_str().unwrap().len(), 40_000);
    assert_eq!(traced.recorder.stats().rejected_values, 0);
}

/// How often a value was asked for a piece of itself.
#[derive(Default)]
struct Asked(Cell<usize>);

impl Asked {
    fn one_more(&self) {
        self.0.set(self.0.get() + 1);
    }
}

/// A value that is as good as endless; each of its pieces is some bytes of JSON.
struct Long<'a>(&'a Asked, Shape);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Numbers,
    Texts,
    Map,
    Nested,
    Fields,
    Display,
    DisplayOfLargePieces,
    Key,
    Bytes,
    IgnoresErrors,
}

impl Serialize for Long<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(asked, shape) = self;
        let pieces = (0..25 * MEGABYTE).inspect(|_| asked.one_more());
        match shape {
            Shape::Numbers => serializer.collect_seq(pieces.map(|_| 1)),
            Shape::Texts => serializer.collect_seq(pieces.map(|_| "x")),
            Shape::Map => serializer.collect_map(pieces.map(|number| (number.to_string(), ()))),
            Shape::Nested => serializer.collect_seq(pieces.map(|_| Some(([1, 2], (3, BTreeMap::from([("a", 4)])))))),
            Shape::Fields => {
                let mut fields = serializer.serialize_struct("Long", 0)?;
                for _ in pieces {
                    fields.serialize_field("field", &1)?;
                }
                fields.end()
            }
            Shape::Display | Shape::DisplayOfLargePieces => serializer.collect_str(self),
            Shape::Key => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_key(&Long(asked, Shape::Display))?;
                map.serialize_value(&1)?;
                map.end()
            }
            Shape::Bytes => {
                asked.one_more();
                serializer.serialize_bytes(&vec![1; 25 * MEGABYTE])
            }
            Shape::IgnoresErrors => {
                let mut list = serializer.serialize_seq(None)?;
                let all = pieces.take(3 * MEGABYTE).map(|_| list.serialize_element("some text"));
                assert!(all.filter(Result::is_err).count() > 2 * MEGABYTE);
                Err(S::Error::custom("given up"))
            }
        }
    }
}

impl fmt::Display for Long<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let piece = if self.1 == Shape::DisplayOfLargePieces { text("x", 100_000) } else { "x".to_owned() };
        (0..25 * MEGABYTE).try_for_each(|_| {
            self.0.one_more();
            formatter.write_str(&piece)
        })
    }
}

/// A value of 25 million numbers was looked at from its first to its last, before it was known to be too large.
#[test]
fn a_value_is_looked_at_no_further_than_a_megabyte() {
    use Shape::*;
    for shape in [Numbers, Texts, Map, Nested, Fields, Display, DisplayOfLargePieces, Key, Bytes, IgnoresErrors] {
        let traced = Fixture::start();
        let segment = traced.recorder.begin_segment("shop");
        let asked = Asked::default();
        let allocated = measure(|| segment.put_metadata("long", Long(&asked, shape)));
        segment.end();
        let most = if shape == IgnoresErrors { 3 * MEGABYTE } else { MEGABYTE + 1_000 };
        assert!(asked.0.get() <= most, "{shape:?}: {} pieces", asked.0.get());
        let own = if shape == Bytes { 25 * MEGABYTE as u64 } else { 0 };
        assert!(allocated.bytes_max - own < 300_000, "{shape:?}: {} bytes at a time", allocated.bytes_max);
        let root = traced.only_trace().root();
        let note = root.get("/metadata/default/long").as_str().unwrap();
        let size = note.strip_prefix("[not recorded: at least ").and_then(|note| note.split_once(" bytes are more"));
        let size: usize = size.unwrap_or_else(|| panic!("{shape:?}: {note}")).0.parse().unwrap();
        assert!((MEGABYTE..MEGABYTE + 200_000).contains(&size), "{shape:?}: {note}");
    }
}

/// The length of a text is known without a look at it.
#[test]
fn a_text_that_is_too_long_is_not_read() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let long = text("\"", 5 * MEGABYTE);
    let allocated = measure(|| {
        segment.put_metadata("alone", &long);
        segment.put_metadata("in a list", ["a", &long]);
        segment.put_metadata("as a key", BTreeMap::from([(&long, 1)]));
    });
    assert!(allocated.bytes_max < 10_000, "{} bytes at a time", allocated.bytes_max);
    segment.end();
    let root = traced.only_trace().root();
    for (key, size) in [("alone", 5_000_002), ("in a list", 5_000_007), ("as a key", 5_000_003)] {
        let note = format!("[not recorded: at least {size} bytes are more than fit]");
        assert_eq!(*root.get(&format!("/metadata/default/{key}")), *note, "{key}");
    }
}

/// Nothing is asked for what is refused anyway.
#[test]
fn a_value_that_has_no_place_is_not_looked_at() {
    let asked = Asked::default();
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    (0..10).for_each(|number| segment.put_metadata(&number.to_string(), text("x", 30_000)));
    (0..10_000).for_each(|number| segment.put_metadata(&format!("n{number}"), number));
    segment.put_metadata("no room for this", Long(&asked, Shape::Texts));
    segment.put_metadata_in("AWS.", "reserved", Long(&asked, Shape::Texts));
    segment.put_aws("xray", Long(&asked, Shape::Texts));
    let current = {
        let _entered = segment.enter();
        xray_core::current_segment()
    };
    segment.end();
    current.put_metadata("after the end", Long(&asked, Shape::Texts));
    current.put_aws("after_the_end", Long(&asked, Shape::Texts));
    assert_eq!(asked.0.get(), 0);
    traced.only_trace();
}

/// Texts are cut before anybody looks through them.
#[test]
fn an_error_is_asked_for_no_more_than_is_kept() {
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let asked = Asked::default();
    segment.record_error(&Counted(&asked));
    assert!(asked.0.get() < 200_000, "{} pieces", asked.0.get());
    segment.end();
    traced.only_trace();
}

/// The error of an emitter of the program's stands in the log, and its `Display` may be without end.
#[test]
fn a_line_of_the_log_asks_for_no_more_than_it_shows() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);

    #[derive(Debug)]
    struct Lost;

    impl fmt::Display for Lost {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            (0..3 * MEGABYTE).try_for_each(|_| {
                ASKED.fetch_add(1, Ordering::Relaxed);
                formatter.write_str("lost")
            })
        }
    }

    impl Error for Lost {}

    #[derive(Debug)]
    struct Loses;

    impl Emitter for Loses {
        fn emit(&self, _: SegmentDocument<'_>) -> Result<(), EmitError> {
            Err(EmitError::Io(std::io::Error::other(Lost)))
        }
    }

    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&log);
    let subscriber = tracing_subscriber::fmt().with_writer(move || Log(Arc::clone(&writer))).finish();
    let recorder = test_support::builder().emitter(Loses).build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        let segment = recorder.begin_segment("shop");
        segment.begin_subsegment("part").put_annotation("", 1);
        segment.put_metadata_in(&text("AWS.", MEGABYTE), &text("k", MEGABYTE), 1);
        segment.end();
    });
    let log = String::from_utf8(log.lock().unwrap().clone()).unwrap();
    assert!(log.contains("lostlost") && log.len() < 10_000, "{} bytes: {log:.1000}", log.len());
    assert!(ASKED.load(Ordering::Relaxed) < 10_000, "{} pieces", ASKED.load(Ordering::Relaxed));
}

struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The same of all texts that have a place of their own.
#[test]
fn texts_are_cut_before_they_are_copied() {
    let long = text("福/", 3 * MEGABYTE);
    let commas = format!("{}, 10.0.0.1", text(" ", MEGABYTE));
    let header = text("k=v;", MEGABYTE);
    let origin = format!("AWS::EC2::{}", text("I", MEGABYTE));
    let traced = Fixture::start();
    let segment = traced.recorder.begin_segment("shop");
    let part = segment.begin_subsegment("part");
    let allocated = measure(|| {
        segment.set_user(&long);
        segment.set_origin(&origin);
        segment.set_name(&long);
        segment.put_annotation(&long, &long);
        for text in [&long, &commas] {
            part.set_http_request(HttpRequest::new(text, "").user_agent(text).client_ip(text).forwarded_for(text));
            part.set_sql(Sql::new(text).database_version(text).driver_version(text).user(text).sanitized_query(text));
        }
        drop(TraceHeader::parse(&long));
        drop(TraceHeader::parse(&header));
        segment.put_metadata(&long, 1);
        part.put_aws(&long, 1);
    });
    assert!(allocated.bytes_max < 100_000, "{} bytes at a time", allocated.bytes_max);
    drop((part, segment));
    traced.only_trace();
}

struct Counted<'a>(&'a Asked);

impl fmt::Display for Counted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..25 * MEGABYTE).try_for_each(|_| {
            self.0.one_more();
            formatter.write_str("x")
        })
    }
}

impl fmt::Debug for Counted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Error for Counted<'_> {}

/// An error that is its own source, with words of its own.
#[derive(Debug)]
struct Endless(usize);

impl fmt::Display for Endless {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.0, text("福", 3_000))
    }
}

impl Error for Endless {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self)
    }
}

fn chain(type_name: &str, message: &str) -> Exception {
    (0..40).fold(Exception::new(type_name, message), |chain, number| {
        chain.caused_by(Exception::new(type_name, &format!("{number}{message}")))
    })
}

fn request(text: &str) -> HttpRequest {
    HttpRequest::new(text, text).user_agent(text).forwarded_for(text).client_ip(text)
}

fn sql(text: &str) -> Sql {
    Sql::new(text).url(text).database_version(text).driver_version(text).user(text).sanitized_query(text)
}

fn header() -> TraceHeader {
    TraceHeader::new(xray_core::TraceId::generate()).with_parent(SegmentId::generate())
}

/// So many bytes, or a few less.
fn text(piece: &str, bytes: usize) -> String {
    piece.repeat(bytes / piece.len())
}

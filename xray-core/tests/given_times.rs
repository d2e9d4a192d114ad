//! Segments and subsegments that begin and end at times which the program gives.

#![allow(clippy::unwrap_used)] // as in tests

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use test_support::Fixture;
use xray_core::{Clock, TraceHeader, begin_subsegment, begin_subsegment_at};

/// What the clock shows when a test begins, in seconds.
const NOW: u64 = 1_500_000_000;

fn at(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(((NOW as f64 + seconds) * 1e6) as u64)
}

fn traced() -> (Fixture, Clock) {
    let clock = Clock::manual(Duration::from_secs(NOW));
    (Fixture::with(|builder| builder.clock(clock.clone())), clock)
}

/// When each entity of the only trace began and ended, in seconds from `NOW`, in the order of the tree.
fn times(traced: &Fixture) -> Vec<(String, f64, f64)> {
    let trace = traced.only_trace();
    let mut pending = vec![trace.root()];
    let mut times = Vec::new();
    while let Some(node) = pending.pop() {
        let time = |field| {
            let micros = (node.get(field).as_f64().unwrap() * 1e6).round() as i64;
            (micros - NOW as i64 * 1_000_000) as f64 / 1e6
        };
        times.push((node.name().to_owned(), time("/start_time"), time("/end_time")));
        pending.extend(node.children().into_iter().rev());
    }
    times
}

#[test]
fn work_begins_and_ends_when_the_program_says() {
    let (traced, clock) = traced();
    clock.advance(Duration::from_secs(10));
    let segment = traced.recorder.segment("order").begin_at(at(1.0)).begin().entered();
    begin_subsegment_at("queue", at(1.5)).end_at(at(3.25));
    let work = begin_subsegment("work").entered();
    begin_subsegment_at("step", at(10.0)).entered().end_at(at(10.0));
    work.begin_subsegment_at("below", at(10.0)).end();
    clock.advance(Duration::from_secs(1));
    work.end();
    assert_eq!(segment.trace_id().unwrap().to_string()[2..10], format!("{:08x}", NOW + 1));
    segment.end_at(at(10.5));
    let expected =
        [("order", 1.0, 10.5), ("queue", 1.5, 3.25), ("work", 10.0, 11.0), ("step", 10.0, 10.0), ("below", 10.0, 10.0)];
    assert_eq!(times(&traced), expected.map(|(name, start, end)| (name.to_owned(), start, end)));
}

/// What no clock can have shown is taken for the nearest that one can.
#[test]
fn impossible_times_become_possible_ones() {
    let long_ago = UNIX_EPOCH - Duration::from_secs(1);
    let some_day = at(1e9);
    // Of the segment and of a subsegment, begun and ended; what arrives. The clock shows 10.
    let cases = [
        ("the future", [at(11.0), at(12.0), at(11.0), at(12.0)], [10.0, 10.0, 10.0, 10.0]),
        ("some day", [some_day; 4], [10.0; 4]),
        ("the end before the begin", [at(5.0), at(4.0), at(7.0), at(6.0)], [5.0, 5.0, 7.0, 7.0]),
        ("before the parent", [at(5.0), at(9.0), at(4.0), at(8.0)], [5.0, 9.0, 5.0, 8.0]),
        ("over before the parent began", [at(5.0), at(9.0), at(3.0), at(4.0)], [5.0, 9.0, 5.0, 5.0]),
        ("after the parent", [at(5.0), at(6.0), at(7.0), at(8.0)], [5.0, 6.0, 7.0, 8.0]),
    ];
    for (case, [begun, ended, below_begun, below_ended], [start, end, below_start, below_end]) in cases {
        let (traced, clock) = traced();
        clock.advance(Duration::from_secs(10));
        let segment = traced.recorder.segment("order").begin_at(begun).begin().entered();
        begin_subsegment_at("part", below_begun).end_at(below_ended);
        segment.end_at(ended);
        let expected = [("order".to_owned(), start, end), ("part".to_owned(), below_start, below_end)];
        assert_eq!(times(&traced), expected, "{case}");
    }
    let (traced, _) = traced();
    traced.recorder.segment("order").begin_at(long_ago).begin().end_at(long_ago);
    let documents = traced.documents();
    let document = documents.iter().next().unwrap();
    let earliest = Some(1e9);
    assert_eq!((document["start_time"].as_f64(), document["end_time"].as_f64()), (earliest, earliest), "2001");
}

/// X-Ray refuses the ids of times that are long past.
#[test]
fn the_id_of_a_trace_has_the_time_at_which_it_began_unless_that_is_too_long_ago() {
    const DAY: f64 = 24.0 * 60.0 * 60.0;
    let (traced, _) = traced();
    for (begun, expected) in
        [(-1.0, -1.0), (-28.0 * DAY, -28.0 * DAY), (-28.0 * DAY - 1.0, 0.0), (-1e9, 0.0), (1.0, 0.0)]
    {
        let segment = traced.recorder.segment("order").begin_at(at(begun)).begin();
        let expected = format!("{:08x}", (NOW as f64 + expected) as u64);
        assert_eq!(segment.trace_id().unwrap().to_string()[2..10], expected, "{begun}");
    }
    assert_eq!(traced.documents().len(), 5);
}

#[test]
fn a_subsegment_of_what_has_left_begins_no_earlier_than_the_segment() {
    let (traced, clock) = traced();
    clock.advance(Duration::from_secs(10));
    let segment = traced.recorder.segment("order").begin_at(at(5.0)).begin();
    let part = segment.begin_subsegment("part");
    let below = part.begin_subsegment("below");
    segment.end();
    part.end();
    let late = below.begin_subsegment_at("late", at(1.0));
    below.end();
    late.begin_subsegment_at("later", at(1.0)).end();
    late.end();
    let starts: Vec<_> = times(&traced).into_iter().map(|(name, start, _)| (name, start)).collect();
    let expected = [("order", 5.0), ("part", 10.0), ("below", 10.0), ("late", 10.0), ("later", 10.0)];
    assert_eq!(starts, expected.map(|(name, start)| (name.to_owned(), start)));
}

#[test]
fn where_nothing_is_recorded_times_do_no_harm() {
    let (traced, _) = traced();
    begin_subsegment_at("nothing is current", at(0.0)).end_at(at(0.0));
    let segment = traced.recorder.segment("order").sampled(false).begin_at(at(-1.0)).begin().entered();
    begin_subsegment_at("part", at(-1.0)).entered().end_at(at(0.0));
    assert_eq!(segment.trace_id().unwrap().to_string()[2..10], format!("{:08x}", NOW - 1));
    segment.end_at(at(0.0));
    traced.assert_nothing_sent();
}

/// In Lambda the segment is Lambda's, and when it began nobody has said.
#[test]
fn below_the_segment_of_a_function_work_begins_when_the_program_says() {
    let (traced, _) = traced();
    let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
    let function = traced.recorder.facade_segment(TraceHeader::parse(header)).entered();
    begin_subsegment_at("queue", at(-60.0)).end_at(at(-1.0));
    traced.recorder.segment("order").begin_at(at(-30.0)).begin().end_at(at(-2.0));
    drop(function);
    let documents = traced.documents();
    let times: Vec<_> =
        documents.iter().map(|document| (document["start_time"].as_f64().unwrap() - NOW as f64) as i64).collect();
    assert_eq!(times, [-60, -30]);
}

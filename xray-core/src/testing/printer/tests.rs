use std::ffi::OsString;

use serde_json::{Value, json};

use super::{TracePrinter, color_by_default, width_by_default};
use crate::testing::{Documents, Trace};

#[test]
fn a_trace_is_a_tree_on_one_time_line() {
    let text = TracePrinter::new().color(false).width(72).format(&shop());
    assert_eq!(
        text,
        "trace 1-581cf771-a006649127e371903a2de979
checkout POST 500 fault          250.0 ms  █████████████████████████████
│  customer=\"c-17\" items=2
├─ S3 PutObject 200              100.0 ms   ████████████
│  └─ S3 PutObject 429 throttle    400 µs   ▌
├─ orders.db fault                50.0 ms                        ██████
│     ✗ rusqlite::Error: no such table: orders\\nat line 1
│       ↳ no such table
└─ mail                           pending                           ░░░░
"
    );
}

#[test]
fn colour_is_red_for_failures_and_dim_for_annotations() {
    let text = TracePrinter::new().color(true).width(72).format(&shop());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[1],
        "checkout POST\u{1b}[31m 500\u{1b}[0m\u{1b}[31m fault\u{1b}[0m          250.0 ms  \u{1b}[31m█████████████████████████████\u{1b}[0m"
    );
    assert_eq!(lines[2], "\u{1b}[2m│  \u{1b}[0m\u{1b}[2mcustomer=\"c-17\" items=2\u{1b}[0m");
    assert!(lines[6].contains("\u{1b}[31m✗ rusqlite::Error"), "{}", lines[6]);
}

#[test]
fn only_failures_are_red() {
    for (status, is_red) in [(399, false), (400, true), (500, true)] {
        let trace = trace([json!({"name": "a", "http": {"response": {"status": status}}})]);
        let text = TracePrinter::new().color(true).width(72).format(&trace);
        assert_eq!(text.contains(&format!("\u{1b}[31m {status}\u{1b}[0m")), is_red, "{text}");
    }
    for flag in ["error", "throttle", "fault", "in_progress"] {
        let trace = trace([json!({"name": "a", "start_time": 1.0, flag: true})]);
        let text = TracePrinter::new().color(true).width(72).format(&trace);
        assert_eq!(text.contains("\u{1b}[31m░"), flag != "in_progress", "{text}");
    }
}

#[test]
fn bars_tell_calls_from_local_work() {
    for (document, expected) in [
        (json!({"name": "a", "start_time": 1.0, "end_time": 2.0}), "  █"),
        (json!({"name": "a", "start_time": 1.0, "end_time": 2.0, "namespace": "remote"}), "\u{1b}[36m█"),
        (json!({"name": "a", "start_time": 1.0, "end_time": 2.0, "namespace": "aws", "fault": true}), "\u{1b}[31m█"),
    ] {
        let text = TracePrinter::new().color(true).width(72).format(&trace([document]));
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn the_end_of_long_lines_is_kept() {
    for (longest, expected) in [(6, "│  └─ "), (5, "… └─ "), (1, "…"), (0, "…")] {
        assert_eq!(super::label::shorten_lead("│  └─ ", longest), expected);
    }
}

#[test]
fn no_line_is_wider_than_the_width() {
    let mut deep = json!({"name": "leaf", "id": "leaf", "start_time": 1.0, "end_time": 2.0, "annotations": {"a": "b"}});
    for level in 0..40 {
        deep = json!({"name": format!("level {level}"), "id": level.to_string(), "start_time": 1.0, "end_time": 2.0, "subsegments": [deep]});
    }
    let wide = json!({"name": "顧客管理".repeat(60), "id": "w", "start_time": 1.0, "end_time": 1.5});
    let control = json!({"name": "a\r\n\u{1b}[2J\u{7}".repeat(30), "id": "c", "trace_id": "", "start_time": 1.0,
        "annotations": {"k\n": "\u{202e}"}, "cause": {"exceptions": [{"message": "m\n".repeat(99)}]}});
    for document in
        [deep, wide, control, json!({}), json!(null), json!({"name": "x", "start_time": 2.0, "end_time": 1.0})]
    {
        let trace = trace([document]);
        for width in [0, 20, 21, 40, 80, 500] {
            let text = TracePrinter::new().color(false).width(width).format(&trace);
            for line in text.lines() {
                assert!(unicode_width::UnicodeWidthStr::width(line) <= width.max(20), "{width}: {line}");
                assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
    }
}

#[test]
fn what_is_too_long_is_cut_between_characters() {
    let trace = trace([json!({"name": "顧客管理システム", "id": "1", "start_time": 1.0, "end_time": 1.5})]);
    let text = TracePrinter::new().color(false).width(20).format(&trace);
    assert_eq!(text, "trace\n顧客管理…   500.0 ms\n");
}

#[test]
fn durations_have_the_unit_that_suits_them() {
    for (seconds, expected) in [
        (0.0, "0 µs"),
        (0.000_25, "250 µs"),
        (0.001_5, "1.5 ms"),
        (0.25, "250.0 ms"),
        (2.5, "2.50 s"),
        (90.0, "1.5 min"),
        (5400.0, "1.5 h"),
    ] {
        let json = json!({"start_time": 1478293361.0, "end_time": 1478293361.0 + seconds});
        assert_eq!(super::timeline::duration(&json), expected);
    }
    assert_eq!(super::timeline::duration(&json!({"start_time": 1.0})), "pending");
    assert_eq!(super::timeline::duration(&json!({})), "-");
}

#[test]
fn defaults_follow_the_terminal_and_the_environment() {
    for (is_terminal, no_color, term, expected) in [
        (true, None, None, true),
        (true, Some(""), Some("xterm"), true),
        (false, None, Some("xterm"), false),
        (true, Some("1"), Some("xterm"), false),
        (true, None, Some("dumb"), false),
    ] {
        let variable = |name: &str| if name == "NO_COLOR" { no_color } else { term }.map(OsString::from);
        assert_eq!(color_by_default(is_terminal, variable), expected, "{is_terminal} {no_color:?} {term:?}");
    }
    for (is_terminal, columns, expected) in [
        (true, None, 80),
        (false, None, 100),
        (true, Some("120"), 120),
        (false, Some("72"), 72),
        (false, Some("wide"), 100),
        (false, Some("3"), 20),
    ] {
        assert_eq!(
            width_by_default(is_terminal, |_| columns.map(OsString::from)),
            expected,
            "{is_terminal} {columns:?}"
        );
    }
}

fn shop() -> Trace {
    trace([json!({
        "trace_id": "1-581cf771-a006649127e371903a2de979", "id": "1", "name": "checkout", "start_time": 1478293361.0, "end_time": 1478293361.25,
        "fault": true, "http": {"request": {"method": "POST"}, "response": {"status": 500}}, "annotations": {"items": 2, "customer": "c-17"},
        "subsegments": [
            {"id": "2", "name": "S3", "start_time": 1478293361.01, "end_time": 1478293361.11, "aws": {"operation": "PutObject"}, "http": {"response": {"status": 200}},
                "subsegments": [
                    {"id": "3", "name": "S3", "start_time": 1478293361.0125, "end_time": 1478293361.0129, "error": true, "throttle": true,
                        "aws": {"operation": "PutObject"}, "http": {"response": {"status": 429}}}
                ]},
            {"id": "4", "name": "orders.db", "start_time": 1478293361.19, "end_time": 1478293361.24, "fault": true, "cause": {"exceptions": [
                {"id": "a", "cause": "b", "type": "rusqlite::Error", "message": "no such table: orders\nat line 1"}, {"id": "b", "message": "no such table"}
            ]}},
            {"id": "5", "name": "mail", "start_time": 1478293361.22, "in_progress": true}
        ]
    })])
}

fn trace(documents: impl IntoIterator<Item = Value>) -> Trace {
    documents.into_iter().collect::<Documents>().only_trace()
}

//! Names of segments and subsegments.

use aws_xray_sdk as xray;
use xray::Recorder;

use crate::scenario::{Scenario, in_segment, in_subsegment, install, scenarios};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    names_with_forbidden_characters,
    names_with_every_allowed_mark,
    names_with_marks_that_only_the_service_forbids,
    names_in_other_scripts,
    name_that_is_too_long,
    name_of_nothing_but_forbidden_characters,
    name_that_is_empty,
    service_name_from_code,
    service_name_from_the_environment,
];

fn segment_with_subsegments(names: &[&str]) {
    in_segment("shop", |_| names.iter().for_each(|name| in_subsegment(name, |_| ())));
}

fn names_with_forbidden_characters() {
    in_segment("sh?o;p*", |_| in_subsegment("a(b)c!d$e~f^g<h>i", |_| ()));
}

fn names_with_every_allowed_mark() {
    segment_with_subsegments(&["GET /a_b.c:d/e%f&g#h=i+j\\k-l@m 1"]);
}

fn names_with_marks_that_only_the_service_forbids() {
    segment_with_subsegments(&["say \"hi\"", "it's", "a[0]{x}|y,z`", "line\nbreak"]);
}

fn names_in_other_scripts() {
    in_segment("福", |_| {
        for name in ["セツナ", "Zoë", "здравствуй мир", "٣"] {
            in_subsegment(name, |_| ());
        }
    });
}

fn name_that_is_too_long() {
    segment_with_subsegments(&[&"n".repeat(200), &"n".repeat(300), &"福".repeat(250)]);
}

fn name_of_nothing_but_forbidden_characters() {
    segment_with_subsegments(&["***"]);
}

fn name_that_is_empty() {
    in_segment("", |_| ());
}

fn service_name_from_code() {
    install(Recorder::builder().service("checkout")).unwrap();
    in_segment("", |_| ());
}

fn service_name_from_the_environment() {
    install(Recorder::builder().service("from code")).unwrap();
    in_segment("", |_| ());
}

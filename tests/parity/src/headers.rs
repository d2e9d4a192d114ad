//! The trace header: what comes in, and what goes out on a call.

use aws_xray_sdk as xray;
use xray::{Recorder, TraceHeader};

use crate::client_http::{get, patch};
use crate::scenario::{PARENT_ID, Scenario, TRACE_ID, print_sampled, scenarios, url};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    header_in_sampled,
    header_in_unsampled,
    header_in_without_a_decision,
    header_in_without_a_parent,
    header_in_without_a_root,
    header_in_with_more_fields,
    header_in_with_a_value_that_has_an_equals_sign,
    header_in_with_a_field_of_300_characters,
    header_in_with_a_field_of_1100_characters,
    header_in_with_spaces,
    header_in_with_a_trailing_semicolon,
    header_in_that_is_not_one,
    header_in_with_a_bad_root,
    header_in_with_a_bad_parent,
];

/// Does for each header what the SDK's server layers do with it, then makes one call.
fn serve(headers: &[&str]) {
    patch();
    for value in headers {
        let value = value.replace("{root}", TRACE_ID).replace("{parent}", PARENT_ID);
        let header = TraceHeader::parse(&value);
        let _segment = Recorder::current().segment("shop").trace_header(header).begin().entered();
        print_sampled();
        get(&url("/status/200")).unwrap();
    }
}

fn header_in_sampled() {
    serve(&["Root={root};Parent={parent};Sampled=1"]);
}

fn header_in_unsampled() {
    serve(&["Root={root};Parent={parent};Sampled=0"]);
}

fn header_in_without_a_decision() {
    serve(&["Root={root};Parent={parent}", "Root={root};Parent={parent};Sampled=?"]);
}

fn header_in_without_a_parent() {
    serve(&["Root={root};Sampled=1", "Root={root}"]);
}

fn header_in_without_a_root() {
    serve(&["Parent={parent};Sampled=1", "Sampled=1"]);
}

fn header_in_with_more_fields() {
    serve(&[
        "Root={root};Parent={parent};Sampled=1;Lineage=10:1234abcd:3;k1=v1;Self=1-67891234-12456789abcdef012345678",
    ]);
}

fn header_in_with_a_value_that_has_an_equals_sign() {
    serve(&["Root={root};Parent={parent};Sampled=1;k=a=b"]);
}

fn header_in_with_a_field_of_300_characters() {
    serve(&[&format!("Root={TRACE_ID};Parent={PARENT_ID};Sampled=1;k={};l=v", "v".repeat(300))]);
}

fn header_in_with_a_field_of_1100_characters() {
    serve(&[&format!("Root={TRACE_ID};Parent={PARENT_ID};Sampled=1;k={};l=v", "v".repeat(1_100))]);
}

fn header_in_with_spaces() {
    serve(&["  Root={root}; Parent={parent}; Sampled=1  "]);
}

fn header_in_with_a_trailing_semicolon() {
    serve(&["Root={root};Parent={parent};Sampled=1;"]);
}

fn header_in_that_is_not_one() {
    serve(&["some invalid string", ""]);
}

fn header_in_with_a_bad_root() {
    serve(&["Root=garbage;Parent={parent};Sampled=1"]);
}

fn header_in_with_a_bad_parent() {
    serve(&["Root={root};Parent=garbage;Sampled=1"]);
}

//! What happens where there is no segment, and with the SDK disabled.

use std::panic;

use aws_xray_sdk as xray;
use reqwest::Client;
use xray::TRACE_HEADER;

use crate::client_http::{get, patch, send};
use crate::scenario::{PARENT_ID, Scenario, TRACE_ID, in_segment, in_subsegment, print_sampled, scenarios, url};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    no_segment,
    no_segment_log_error,
    no_segment_ignore_error,
    no_segment_runtime_error,
    sdk_disabled,
    variable_of_the_strategy_is_invalid,
    variable_of_the_switch_is_invalid,
    trace_is_sampled,
    subsegment_after_the_segment,
];

fn record_without_a_segment() {
    patch();
    in_subsegment("order", |_| println!("body ran"));
    xray::put_annotation("customer", "c-17");
    println!("{}", get(&url("/status/200")).unwrap());
}

fn no_segment() {
    record_without_a_segment();
}

fn no_segment_log_error() {
    record_without_a_segment();
}

fn no_segment_ignore_error() {
    record_without_a_segment();
}

fn no_segment_runtime_error() {
    if panic::catch_unwind(record_without_a_segment).is_err() {
        println!("stopped");
    }
}

fn sdk_disabled() {
    patch();
    in_segment("shop", |segment| {
        segment.put_annotation("customer", "c-17");
        in_subsegment("order", |_| {
            print_sampled();
            get(&url("/status/200")).unwrap();
            // A header of the program's own goes out as it is.
            let header = format!("Root={TRACE_ID};Parent={PARENT_ID};Sampled=1");
            send(Client::new().get(url("/status/500")).header(TRACE_HEADER, header)).unwrap();
        });
    });
}

/// The program has already ended with what `install` says.
fn variable_of_the_strategy_is_invalid() {
    in_segment("shop", |_| ());
}

fn variable_of_the_switch_is_invalid() {
    in_segment("shop", |_| ());
}

fn trace_is_sampled() {
    in_segment("shop", |_| {
        print_sampled();
        in_subsegment("order", |_| print_sampled());
    });
}

fn subsegment_after_the_segment() {
    in_segment("shop", |_| ());
    in_subsegment("late", |_| println!("body ran"));
}

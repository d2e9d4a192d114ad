//! Subsegments that leave before their segment, and documents that are too large.

use aws_xray_sdk as xray;
use xray::Recorder;

use crate::scenario::{Scenario, in_segment, in_subsegment, install, scenarios};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    streaming_over_the_threshold,
    streaming_at_the_threshold,
    streaming_with_threshold_zero,
    streaming_of_subtrees,
    streaming_under_an_open_subsegment,
    streaming_of_22_over_a_threshold_of_20,
    streaming_of_a_chain_over_a_threshold_of_1,
    streaming_with_the_default_threshold,
    document_that_is_too_large,
];

fn steps(count: usize) {
    for number in 1..=count {
        in_subsegment(&format!("step {number}"), |_| ());
    }
}

fn streaming_over_the_threshold() {
    install(Recorder::builder().streaming_threshold(5)).unwrap();
    in_segment("shop", |_| steps(12));
}

fn streaming_at_the_threshold() {
    install(Recorder::builder().streaming_threshold(5)).unwrap();
    in_segment("shop", |_| steps(5));
}

fn streaming_with_threshold_zero() {
    install(Recorder::builder().streaming_threshold(0)).unwrap();
    in_segment("shop", |_| {
        in_subsegment("order", |_| {
            in_subsegment("cart", |_| ());
            in_subsegment("price", |_| ());
        });
    });
}

fn streaming_of_subtrees() {
    install(Recorder::builder().streaming_threshold(3)).unwrap();
    in_segment("shop", |_| {
        for number in 1..5 {
            in_subsegment(&format!("order {number}"), |_| {
                in_subsegment("cart", |_| ());
                in_subsegment("price", |_| ());
            });
        }
    });
}

fn streaming_under_an_open_subsegment() {
    install(Recorder::builder().streaming_threshold(3)).unwrap();
    in_segment("shop", |_| in_subsegment("batch", |_| steps(6)));
}

/// As a test of the SDK for Go has it.
fn streaming_of_22_over_a_threshold_of_20() {
    install(Recorder::builder().streaming_threshold(20)).unwrap();
    in_segment("shop", |_| steps(22));
}

/// Another test of the SDK for Go.
fn streaming_of_a_chain_over_a_threshold_of_1() {
    install(Recorder::builder().streaming_threshold(1)).unwrap();
    in_segment("shop", |_| in_subsegment("order", |_| in_subsegment("cart", |_| ())));
}

fn streaming_with_the_default_threshold() {
    in_segment("shop", |_| steps(40));
}

fn document_that_is_too_large() {
    in_segment("shop", |_| {
        in_subsegment("order", |subsegment| {
            subsegment.put_annotation("customer", "c-17");
            subsegment.put_metadata("cart", "x".repeat(70_000));
        });
    });
}

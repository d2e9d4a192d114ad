//! A function on Lambda, whose segment Lambda sends itself: what a function sends, and what its calls carry on.

use aws_xray_sdk as xray;
use lambda_runtime::{Context, LambdaEvent, Service as _, service_fn};
use reqwest::Client;
use xray::prelude::*;

use crate::client_http::patch;
use crate::scenario::{OrderError, Scenario, block_on, in_segment, in_subsegment, print_sampled, scenarios, url};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    function_sampled,
    function_not_sampled,
    function_without_tracing,
    function_without_a_decision,
    function_without_a_parent,
    function_without_a_header,
    function_error_in_a_subsegment,
    function_annotation_by_hand,
    function_segment_by_hand,
    function_subsegments_without_sampling,
];

/// Invokes a function, with the header that is in the environment.
fn invoke<F: Future<Output = ()>>(work: impl Fn() -> F) {
    let work = service_fn(|_: LambdaEvent<()>| async {
        work().await;
        Ok::<_, String>(())
    });
    block_on(xray::lambda::handler(work).call(LambdaEvent::new((), Context::default()))).unwrap();
}

async fn get() {
    Client::new().xray().get(url("/status/200")).send().await.unwrap();
}

/// Two subsegments, one in the other, and a call.
fn work() {
    patch();
    invoke(async || {
        print_sampled();
        async {
            xray::put_annotation("customer", "c-17");
            in_subsegment("price", |price| price.put_metadata("cents", 2500));
            get().await;
        }
        .in_subsegment("order")
        .await;
    });
}

fn function_sampled() {
    work();
}

fn function_not_sampled() {
    work();
}

fn function_without_tracing() {
    work();
}

fn function_without_a_decision() {
    work();
}

fn function_without_a_parent() {
    work();
}

fn function_without_a_header() {
    work();
}

fn function_error_in_a_subsegment() {
    invoke(async || {
        if let Err(error) = xray::capture("order", |_| Err::<(), _>(OrderError::new("cart 17 is gone"))) {
            println!("{error}");
        }
    });
}

fn function_annotation_by_hand() {
    invoke(async || {
        xray::put_annotation("customer", "c-17");
        in_subsegment("order", |_| {});
    });
}

fn function_segment_by_hand() {
    invoke(async || in_segment("shop", |_| in_subsegment("order", |_| {})));
}

fn function_subsegments_without_sampling() {
    patch();
    invoke(async || {
        for _ in 0..2 {
            in_subsegment("order", |_| {});
            let silent = xray::begin_subsegment_without_sampling("silent");
            let call = {
                let _current = silent.enter();
                async { get().await }.in_subsegment("below")
            };
            call.await;
        }
    });
}

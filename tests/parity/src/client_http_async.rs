//! HTTP calls of asynchronous programs: reqwest here, httpx and the client of aiohttp in Python.

use aws_xray_sdk as xray;
use reqwest::Client;
use xray::Segment;
use xray::prelude::*;

use crate::client_http::patch;
use crate::scenario::{Scenario, block_on, refused_url, scenarios, url};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    httpx_statuses,
    httpx_connection_refused,
    httpx_redirect,
    httpx_query_string_and_user_info,
    httpx_in_an_unsampled_segment,
    aiohttp_statuses,
    aiohttp_connection_refused,
    aiohttp_redirect,
    aiohttp_in_an_unsampled_segment,
];

fn run(segment: Segment, urls: &[String]) {
    let work = async {
        for url in urls {
            match Client::new().xray().get(url).send().await {
                Ok(response) => println!("{}", response.status().as_u16()),
                Err(_) => println!("failed"),
            }
        }
    };
    block_on(work.in_segment(segment));
}

fn get(urls: &[String]) {
    patch();
    run(xray::begin_segment("shop"), urls);
}

fn get_unsampled(url: String) {
    patch();
    run(xray::Recorder::current().segment("shop").sampled(false).begin(), &[url]);
}

fn statuses() -> [String; 4] {
    ["200", "404", "429", "500"].map(|status| url(&format!("/status/{status}")))
}

fn httpx_statuses() {
    get(&statuses());
}

fn httpx_connection_refused() {
    get(&[refused_url()]);
}

fn httpx_redirect() {
    get(&[url("/redirect")]);
}

fn httpx_query_string_and_user_info() {
    get(&[url("/status/200?card=4111-1111-1111-1111").replace("http://", "http://customer:secret@")]);
}

fn httpx_in_an_unsampled_segment() {
    get_unsampled(url("/status/200"));
}

fn aiohttp_statuses() {
    get(&statuses());
}

fn aiohttp_connection_refused() {
    get(&[refused_url()]);
}

fn aiohttp_redirect() {
    get(&[url("/redirect")]);
}

fn aiohttp_in_an_unsampled_segment() {
    get_unsampled(url("/status/200"));
}

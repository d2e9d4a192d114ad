//! HTTP calls through a client library: reqwest here, requests in Python.

use aws_xray_sdk as xray;
use reqwest::{Client, RequestBuilder, Result};
use xray::prelude::*;
use xray::{Library, TRACE_HEADER};

use crate::scenario::{
    Scenario, block_on, in_segment, in_subsegment, in_unsampled_segment, refused_url, scenarios, url,
};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    http_ok,
    http_not_found,
    http_throttled,
    http_server_error,
    http_connection_refused,
    http_redirect,
    http_query_string_and_fragment,
    http_user_info,
    http_url_without_a_scheme,
    http_url_without_a_host,
    http_post,
    http_inside_a_subsegment,
    http_header_of_the_program,
    http_in_an_unsampled_segment,
    http_not_patched,
    http_patched_twice,
];

pub(crate) fn patch() {
    xray::patch([Library::Reqwest]).unwrap();
}

/// Calls through a traced client and returns the status.
pub(crate) fn get(url: &str) -> Result<u16> {
    block_on(async { Ok(Client::new().xray().get(url).send().await?.status().as_u16()) })
}

/// Sends a request that the program made by itself, traced.
pub(crate) fn send(request: RequestBuilder) -> Result<u16> {
    block_on(async { Ok(request.send_traced().await?.status().as_u16()) })
}

fn get_in_a_segment(url: &str) {
    patch();
    in_segment("shop", |_| match get(url) {
        Ok(status) => println!("{status}"),
        Err(_) => println!("failed"),
    });
}

fn http_ok() {
    get_in_a_segment(&url("/status/200"));
}

fn http_not_found() {
    get_in_a_segment(&url("/status/404"));
}

fn http_throttled() {
    get_in_a_segment(&url("/status/429"));
}

fn http_server_error() {
    get_in_a_segment(&url("/status/500"));
}

fn http_connection_refused() {
    get_in_a_segment(&refused_url());
}

fn http_redirect() {
    get_in_a_segment(&url("/redirect"));
}

fn http_query_string_and_fragment() {
    get_in_a_segment(&url("/status/200?card=4111-1111-1111-1111#secret"));
}

fn http_user_info() {
    get_in_a_segment(&url("/status/200").replace("http://", "http://customer:secret@"));
}

fn http_url_without_a_scheme() {
    get_in_a_segment("/status/200");
}

fn http_url_without_a_host() {
    get_in_a_segment("http://");
}

fn http_post() {
    patch();
    in_segment("shop", |_| println!("{}", send(Client::new().post(url("/status/201")).body("order")).unwrap()));
}

fn http_inside_a_subsegment() {
    patch();
    in_segment("shop", |_| in_subsegment("order", |_| get(&url("/status/200")).unwrap()));
}

/// A trace header that the program put on the call gives way to the one of the subsegment.
fn http_header_of_the_program() {
    patch();
    let header = "Root=1-00000001-000000000000000000000001";
    in_segment("shop", |_| send(Client::new().get(url("/status/200")).header(TRACE_HEADER, header)).unwrap());
}

fn http_in_an_unsampled_segment() {
    patch();
    in_unsampled_segment("shop", |_| println!("{}", get(&url("/status/200")).unwrap()));
}

fn http_not_patched() {
    in_segment("shop", |_| println!("{}", get(&url("/status/200")).unwrap()));
}

fn http_patched_twice() {
    patch();
    patch();
    let client = Client::new().xray().xray();
    let call = async { client.get(url("/status/200")).send().await.unwrap() };
    in_segment("shop", |_| println!("{}", block_on(call).status().as_u16()));
}

//! HTTP calls through what all clients build on: hyper-util with a layer of tower here, http.client in Python.

use std::error::Error;

use aws_xray_sdk as xray;
use axum::body::Body;
use axum::http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::{ServiceBuilder, ServiceExt as _};
use xray::Library;
use xray::http::tower::XRayClientLayer;

use crate::scenario::{
    Scenario, block_on, in_segment, in_subsegment, in_unsampled_segment, refused_url, scenarios, url,
};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    httplib_ok,
    httplib_not_found,
    httplib_throttled,
    httplib_server_error,
    httplib_connection_refused,
    httplib_redirect,
    httplib_query_string,
    httplib_post,
    httplib_inside_a_subsegment,
    httplib_in_an_unsampled_segment,
    httplib_not_patched,
];

fn patch() {
    xray::patch([Library::Tower]).unwrap();
}

fn call(method: &str, url: &str, body: impl Into<Body>) {
    let request = Request::builder().method(method).uri(url).body(body.into()).unwrap();
    let status: Result<u16, Box<dyn Error>> = block_on(async {
        let client = Client::builder(TokioExecutor::new()).build_http::<Body>();
        let client = ServiceBuilder::new().layer(XRayClientLayer::new()).service(client);
        let response = client.oneshot(request).await?;
        Ok(response.status().as_u16())
    });
    match status {
        Ok(status) => println!("{status}"),
        Err(_) => println!("failed"),
    }
}

fn get(url: &str) {
    call("GET", url, Body::empty());
}

fn get_in_a_segment(url: &str) {
    patch();
    in_segment("shop", |_| get(url));
}

fn httplib_ok() {
    get_in_a_segment(&url("/status/200"));
}

fn httplib_not_found() {
    get_in_a_segment(&url("/status/404"));
}

fn httplib_throttled() {
    get_in_a_segment(&url("/status/429"));
}

fn httplib_server_error() {
    get_in_a_segment(&url("/status/500"));
}

fn httplib_connection_refused() {
    get_in_a_segment(&refused_url());
}

fn httplib_redirect() {
    get_in_a_segment(&url("/redirect"));
}

fn httplib_query_string() {
    get_in_a_segment(&url("/status/200?card=4111-1111-1111-1111"));
}

fn httplib_post() {
    patch();
    in_segment("shop", |_| call("POST", &url("/status/201"), "order 17"));
}

fn httplib_inside_a_subsegment() {
    patch();
    in_segment("shop", |_| in_subsegment("checkout", |_| get(&url("/status/200"))));
}

fn httplib_in_an_unsampled_segment() {
    patch();
    in_unsampled_segment("shop", |_| get(&url("/status/200")));
}

fn httplib_not_patched() {
    in_segment("shop", |_| get(&url("/status/200")));
}

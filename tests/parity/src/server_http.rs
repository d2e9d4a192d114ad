//! Incoming requests: the first of each pair is served by axum and the second by actix-web; in Python, both by Flask.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use actix_web::{App, HttpResponse, HttpServer, ResponseError, web};
use aws_xray_sdk as xray;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::any;
use xray::http::actix_web::XRayMiddleware;
use xray::http::{Naming, XRayLayer};
use xray::sampling::LocalSampler;
use xray::{Recorder, TRACE_HEADER};

use crate::scenario::{OrderError, PARENT_ID, Scenario, TRACE_ID, block_on, in_subsegment, scenarios};

pub(crate) const SCENARIOS: &[Scenario] = scenarios![
    server_ok,
    server_not_found,
    server_throttled,
    server_server_error,
    server_path_without_a_route,
    server_post,
    server_error_raised,
    server_subsegment_in_the_handler,
    server_query_string,
    server_user_agent,
    server_forwarded_for,
    server_forwarded_for_several,
    server_header_sampled,
    server_header_unsampled,
    server_header_that_asks_and_gets_a_yes,
    server_header_that_asks_and_gets_a_no,
    server_header_without_a_decision,
    server_header_malformed,
    server_header_of_w3c,
    server_without_a_header_not_sampled,
    server_name_by_host,
    server_name_of_another_host,
    server_name_from_the_environment,
];

const HOST: &str = "eu.shop.example";

impl ResponseError for OrderError {}

fn serve_with_axum(naming: Naming) -> SocketAddr {
    let (listener, address) = listen();
    let answer = async |Path(status): Path<u16>| (StatusCode::from_u16(status).unwrap(), "text");
    // As axum has it: an error becomes a response before any layer sees it.
    let fail = async || (StatusCode::INTERNAL_SERVER_ERROR, OrderError::new("no price").to_string());
    let router = Router::new()
        .route("/status/{status}", any(answer))
        .route("/order", any(async || order()))
        .route("/failure", any(fail))
        .layer(XRayLayer::new(naming))
        .into_make_service_with_connect_info::<SocketAddr>();
    thread::spawn(|| {
        block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    address
}

fn serve_with_actix(naming: Naming) -> SocketAddr {
    let (listener, address) = listen();
    let answer =
        async |status: web::Path<u16>| HttpResponse::build(status.into_inner().try_into().unwrap()).body("text");
    let application = move || {
        App::new()
            .route("/status/{status}", web::route().to(answer))
            .route("/order", web::route().to(async || order()))
            .route("/failure", web::route().to(async || Err::<String, _>(OrderError::new("no price"))))
            .wrap(XRayMiddleware::new(naming.clone()))
    };
    thread::spawn(|| {
        let server = HttpServer::new(application).workers(1).disable_signals().listen(listener).unwrap();
        block_on(async { server.run().await.unwrap() });
    });
    address
}

fn order() -> &'static str {
    in_subsegment("order", |subsegment| subsegment.put_annotation("customer", "c-17"));
    "text"
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// The same request to both servers, under the name `shop`.
fn ask_both(path: &str, headers: &[&str]) {
    ask_both_named("shop".into(), "GET", path, headers);
}

fn ask_both_named(naming: Naming, method: &str, path: &str, headers: &[&str]) {
    for serve in [serve_with_axum, serve_with_actix] {
        ask(serve(naming.clone()), method, path, headers);
    }
}

/// Prints the status and the trace header of the response. The connection closes when the segment has been sent.
fn ask(address: SocketAddr, method: &str, path: &str, headers: &[&str]) {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n");
    headers.iter().for_each(|header| request.push_str(&format!("{header}\r\n")));
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(format!("{request}\r\n").as_bytes()).unwrap();
    let mut received = String::new();
    connection.read_to_string(&mut received).unwrap();
    println!("{}", received.split(' ').nth(1).unwrap());
    let mut lines = received.lines().filter_map(|line| line.split_once(": "));
    let found = lines.find(|(name, _)| name.eq_ignore_ascii_case(TRACE_HEADER));
    println!("{}", found.map_or("no trace header", |(_, value)| value));
}

fn trace_header(sampled: &str) -> String {
    format!("X-Amzn-Trace-Id: Root={TRACE_ID};Parent={PARENT_ID}{sampled}")
}

fn install_rules_with_rate(rate: u8) {
    let rules = format!(r#"{{"version": 2, "default": {{"fixed_target": 0, "rate": {rate}}}, "rules": []}}"#);
    Recorder::builder().sampler(LocalSampler::from_json(&rules).unwrap()).install().unwrap();
}

fn server_ok() {
    ask_both("/status/200", &[]);
}

fn server_not_found() {
    ask_both("/status/404", &[]);
}

fn server_throttled() {
    ask_both("/status/429", &[]);
}

fn server_server_error() {
    ask_both("/status/500", &[]);
}

fn server_path_without_a_route() {
    ask_both("/nowhere", &[]);
}

fn server_post() {
    ask_both_named("shop".into(), "POST", "/status/201", &["Content-Length: 0"]);
}

fn server_error_raised() {
    ask_both("/failure", &[]);
}

fn server_subsegment_in_the_handler() {
    ask_both("/order", &[]);
}

fn server_query_string() {
    ask_both("/status/200?card=4111-1111-1111-1111", &[]);
}

fn server_user_agent() {
    ask_both("/status/200", &["User-Agent: curl/8.5.0"]);
}

fn server_forwarded_for() {
    ask_both("/status/200", &["X-Forwarded-For: 192.0.2.7"]);
}

fn server_forwarded_for_several() {
    ask_both("/status/200", &["X-Forwarded-For: 192.0.2.7, 198.51.100.1"]);
}

fn server_header_sampled() {
    ask_both("/order", &[&trace_header(";Sampled=1")]);
}

fn server_header_unsampled() {
    ask_both("/order", &[&trace_header(";Sampled=0")]);
}

fn server_header_that_asks_and_gets_a_yes() {
    install_rules_with_rate(1);
    ask_both("/order", &[&trace_header(";Sampled=?")]);
}

fn server_header_that_asks_and_gets_a_no() {
    install_rules_with_rate(0);
    ask_both("/order", &[&trace_header(";Sampled=?")]);
}

fn server_header_without_a_decision() {
    ask_both("/order", &[&trace_header("")]);
}

fn server_header_malformed() {
    ask_both("/order", &["X-Amzn-Trace-Id: some invalid string"]);
}

fn server_header_of_w3c() {
    let root = TRACE_ID[2..].replace('-', "");
    ask_both("/order", &[&format!("traceparent: 00-{root}-{PARENT_ID}-01")]);
}

fn server_without_a_header_not_sampled() {
    install_rules_with_rate(0);
    ask_both("/order", &[]);
}

fn server_name_by_host() {
    ask_both_named(Naming::by_host("*.shop.example", "shop"), "GET", "/status/200", &[]);
}

fn server_name_of_another_host() {
    ask_both_named(Naming::by_host("*.store.example", "shop"), "GET", "/status/200", &[]);
}

fn server_name_from_the_environment() {
    ask_both("/status/200", &[]);
}

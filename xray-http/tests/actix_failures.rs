//! What is recorded of a request to actix-web that fails, or that nobody waits for any more.
#![cfg(all(feature = "actix-web", feature = "reqwest"))]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
mod support;

use std::fmt;
use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{App, Error, HttpResponse, ResponseError, error, middleware::Next};
use futures::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use xray_core::testing::Node;
use xray_http::ServerOptions;
use xray_http::actix_web::XRayMiddleware;

use actix::{Site, listen};
use support::{Fixture, plain_client};

#[tokio::test]
async fn an_error_is_the_cause_and_its_status_decides_what_it_is() {
    for (path, status, flags, kind, message) in [
        ("/lost", 500, (Value::Null, json!(true)), "Lost", "the order is lost"),
        ("/unknown", 404, (json!(true), Value::Null), "error", "no such order"),
        ("/number/x", 404, (json!(true), Value::Null), "Error", "can not parse \"x\" to a u32"),
        ("/refused", 401, (json!(true), Value::Null), "error", "who are you?"),
        ("/teapot", 418, (json!(true), Value::Null), "Teapot", "short and stout"),
    ] {
        let site = Site::serve(routes);
        let request = plain_client().get(format!("{}{path}", site.url)).header("X-Amzn-Trace-Id", "Sampled=?");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let segment = site.segment();
        let answer = format!("Root={};Sampled=1", segment.trace().id());
        assert_eq!(response.headers()["x-amzn-trace-id"], answer, "{path}");
        assert_eq!(segment.get("/http/response/status"), status, "{path}");
        assert_eq!((segment.get("/error"), segment.get("/fault")), (&flags.0, &flags.1), "{path}");
        assert_eq!(exception(&segment), (kind, message), "{path}");
    }
}

#[tokio::test]
async fn an_error_that_a_subsegment_recorded_is_referred_to() {
    let site = Site::serve(routes);
    plain_client().get(format!("{}/captured", site.url)).send().await.unwrap();
    let segment = site.segment();
    let recorded = segment.child("load").get("/cause/exceptions/0/id").clone();
    assert!(recorded.is_string());
    assert_eq!(segment.get("/cause"), &recorded);
    assert_eq!(segment.get("/fault"), true);
}

#[tokio::test]
async fn an_error_of_the_body_is_a_fault() {
    let site = Site::serve(routes);
    let outcome = async { plain_client().get(format!("{}/broken", site.url)).send().await?.bytes().await };
    assert!(outcome.await.is_err());
    let segment = site.segment();
    assert_eq!((segment.get("/http/response/status"), segment.get("/fault")), (&json!(200), &json!(true)));
    assert_eq!(exception(&segment), ("std::io::error::Error", "the disk is gone"));
}

#[tokio::test]
async fn a_panic_is_a_fault_and_the_next_request_is_served() {
    let site = Site::serve(routes);
    let get = |path: &'static str| plain_client().get(format!("{}{path}", site.url)).send();
    for (count, path) in [(1, "/panic"), (2, "/panic_at_once"), (3, "/panic_in_body")] {
        let outcome = async { get(path).await?.bytes().await };
        assert!(outcome.await.is_err(), "{path}");
        let documents = site.fixture.wait_for(count);
        let segment = documents.traces()[count - 1].root();
        assert_eq!(segment.get("/fault"), true, "{path}");
        assert_eq!(exception(&segment), ("panic", "out of stock"), "{path}");
    }
    assert_eq!(get("/lost").await.unwrap().status(), 500);
    site.fixture.wait_for(4);
}

/// Another request's panic has only cancelled it.
#[actix_web::test]
async fn a_panic_elsewhere_is_not_the_requests() {
    let fixture = Fixture::start();
    let options = ServerOptions::new().recorder(fixture.recorder.clone());
    let silent = web::to(|| async {
        std::future::pending::<()>().await;
        HttpResponse::Ok().finish()
    });
    let application = App::new().default_service(silent).wrap(XRayMiddleware::new("shop").with_options(options));
    let service = init_service(application).await;
    let mut pending = Box::pin(service.call(TestRequest::get().to_request()));
    assert!(futures::poll!(&mut pending).is_pending());
    actix_web::rt::spawn(async move {
        let _pending = pending;
        panic!("somebody else's");
    })
    .await
    .unwrap_err();
    let segment = fixture.wait_for(1).only_trace().root();
    assert_eq!((segment.get("/fault"), segment.get("/cause")), (&Value::Null, &Value::Null));
}

/// Only without half-closed connections: otherwise, and over HTTP/2, actix-web lets the handler finish.
#[tokio::test]
async fn a_client_that_goes_away_ends_the_segment_which_is_not_at_fault() {
    let fixture = Fixture::start();
    let (arrived, mut arrivals) = unbounded_channel();
    let options = ServerOptions::new().recorder(fixture.recorder.clone());
    let address = listen!(
        move || {
            let arrived = arrived.clone();
            App::new()
                .default_service(web::to(move || wait_forever(arrived.clone())))
                .wrap(XRayMiddleware::new("shop").with_options(options.clone()))
        },
        |server| server.h1_allow_half_closed(false)
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await.unwrap();
    arrivals.recv().await.unwrap();
    drop(connection);

    let trace = fixture.wait_for(1).only_trace();
    assert_eq!(trace.render(), "shop GET {cancelled=true}\n└─ dropped here\n");
    assert_eq!((trace.root().get("/fault"), trace.root().get("/cause")), (&Value::Null, &Value::Null));
}

// The client's side goes on while the test waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_goes_away_from_a_stream_ends_the_segment() {
    for over_2 in [false, true] {
        let site = Site::serve(routes);
        let url = format!("{}/endless", site.url);
        if over_2 {
            let (mut client, connection) = actix::http2(site.address).await;
            tokio::spawn(connection);
            let mut response = client.send_request(support::request("GET", &url)).await.unwrap();
            response.body_mut().frame().await.unwrap().unwrap();
            site.fixture.assert_nothing_sent();
        } else {
            let mut response = plain_client().get(url).send().await.unwrap();
            response.chunk().await.unwrap().unwrap();
            site.fixture.assert_nothing_sent();
        }
        let segment = site.segment();
        assert_eq!(segment.trace().render(), "shop GET 200 {cancelled=true}\n└─ dropped here\n");
        assert_eq!(segment.get("/fault"), &Value::Null);
    }
}

#[tokio::test]
async fn a_connection_that_becomes_a_web_socket_is_not_waited_for() {
    let site = Site::serve(routes);
    let mut socket = TcpStream::connect(site.address).await.unwrap();
    socket
        .write_all(b"GET /socket HTTP/1.1\r\nHost: shop\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        .await
        .unwrap();
    let mut received = String::new();
    while !received.ends_with("hello") {
        let mut buffer = [0; 1024];
        let length = socket.read(&mut buffer).await.unwrap();
        assert!(length > 0, "{received}");
        received.push_str(str::from_utf8(&buffer[..length]).unwrap());
    }
    assert!(received.starts_with("HTTP/1.1 101 "), "{received}");
    // The connection is open, and its body goes on.
    let segment = site.segment();
    assert_eq!(segment.trace().render(), "shop GET 101\n");
    assert!(received.contains(&format!("x-amzn-trace-id: Root={}\r\n", segment.trace().id())), "{received}");
}

fn routes(config: &mut ServiceConfig) {
    config
        .route("/lost", web::get().to(|| async { Err::<String, _>(Lost) }))
        .route("/unknown", web::get().to(|| async { Err::<String, _>(error::ErrorNotFound("no such order")) }))
        .route("/number/{number}", web::get().to(|number: web::Path<u32>| async move { number.to_string() }))
        .service(web::resource("/refused").wrap(from_fn(refuse)).to(HttpResponse::Ok))
        .service(web::resource("/teapot").wrap(from_fn(brew)).to(HttpResponse::Ok))
        .route("/captured", web::get().to(captured))
        .route("/broken", web::get().to(broken))
        .route("/panic", web::get().to(panic_later))
        .route("/panic_at_once", web::get().to(panic_at_once))
        .route("/panic_in_body", web::get().to(panic_in_body))
        .route("/endless", web::get().to(endless))
        .route("/socket", web::get().to(socket));
}

#[derive(Debug)]
struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the order is lost")
    }
}

impl std::error::Error for Lost {}
impl ResponseError for Lost {}

/// Says its status by its response only.
#[derive(Debug)]
struct Teapot;

impl fmt::Display for Teapot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("short and stout")
    }
}

impl ResponseError for Teapot {
    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(StatusCode::IM_A_TEAPOT).finish()
    }
}

/// Middleware whose error has not become a response when ours sees it.
async fn refuse(_: ServiceRequest, _: Next<impl MessageBody>) -> Result<ServiceResponse, Error> {
    Err(error::ErrorUnauthorized("who are you?"))
}

async fn brew(_: ServiceRequest, _: Next<impl MessageBody>) -> Result<ServiceResponse, Error> {
    Err(Teapot.into())
}

async fn captured() -> Result<String, Lost> {
    xray_core::capture("load", |_| Err(Lost))
}

async fn broken() -> HttpResponse {
    let chunks = [Ok(Bytes::from_static(b"begun")), Err(std::io::Error::other("the disk is gone"))];
    HttpResponse::Ok().streaming(stream::iter(chunks))
}

async fn panic_later() -> String {
    tokio::task::yield_now().await;
    panic!("out of stock")
}

async fn panic_at_once() -> String {
    panic!("out of stock")
}

async fn panic_in_body() -> HttpResponse {
    let chunks = stream::iter([1, 2]).map(|chunk| match chunk {
        1 => Ok::<_, Error>(Bytes::from_static(b"begun")),
        _ => panic!("out of stock"),
    });
    HttpResponse::Ok().streaming(chunks)
}

async fn wait_forever(arrived: UnboundedSender<()>) -> String {
    let _dropped = InContext;
    arrived.send(()).unwrap();
    std::future::pending().await
}

async fn endless() -> HttpResponse {
    let dropped = Arc::new(InContext);
    let chunks = stream::repeat_with(move || {
        let _dropped = &dropped;
        Ok::<_, Error>(Bytes::from(vec![b'x'; 16 * 1024]))
    });
    HttpResponse::Ok().streaming(chunks)
}

async fn socket() -> HttpResponse {
    let frames = stream::iter([Ok::<_, Error>(Bytes::from_static(b"hello"))]).chain(stream::pending());
    HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS).upgrade("websocket").streaming(frames)
}

/// Records that it is dropped in the request's segment.
struct InContext;

impl Drop for InContext {
    fn drop(&mut self) {
        xray_core::begin_subsegment("dropped here").end();
    }
}

/// Type and message of what was recorded as the cause.
#[track_caller]
fn exception(node: &Node) -> (&str, &str) {
    let exceptions = node.get("/cause/exceptions").as_array().unwrap();
    assert_eq!(exceptions.len(), 1, "{node:?}");
    (exceptions[0]["type"].as_str().unwrap(), exceptions[0]["message"].as_str().unwrap())
}

//! Requests that come in with a host or an address which is none, and answers that are not what they say.
#![cfg(all(feature = "actix-web", feature = "axum", feature = "reqwest"))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
#[path = "support/server.rs"]
mod server;
mod support;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use actix_web::{HttpResponse, web};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Response, StatusCode, header};
use futures::stream;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use xray_core::testing::Node;
use xray_http::Naming;

use actix::Site;
use server::{layer, only_segment};
use support::Fixture;

/// Sends what is written there, and reads until the server has nothing more to say. What comes is returned.
async fn send_raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A server that breaks a response off may reset the connection.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// An axum server that knows the address of its clients.
async fn serve_axum(fixture: &Fixture, naming: impl Into<Naming>, router: Router) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.layer(layer(fixture, naming)).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, service).await.unwrap() });
    address
}

/// What both servers record of a request that is written by hand; nothing of one that a server refuses.
async fn recorded(naming: impl Fn() -> Naming, request: &str) -> Vec<Node> {
    let mut nodes = Vec::new();
    let fixture = Fixture::start();
    let address = serve_axum(&fixture, naming(), Router::new().fallback(async || "ok")).await;
    if send_raw(address, request).await.ends_with("ok") {
        nodes.push(only_segment(&fixture));
    }
    let routes = |config: &mut web::ServiceConfig| {
        config.default_service(web::to(async || "ok"));
    };
    let site = Site::serve_with(naming(), |options| options, routes);
    if send_raw(site.address, request).await.ends_with("ok") {
        nodes.push(site.segment());
    }
    nodes
}

/// Whoever sent `Host: a b` was recorded without a path, so nobody could see what he had looked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_host_does_not_hide_the_path() {
    let long = "h".repeat(3_000);
    for (host, url) in [
        ("shop.example:8080", "http://shop.example:8080/admin.php"),
        ("a b", "/admin.php"),
        ("<script>alert(1)</script>", "/admin.php"),
        ("shop.example:99999", "/admin.php"),
        ("shop.example:x", "/admin.php"),
        ("[::1", "/admin.php"),
        ("::1", "/admin.php"),
        ("", "/admin.php"),
        ("user:s3cret@shop.example", "http://shop.example/admin.php"),
        ("shop.example/evil?x#y", "http://shop.example/admin.php"),
        ("\"", "/admin.php"),
        (&long, "/admin.php"),
    ] {
        let request = format!("GET /admin.php?s3cret HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        for node in recorded(|| Naming::from("shop"), &request).await {
            let found = node.get("/http/request/url").as_str().unwrap();
            assert_eq!(found, url, "{host}");
            assert!(found.chars().count() <= 250 && !node.json().to_string().contains("s3cret"), "{host}");
        }
    }
    // A path that would be read as a host, too.
    let request = "GET //evil.example/admin.php HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n";
    for node in recorded(|| Naming::from("shop"), request).await {
        assert_eq!(node.get("/http/request/url"), "/evil.example/admin.php");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_the_whole_server_are_recorded_with_its_host() {
    let request = "OPTIONS * HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";
    let nodes = recorded(|| Naming::from("shop"), request).await;
    assert!(!nodes.is_empty());
    for node in nodes {
        assert_eq!(node.get("/http/request/url"), "http://shop.example/*");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dot_behind_the_host_makes_no_other_node() {
    for host in ["api.shop.example", "api.shop.example.", "API.Shop.Example.:8080"] {
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let nodes = recorded(|| Naming::by_host("*.shop.example", "fallback"), &request).await;
        assert_eq!(nodes.len(), 2);
        for node in nodes {
            assert_eq!(node.name(), "api.shop.example", "{host}");
        }
    }
}

/// Anybody can send `X-Forwarded-For`, and anything in it was the client's address.
#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_client_is_an_address() {
    for (forwarded, address) in [
        ("203.0.113.7", Some("203.0.113.7")),
        ("203.0.113.7:49152", Some("203.0.113.7")),
        ("  203.0.113.7 , 10.0.0.1", Some("203.0.113.7")),
        ("203.0.113.7:49152, 10.0.0.1:80", Some("203.0.113.7")),
        ("2001:db8::7", Some("2001:db8::7")),
        ("[2001:db8::7]", Some("2001:db8::7")),
        ("[2001:DB8:0::7]:49152", Some("2001:db8::7")),
        ("\"[2001:db8::7]:49152\"", Some("2001:db8::7")),
        ("fe80::1%eth0", Some("fe80::1")),
        ("::ffff:203.0.113.7", Some("203.0.113.7")),
        // What is none is nobody's, and the socket's counts.
        ("<script>alert(1)</script>", None),
        ("unknown", None),
        ("_hidden, 203.0.113.7", None),
        ("client.example", None),
        ("203.0.113.7:", None),
        ("203.0.113.7:99999", None),
        ("203.0.113.7:http", None),
        ("203.0.113.300", None),
        ("203.0.113", None),
        ("0x7f000001", None),
        ("203.0.113.7 10.0.0.1", None),
        ("[203.0.113.7]", None),
        ("[2001:db8::7", None),
        ("2001:db8::7]:80", None),
        ("' OR 1=1 --", None),
        (", 203.0.113.7", None),
        ("", None),
    ] {
        let request =
            format!("GET / HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: {forwarded}\r\nConnection: close\r\n\r\n");
        let nodes = recorded(|| Naming::from("shop"), &request).await;
        assert_eq!(nodes.len(), 2);
        for node in nodes {
            assert_eq!(node.get("/http/request/client_ip"), address.unwrap_or("127.0.0.1"), "{forwarded}");
            let flag = if address.is_some() { json!(true) } else { Value::Null };
            assert_eq!(node.get("/http/request/x_forwarded_for"), &flag, "{forwarded}");
        }
    }
}

/// A server breaks such a response off, and the client gets half of it: that was a good 200.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_shorter_than_its_declared_length_is_a_fault() {
    let chunks = |count: usize| stream::iter((0..count).map(|_| Ok::<_, Infallible>(Bytes::from_static(b"01234"))));
    // Declared, chunks of five bytes, what is missing.
    for (method, declared, count, missing) in [
        ("GET", 15, 2, Some(5)),
        ("POST", 5, 0, Some(5)),
        ("GET", 10, 2, None),
        ("GET", 0, 0, None),
        ("HEAD", 15, 0, None),
    ] {
        let handler = async move || {
            let body = Body::from_stream(chunks(count));
            Response::builder().header(header::CONTENT_LENGTH, declared).body(body).unwrap()
        };
        let fixture = Fixture::start();
        let address = serve_axum(&fixture, "shop", Router::new().fallback(handler)).await;
        let routes = move |config: &mut web::ServiceConfig| {
            let handler = move || async move { HttpResponse::Ok().no_chunking(declared).streaming(chunks(count)) };
            config.default_service(web::to(handler));
        };
        let site = Site::serve(routes);
        let request = format!("{method} / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n");
        send_raw(address, &request).await;
        send_raw(site.address, &request).await;
        for (server, segment) in [("axum", only_segment(&fixture)), ("actix-web", site.segment())] {
            let case = format!("{server} {method} {declared} {count}");
            assert_eq!(segment.get("/http/response"), &json!({"status": 200, "content_length": declared}), "{case}");
            assert_eq!(segment.get("/fault") == true, missing.is_some(), "{case}: {segment:?}");
            assert_eq!(segment.get("/annotations"), &Value::Null, "{case}: it was not cancelled");
            if let Some(missing) = missing {
                let exception = segment.get("/cause/exceptions/0");
                assert_eq!(exception["type"], "IncompleteBody", "{case}");
                let message = format!("the body ended {missing} bytes before its declared length");
                assert_eq!(exception["message"], message, "{case}");
            }
        }
    }
}

/// Bodies that are there all at once, or that fail by themselves.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_body_is_told_of_once_however_it_ends() {
    let failing = || {
        let broken = std::io::Error::other("the disk is gone");
        Body::from_stream(stream::iter([Ok(Bytes::from_static(b"01234")), Err(broken)]))
    };
    for (body, status, causes) in [
        (Body::from("01234"), StatusCode::OK, vec!["the body ended 10 bytes before its declared length"]),
        (Body::empty(), StatusCode::OK, vec!["the body ended 15 bytes before its declared length"]),
        (Body::empty(), StatusCode::NOT_MODIFIED, vec![]),
        (failing(), StatusCode::OK, vec!["the disk is gone"]),
    ] {
        let fixture = Fixture::start();
        let mut body = Some(body);
        let handler = tower::service_fn(move |_: axum::http::Request<Body>| {
            let response = Response::builder().status(status).header(header::CONTENT_LENGTH, 15);
            let response = response.body(body.take().unwrap()).unwrap();
            async { Ok::<_, Infallible>(response) }
        });
        let service = tower::Layer::layer(&layer(&fixture, "shop"), handler);
        let response = tower::ServiceExt::oneshot(service, support::request("GET", "/")).await.unwrap();
        let _ = axum::body::to_bytes(Body::new(response.into_body()), usize::MAX).await;
        let segment = only_segment(&fixture);
        let exceptions = segment.get("/cause/exceptions").as_array().cloned().unwrap_or_default();
        let last = exceptions.last().map(|exception| exception["message"].as_str().unwrap());
        assert_eq!(last.into_iter().collect::<Vec<_>>(), causes, "{segment:?}");
        assert_eq!(segment.get("/fault") == true, !causes.is_empty(), "{segment:?}");
    }
}

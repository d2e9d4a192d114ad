//! Calls whose requests do not say where they go as most do.
#![cfg(all(feature = "reqwest", feature = "tower"))]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, Uri, header};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use xray_core::TraceHeader;
use xray_http::ClientOptions;
use xray_http::reqwest::ClientExt as _;
use xray_http::tower::XRayClientLayer;

use support::{Fixture, Node, echo, request, serve_echo, text};

/// Sends a request on a connection of hyper's own.
async fn send_http1(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, request: Request<Body>) -> String {
    let (mut sender, connection) = http1::handshake::<_, Body>(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut sender = XRayClientLayer::new().layer(service_fn(move |request| sender.send_request(request)));
    text(sender.call(request).await.unwrap()).await
}

/// Such a request is the rest of a URL, and its host stands in the header alone: `/cart` was recorded, and nothing of the host.
#[tokio::test]
async fn a_connection_of_hyper_s_own_records_the_host_of_its_header() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    for (uri, host, recorded, name) in [
        ("/cart?token=s3cret", "shop.example", "http://shop.example/cart", "shop.example"),
        ("/cart", "Shop.Example:8080", "http://Shop.Example:8080/cart", "shop.example"),
        ("/cart", "[::1]:8080", "http://[::1]:8080/cart", "::1"),
        ("/", "shop.example", "http://shop.example/", "shop.example"),
        ("*", "shop.example:8080", "http://shop.example:8080/*", "shop.example"),
        // What is no host is left out, and the path stays.
        ("/cart", "a b", "/cart", "a b"),
        ("/cart", "user:s3cret@shop.example", "http://shop.example/cart", "shop.example"),
    ] {
        let stream = TcpStream::connect(address(&url)).await.unwrap();
        let mut request = request(if uri == "*" { "OPTIONS" } else { "GET" }, uri);
        request.headers_mut().insert(header::HOST, host.parse().unwrap());
        let (_, node) = fixture.call(send_http1(stream, request)).await;
        assert_eq!(node.get("/http/request/url"), &json!(recorded), "{host}");
        assert_eq!(node.name(), name, "{host}");
        assert!(!node.json().to_string().contains("s3cret"), "{host}");
    }
}

/// The host and the asterisk were written one behind the other: `http://shop*`, a host that nobody has.
#[tokio::test]
async fn options_of_a_whole_server_keep_the_host_from_the_asterisk() {
    let fixture = Fixture::start();
    let url = serve_echo().await;
    let authority = url.strip_prefix("http://").unwrap();
    let uri = Uri::builder().scheme("http").authority(authority).path_and_query("*").build().unwrap();
    let (mut sender, connection) = http2::handshake::<_, _, Body>(
        TokioExecutor::new(),
        TokioIo::new(TcpStream::connect(authority).await.unwrap()),
    )
    .await
    .unwrap();
    tokio::spawn(connection);
    let mut client = XRayClientLayer::new().layer(service_fn(move |request| sender.send_request(request)));
    let mut request = request("OPTIONS", "/");
    *request.uri_mut() = uri;
    let (_, node) = fixture.call(async { client.call(request).await.unwrap() }).await;
    assert_eq!(node.get("/http/request/url"), &json!(format!("{url}/*")));
    assert_eq!(node.name(), "127.0.0.1");
}

/// Clients of Unix sockets, as hyperlocal and bollard, write the path of the socket as a host, in hexadecimal digits.
#[tokio::test]
async fn a_unix_socket_is_named_by_its_path() {
    let fixture = Fixture::start();
    let folder = std::env::temp_dir().join(format!("xray-{}", xray_core::SegmentId::generate()));
    std::fs::create_dir(&folder).unwrap();
    let socket = folder.join("stock.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async { axum::serve(listener, Router::new().fallback(echo)).await.unwrap() });

    let path = socket.to_str().unwrap();
    let digits = path.bytes().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    });
    let uri = format!("unix://{digits}:0/cart?token=s3cret");
    let connect = |_| {
        let socket = socket.clone();
        service_fn(move |mut request: Request<Body>| {
            let socket = socket.clone();
            async move {
                *request.uri_mut() = "/cart".parse().unwrap();
                request.headers_mut().insert(header::HOST, "localhost".parse().unwrap());
                let stream = TokioIo::new(UnixStream::connect(socket).await.unwrap());
                let (mut sender, connection) = http1::handshake::<_, Body>(stream).await.unwrap();
                tokio::spawn(connection);
                sender.send_request(request).await
            }
        })
    };
    let call = async |options| {
        let client = XRayClientLayer::new().with_options(options).layer(connect(()));
        text(client.oneshot(request("GET", &uri)).await.unwrap()).await
    };
    let (seen, node) = fixture.call(call(ClientOptions::new())).await;
    assert_eq!(TraceHeader::parse(&seen).parent().unwrap().to_string(), node.id());
    assert_eq!(node.name(), path);
    let escaped = path.replace('/', "%2F");
    assert_eq!(node.get("/http/request/url"), &json!(format!("unix://{escaped}/cart")));
    // Rules know it by the same name.
    let (_, node) = fixture.call(call(ClientOptions::new().name("*/stock.sock", "stock"))).await;
    assert_eq!(node.name(), "stock");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What looks like such a host and is none stays what it is.
#[tokio::test]
async fn a_host_of_hexadecimal_digits_is_a_host() {
    let fixture = Fixture::start();
    for (uri, name, recorded) in [
        ("http://cafe:80/cart", "cafe", "http://cafe:80/cart"),
        ("unix://beef:0/cart", "beef", "unix://beef:0/cart"),
        ("unix://cafe1:0/cart", "cafe1", "unix://cafe1:0/cart"),
        ("unix://shop.example:0/cart", "shop.example", "unix://shop.example:0/cart"),
    ] {
        let node = call_nobody(&fixture, uri).await;
        assert_eq!((node.name(), node.get("/http/request/url")), (name, &json!(recorded)));
    }
}

/// `shop.example.` is `shop.example`, spelled out: two nodes on the service map were one service.
#[tokio::test]
async fn a_dot_behind_a_host_makes_no_other_node() {
    let fixture = Fixture::start();
    for (uri, name) in [
        ("http://shop.example./cart", "shop.example"),
        ("http://Shop.Example.:8080/cart", "shop.example"),
        ("http://shop./", "shop"),
    ] {
        assert_eq!(call_nobody(&fixture, uri).await.name(), name, "{uri}");
    }
    let address = address(&serve_echo().await);
    let client = reqwest::Client::builder().no_proxy().resolve("shop.example.", address).build().unwrap().xray();
    let url = format!("http://shop.example.:{}/cart", address.port());
    let (_, node) = fixture.call(client.get(&url).send()).await;
    assert_eq!((node.name(), node.get("/http/request/url")), ("shop.example", &json!(url)));
    // Nor does it lead around a rule.
    let silent = client.with_options(ClientOptions::new().ignore_hosts(["shop.example"]));
    let trace = fixture.trace(async { silent.get(&url).send().await.unwrap().text().await.unwrap() }).await;
    assert!(trace.root().children().is_empty());
}

/// Makes a call that a service answers which asks nobody.
async fn call_nobody(fixture: &Fixture, uri: &str) -> Node {
    let service = service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::empty())));
    fixture.call(XRayClientLayer::new().layer(service).oneshot(request("GET", uri))).await.1
}

fn address(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

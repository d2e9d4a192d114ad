//! What is recorded of a request that came in, and what answers it.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/server.rs"]
mod server;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{Request, Response, StatusCode};
use axum::routing::{any, get};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _, service_fn};
use xray_core::{Environment, TraceHeader};
use xray_http::{Naming, XRayLayer};

use server::{Asked, get_with, layer, only_segment, options, segments, send, serve_traced, trace_header};
use support::{Fixture, request, serve};

const ROOT: &str = "1-57ff426a-80c11c39b0c928905eb0828d";
const PARENT: &str = "53995c3f42cd8ad8";

/// Protocol row 73.
#[tokio::test(flavor = "multi_thread")]
async fn statuses_set_flags() {
    let fixture = Fixture::start();
    let status = |Path(status): Path<u16>| async move { (StatusCode::from_u16(status).unwrap(), "0123456789") };
    let url = serve(Router::new().route("/{status}", any(status)).layer(layer(&fixture, "shop"))).await;
    let cases = [
        (200, json!({})),
        (302, json!({})),
        (401, json!({"error": true})),
        (429, json!({"error": true, "throttle": true})),
        (500, json!({"fault": true})),
        (503, json!({"fault": true})),
    ];
    for (position, (status, flags)) in cases.iter().enumerate() {
        let (response, _) = send(request("PUT", &format!("{url}/{status}?foo=bar#x"))).await;
        assert_eq!(response.status(), *status);
        let segment = segments(&fixture, position + 1).remove(position);
        assert_eq!(segment.name(), "shop");
        assert_eq!(segment.get("/http/request/method"), "PUT");
        assert_eq!(segment.get("/http/request/url"), &format!("{url}/{status}"));
        assert_eq!(segment.get("/http/response"), &json!({"status": status, "content_length": 10}));
        for flag in ["error", "throttle", "fault"] {
            assert_eq!(segment.json().get(flag), flags.get(flag), "{flag} of {status}");
        }
        assert_eq!(segment.get("/cause"), &Value::Null);
    }
}

/// Protocol rows 74 and 76, and §5: the sampler is asked when the header has not decided, and the caller is told if it asked.
#[tokio::test(flavor = "multi_thread")]
async fn the_header_decides_or_the_sampler_does() {
    let both = format!("Root={ROOT};Parent={PARENT}");
    let answer = format!("Root={ROOT}");
    // Header, what the sampler would say, whether it is asked, whether it is recorded, the response's header.
    for (header, says, asked, recorded, answered) in [
        (format!("{both};Sampled=1"), false, false, true, answer.clone()),
        (format!("{both};Sampled=0"), true, false, false, String::new()),
        (format!("{both};Sampled=?"), true, true, true, format!("{answer};Sampled=1")),
        (format!("{both};Sampled=?"), false, true, false, format!("{answer};Sampled=0")),
        (both.clone(), true, true, true, answer.clone()),
        (both.clone(), false, true, false, String::new()),
        (format!("Self=1-0-0; Root = {ROOT} ;Sampled=?;Lineage=a:1;"), true, true, true, format!("{answer};Sampled=1")),
    ] {
        let sampler = Asked::answering(says);
        let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
        let url = serve_traced(&fixture, async || xray_core::current_trace_header().unwrap().to_string()).await;
        let (response, seen) = send(get_with(&url, &[("X-Amzn-Trace-Id", &header)])).await;
        assert_eq!(sampler.questions().len(), usize::from(asked), "{header}");
        assert_eq!(trace_header(response.headers()), answered, "{header}");
        let seen = TraceHeader::parse(&seen);
        assert_eq!(seen.root().unwrap().to_string(), ROOT, "{header}");
        assert_eq!(seen.extras().count(), usize::from(header.contains("Lineage")), "{header}");
        if recorded {
            let segment = only_segment(&fixture);
            assert_eq!(segment.trace().id(), ROOT, "{header}");
            let parent = if header.contains("Parent") { json!(PARENT) } else { Value::Null };
            assert_eq!(segment.get("/parent_id"), &parent, "{header}");
            assert_eq!(seen.parent().unwrap().to_string(), segment.id(), "{header}");
        } else {
            assert_eq!(seen.sampled(), xray_core::Sampled::No, "{header}");
            fixture.assert_nothing_sent();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_begins_where_no_header_or_a_bad_one_comes_in() {
    let fixture = Fixture::start();
    let url = serve_traced(&fixture, async || ()).await;
    for (position, header) in
        [None, Some(""), Some("some invalid string"), Some("Root=foo;Parent=53995c3f42cd8ad8")].into_iter().enumerate()
    {
        let headers: Vec<_> = header.map(|header| ("x-amzn-trace-id", header)).into_iter().collect();
        let (response, _) = send(get_with(&url, &headers)).await;
        let segment = segments(&fixture, position + 1).remove(position);
        assert_eq!(trace_header(response.headers()), format!("Root={}", segment.trace().id()), "{header:?}");
        assert_eq!(segment.get("/parent_id"), &Value::Null, "{header:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn traceparent_counts_where_there_is_no_header_of_x_ray() {
    let w3c = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let unsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    let own = format!("Root={ROOT};Sampled=1");
    for (headers, root) in [
        (vec![("traceparent", w3c)], Some("1-4bf92f35-77b34da6a3ce929d0e0e4736")),
        (vec![("traceparent", unsampled)], None),
        (vec![("traceparent", w3c), ("x-amzn-trace-id", &own)], Some(ROOT)),
    ] {
        let sampler = Asked::answering(true);
        let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
        let url = serve_traced(&fixture, async || ()).await;
        send(get_with(&url, &headers)).await;
        assert_eq!(sampler.questions(), [""; 0], "{headers:?}");
        match root {
            Some(root) => {
                let segment = only_segment(&fixture);
                assert_eq!(segment.trace().id(), root, "{headers:?}");
                let parent = if root == ROOT { Value::Null } else { json!("00f067aa0ba902b7") };
                assert_eq!(segment.get("/parent_id"), &parent, "{headers:?}");
            }
            None => fixture.assert_nothing_sent(),
        }
    }
    // A bad one is none.
    let fixture = Fixture::start();
    let url = serve_traced(&fixture, async || ()).await;
    for (position, bad) in ["", "00", &"0".repeat(8_000), "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"]
        .into_iter()
        .enumerate()
    {
        send(get_with(&url, &[("traceparent", bad)])).await;
        let segment = segments(&fixture, position + 1).remove(position);
        assert_eq!(segment.get("/parent_id"), &Value::Null, "{bad}");
    }
}

/// Protocol row 77.
#[tokio::test(flavor = "multi_thread")]
async fn the_client_is_the_first_that_was_forwarded_or_the_socket() {
    let fixture = Fixture::start();
    let router = Router::new().fallback(async || ()).layer(layer(&fixture, "shop"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, service).await.unwrap() });
    for (position, (headers, ip, forwarded)) in [
        (vec![("x-forwarded-for", "192.0.2.7, proxy2")], "192.0.2.7", json!(true)),
        (vec![("x-forwarded-for", "  2001:db8::7 ,10.0.0.1")], "2001:db8::7", json!(true)),
        (vec![("x-forwarded-for", "203.0.113.7"), ("x-forwarded-for", "10.0.0.1")], "203.0.113.7", json!(true)),
        (vec![("x-forwarded-for", " , 10.0.0.1")], "127.0.0.1", Value::Null),
        (vec![], "127.0.0.1", Value::Null),
    ]
    .into_iter()
    .enumerate()
    {
        send(get_with(&url, &headers)).await;
        let segment = segments(&fixture, position + 1).remove(position);
        assert_eq!(segment.get("/http/request/client_ip"), ip, "{headers:?}");
        assert_eq!(segment.get("/http/request/x_forwarded_for"), &forwarded, "{headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_found_where_the_program_says() {
    let fixture = Fixture::start();
    async fn answer(_: Request<Body>) -> Result<Response<Body>, Infallible> {
        Ok(Response::new(Body::empty()))
    }
    let mapped: SocketAddr = "[::ffff:192.0.2.7]:80".parse().unwrap();
    let found = layer(&fixture, "shop");
    let told = found.clone().client_address(|extensions| extensions.get::<u8>().map(|last| [192, 0, 2, *last].into()));
    let broken = found.clone().client_address(|_| panic!("the program's own"));
    for (position, (layer, ip)) in
        [(found, json!("192.0.2.7")), (told, json!("192.0.2.9")), (broken, Value::Null)].into_iter().enumerate()
    {
        let mut request = request("GET", "/cart");
        request.extensions_mut().insert(mapped);
        request.extensions_mut().insert(9_u8);
        let response = layer.layer(service_fn(answer)).oneshot(request).await.unwrap();
        drop(response);
        let segment = segments(&fixture, position + 1).remove(position);
        assert_eq!(segment.get("/http/request/client_ip"), &ip);
        assert_eq!(segment.get("/http/request/url"), "/cart", "no host");
    }
}

/// Protocol row 78.
#[tokio::test(flavor = "multi_thread")]
async fn content_lengths_are_recorded_where_they_are_known_beforehand() {
    let fixture = Fixture::start();
    let whole = || async { (StatusCode::FORBIDDEN, "0".repeat(5637)) };
    let chunks = || async {
        let chunks = futures::stream::iter([Ok::<_, std::io::Error>("a"), Ok("b")]);
        (StatusCode::FORBIDDEN, Body::from_stream(chunks))
    };
    let router = Router::new().route("/whole", get(whole)).route("/chunks", get(chunks));
    let url = serve(router.layer(layer(&fixture, "shop"))).await;
    for (position, (method, path, length)) in
        [("GET", "whole", json!(5637)), ("HEAD", "whole", json!(5637)), ("GET", "chunks", Value::Null)]
            .into_iter()
            .enumerate()
    {
        send(request(method, &format!("{url}/{path}"))).await;
        let segment = segments(&fixture, position + 1).remove(position);
        assert_eq!(segment.get("/http/response/status"), 403);
        assert_eq!(segment.get("/http/response/content_length"), &length, "{method} {path}");
    }
}

/// Protocol row 80: the variable wins over fixed and dynamic names.
#[tokio::test(flavor = "multi_thread")]
async fn segments_are_named_by_the_variable_the_request_or_the_program() {
    let by_host = || Naming::by_host("*.Shop.example", "fallback");
    for (variable, naming, host, name) in [
        ("", Naming::from("fixed"), "api.shop.example", "fixed"),
        ("", by_host(), "api.SHOP.example:8080", "api.shop.example"),
        ("", by_host(), "shop.example.evil.example", "fallback"),
        ("", Naming::by_host("*", "fallback"), "[::1]:80", "::1"),
        ("", Naming::by_grpc_service("fallback"), "shop.example", "fallback"),
        ("", Naming::from(""), "shop.example", "service"),
        ("variable", Naming::from("fixed"), "shop.example", "variable"),
        ("variable", by_host(), "api.shop.example", "variable"),
    ] {
        let sampler = Asked::answering(true);
        let environment = Environment::from_iter([("AWS_XRAY_TRACING_NAME", variable)]);
        let fixture =
            Fixture::with(|builder| builder.service("service").environment(environment).sampler(sampler.clone()));
        let url = serve(Router::new().fallback(async || ()).layer(layer(&fixture, naming))).await;
        send(get_with(&format!("{url}/cart"), &[("host", host)])).await;
        assert_eq!(only_segment(&fixture).name(), name, "{host}");
        assert_eq!(sampler.questions(), [format!("{name} GET {host} /cart")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matched_route_is_metadata_and_can_be_sampled_by() {
    let sampler = Asked::answering(true);
    let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
    let router = || Router::new().route("/users/{id}", get(async || ())).fallback(async || StatusCode::NOT_FOUND);
    let by_path = serve(router().layer(layer(&fixture, "shop"))).await;
    let by_route = XRayLayer::new("shop").with_options(options(&fixture).sample_by_route());
    let by_route = serve(router().layer(by_route)).await;
    for url in [format!("{by_path}/users/17"), format!("{by_route}/users/17"), format!("{by_route}/other")] {
        send(request("GET", &url)).await;
    }
    let segments = segments(&fixture, 3);
    let routes: Vec<_> = segments.iter().map(|segment| segment.get("/metadata/http/route").clone()).collect();
    assert_eq!(routes, [json!("/users/{id}"), json!("/users/{id}"), Value::Null]);
    let paths: Vec<_> = sampler.questions().iter().map(|asked| asked.rsplit(' ').next().unwrap().to_owned()).collect();
    assert_eq!(paths, ["/users/17", "/users/{id}", "/other"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_can_be_left_out_without_asking_the_sampler() {
    let sampler = Asked::answering(true);
    let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
    let options = options(&fixture)
        .ignore_path("/health")
        .ignore_path("/static/*.css")
        .ignore_when(|request| {
            assert_eq!((request.method(), request.host().is_some()), ("GET", true));
            request.header("User-Agent").is_some_and(|agent| agent.starts_with("ELB-HealthChecker"))
        })
        .ignore_when(|request| request.path() == "/panic" && panic!("the program's own"));
    let handler = async || format!("{:?}", xray_core::current_trace_id());
    let url = serve(Router::new().fallback(handler).layer(XRayLayer::new("shop").with_options(options))).await;
    let trace = format!("Root={ROOT};Sampled=?");
    for (path, agent, ignored) in [
        ("/health?full=yes", "", true),
        ("/HEALTH", "", true),
        ("/healthy", "", false),
        ("/static/a/b.css", "", true),
        ("/cart", "ELB-HealthChecker/2.0", true),
        ("/panic", "", false),
    ] {
        let headers = [("user-agent", agent), ("x-amzn-trace-id", &trace)];
        let (response, current) = send(get_with(&format!("{url}{path}"), &headers)).await;
        assert_eq!(current == "None", ignored, "{path} {agent}");
        assert_eq!(trace_header(response.headers()).is_empty(), ignored, "{path} {agent}");
    }
    assert_eq!(sampler.questions().len(), 2);
    assert_eq!(segments(&fixture, 2).len(), 2);
}

/// The headers of a browser, and what there may be of secrets in a URL.
#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_recorded_without_their_secrets() {
    let fixture = Fixture::start();
    let url = serve_traced(&fixture, async || ()).await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let headers = [
        ("user-agent", agent),
        ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
        ("accept-language", "de,en-US;q=0.7"),
        ("cookie", "session=secret"),
        ("authorization", "Basic c2VjcmV0"),
        ("referer", "https://shop.example/?token=secret"),
        ("sec-fetch-mode", "navigate"),
        ("upgrade-insecure-requests", "1"),
    ];
    send(get_with(&format!("{url}/cart/17?token=secret"), &headers)).await;
    let segment = only_segment(&fixture);
    let expected = json!({"method": "GET", "url": format!("{url}/cart/17"), "user_agent": agent});
    assert_eq!(segment.get("/http/request"), &expected);
    assert!(!segment.json().to_string().contains("secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_turned_the_sdk_off_is_left_alone() {
    let fixture = Fixture::with(|builder| builder.enabled(false));
    let url = serve_traced(&fixture, async || format!("{:?}", xray_core::current_trace_id())).await;
    let (response, current) = send(get_with(&url, &[("x-amzn-trace-id", "Sampled=?")])).await;
    assert_eq!((trace_header(response.headers()), current.as_str()), ("", "None"));
    fixture.assert_nothing_sent();
}

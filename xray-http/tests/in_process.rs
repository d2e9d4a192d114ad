//! Services that are called without a network, and requests that are handed on.
#![cfg(all(feature = "actix-web", feature = "axum", feature = "reqwest", feature = "tower"))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
#[path = "support/server.rs"]
mod server;
mod support;

use std::convert::Infallible;

use actix_web::{App, web};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, Uri};
use axum::routing::{any, get};
use tower::{Layer as _, ServiceExt as _, service_fn};
use xray_core::testing::Documents;
use xray_core::{TraceHeader, XRayFutureExt as _};
use xray_http::actix_web::XRayMiddleware;
use xray_http::tower::XRayClientLayer;
use xray_http::{ServerOptions, XRayLayer};

use actix::listen;
use server::{layer, only_segment, options, send, trace_header};
use support::{Fixture, hyper_client, plain_client, request, serve, serve_echo, text};

/// Waits for so many documents of one trace, and renders it.
fn rendered(fixture: &Fixture, documents: usize) -> String {
    fixture.wait_for(documents).only_trace().render()
}

/// An instrument within another one's request adds nothing. A service that is called by a client is another service, though, and
/// had no segment.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_a_traced_client_calls_in_the_process_has_its_segment() {
    let fixture = Fixture::start();
    let stock = Router::new().fallback(async || xray_core::current_trace_header().unwrap().to_string());
    let stock = XRayClientLayer::new().layer(layer(&fixture, "stock").layer(stock));
    let shop = async move || text(stock.oneshot(request("GET", "http://stock.example/items")).await.unwrap()).await;
    let url = serve(Router::new().fallback(shop).layer(layer(&fixture, "shop"))).await;
    send(request("GET", &url)).await;
    assert_eq!(rendered(&fixture, 2), "shop GET 200\n└─ stock.example GET 200\n   └─ stock GET 200\n");
}

/// Without a client between them, the inner layer is within the outer one's request.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_part_of_another_one_adds_nothing() {
    let fixture = Fixture::start();
    let part = layer(&fixture, "part").layer(Router::new().fallback(async || "part"));
    let shop = async move |request: Request| part.oneshot(request).await.unwrap();
    let url = serve(Router::new().fallback(shop).layer(layer(&fixture, "shop"))).await;
    send(request("GET", &url)).await;
    assert_eq!(rendered(&fixture, 1), "shop GET 200\n");
}

/// A proxy in the process takes the request that it got, changes where it goes, and sends it on. It had the mark of the first
/// call: the second was not recorded, and the header named the first as the parent.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_handed_on_is_another_call() {
    let echo = serve_echo().await;
    for traced in [false, true] {
        let fixture = Fixture::start();
        let target: Uri = format!("{echo}/items").parse().unwrap();
        let proxy = service_fn(move |mut request: Request| {
            let target = target.clone();
            async move {
                *request.uri_mut() = target;
                let answer = XRayClientLayer::new().layer(hyper_client()).oneshot(request).await.unwrap();
                Ok::<_, Infallible>(answer.map(Body::new))
            }
        });
        let call = async {
            let request = request("GET", "http://proxy.example/items");
            if traced {
                let proxy = layer(&fixture, "proxy").layer(proxy.clone());
                text(XRayClientLayer::new().layer(proxy).oneshot(request).await.unwrap()).await
            } else {
                text(XRayClientLayer::new().layer(proxy.clone()).oneshot(request).await.unwrap()).await
            }
        };
        let segment = fixture.recorder.begin_segment("shop");
        let seen = call.in_segment(segment).await;
        let documents = fixture.wait_for(if traced { 2 } else { 1 });
        let trace = documents.only_trace();
        let expected = if traced {
            "shop\n└─ proxy.example GET 200\n   └─ proxy GET 200\n      └─ 127.0.0.1 GET 200\n"
        } else {
            "shop\n├─ proxy.example GET 200\n└─ 127.0.0.1 GET 200\n"
        };
        assert_eq!(trace.render(), expected);
        let second = trace.find("127.0.0.1");
        assert_eq!(TraceHeader::parse(&seen).parent().unwrap().to_string(), second.id(), "the header names the second");
    }
}

/// Layers at both ends of a stack are one call, also where something between them says where it goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_stack_with_two_layers_is_one_call() {
    let fixture = Fixture::start();
    let echo = serve_echo().await;
    let authority = echo.strip_prefix("http://").unwrap().to_owned();
    for uri in [format!("{echo}/items"), "/items".to_owned()] {
        let authority = authority.clone();
        let client = XRayClientLayer::new().layer(hyper_client());
        let with_origin = tower::util::MapRequest::new(client, move |mut request: Request| {
            let uri = Uri::builder().scheme("http").authority(authority.as_str()).path_and_query(request.uri().path());
            *request.uri_mut() = uri.build().unwrap();
            request
        });
        let call = XRayClientLayer::new().layer(with_origin).oneshot(request("GET", &uri));
        let (seen, node) = fixture.call(async { text(call.await.unwrap()).await }).await;
        assert_eq!(TraceHeader::parse(&seen).parent().unwrap().to_string(), node.id(), "{uri}");
    }
}

/// The health check that the outer layer left out was recorded by the inner one.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_outer_layer_leaves_out_no_inner_one_records() {
    let fixture = Fixture::start();
    let outer = XRayLayer::new("shop").with_options(options(&fixture).ignore_path("/api/health"));
    let handler = || async { format!("{:?}", xray_core::current_trace_id()) };
    let inner =
        Router::new().route("/health", get(handler)).route("/cart", any(handler)).layer(layer(&fixture, "inner"));
    let url = serve(Router::new().nest("/api", inner).layer(outer)).await;
    let (response, current) = send(request("GET", &format!("{url}/api/health"))).await;
    assert_eq!((trace_header(response.headers()), current.as_str()), ("", "None"));
    send(request("GET", &format!("{url}/api/cart"))).await;
    assert_eq!(rendered(&fixture, 1), "shop GET 200\n");

    let fixture = Fixture::start();
    let options = ServerOptions::new().recorder(fixture.recorder.clone());
    let address = listen!(move || {
        let inner = XRayMiddleware::new("inner").with_options(options.clone());
        let outer = XRayMiddleware::new("shop").with_options(options.clone().ignore_path("/api/health"));
        let handler = || async { format!("{:?}", xray_core::current_trace_id()) };
        let api = web::scope("/api").wrap(inner).route("/{any}", web::get().to(handler));
        App::new().service(api).wrap(outer)
    });
    for (path, left_out) in [("health", true), ("cart", false)] {
        let answer = plain_client().get(format!("http://{address}/api/{path}")).send().await.unwrap();
        assert_eq!(answer.headers().contains_key("x-amzn-trace-id"), !left_out);
        assert_eq!(answer.text().await.unwrap() == "None", left_out);
    }
    assert_eq!(only_segment(&fixture).name(), "shop");
}

/// What is left out is that request, and nothing that comes after it on the thread.
#[tokio::test]
async fn the_request_after_one_that_is_left_out_is_recorded() {
    let fixture = Fixture::start();
    let service = service_fn(async |_: Request| Ok::<_, Infallible>(Response::new(Body::from("ok"))));
    let service = layer(&fixture, "shop").with_options(options(&fixture).ignore_path("/health")).layer(service);
    for path in ["/health", "/cart", "/health", "/items"] {
        drop(text(service.clone().oneshot(request("GET", path)).await.unwrap()).await);
    }
    let documents: Documents = fixture.wait_for(2);
    let urls: Vec<_> = documents.traces().iter().map(|trace| trace.root().get("/http/request/url").clone()).collect();
    assert_eq!(urls, ["/cart", "/items"]);
}

//! Within nested routers, requests are known by their whole path.
//!
//! axum takes the prefix of a nest off the request's URI. Segments had the URL `/users/7`, sampling rules and ignored paths
//! were compared with that, and nobody could tell `/api/users/7` from `/admin/users/7`.
#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used)] // as in tests

mod support;
#[path = "support/server.rs"]
mod server;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{any, get};
use serde_json::{Value, json};
use tower::{Layer as _, ServiceExt as _};
use xray_http::{Naming, XRayLayer};

use server::{Asked, get_with, layer, only_segment, options, segments, send, trace_header};
use support::{Fixture, request, serve};

/// Routers with the layer somewhere below `/api`, which all serve `/api/v1/users/7`.
fn nested(layer: XRayLayer) -> Vec<(&'static str, Router)> {
    let users = || Router::new().route("/users/{id}", get(async || "a user"));
    let below_v1 = || Router::new().nest("/v1", users());
    let handler = || any(async || "a user");
    vec![
        ("layer", Router::new().nest("/api", below_v1().layer(layer.clone()))),
        ("route_layer", Router::new().nest("/api", below_v1().route_layer(layer.clone()))),
        ("two levels", Router::new().nest("/api", Router::new().nest("/v1", users().layer(layer.clone())))),
        ("around a nest", Router::new().nest("/api", below_v1()).layer(layer.clone())),
        ("service", Router::new().nest_service("/api", below_v1().layer(layer.clone()))),
        ("around a service", Router::new().nest_service("/api", layer.clone().layer(below_v1()))),
        (
            "services at two levels",
            Router::new().nest_service("/api", Router::new().nest_service("/v1", users().layer(layer.clone()))),
        ),
        ("parameter in the prefix", Router::new().nest("/{area}", below_v1().layer(layer.clone()))),
        (
            "method router",
            Router::new().nest("/api/v1", Router::new().route("/users/{id}", handler().layer(layer.clone()))),
        ),
        ("fallback", Router::new().nest("/api", Router::new().fallback(async || "a user").layer(layer))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_path_is_recorded_and_sampled_by() {
    let sampler = Asked::answering(true);
    let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
    for (position, (nest, router)) in nested(layer(&fixture, "shop")).into_iter().enumerate() {
        let url = serve(router).await;
        assert_eq!(send(request("GET", &format!("{url}/api/v1/users/7?token=x"))).await.1, "a user", "{nest}");
        let segment = segments(&fixture, position + 1).remove(position);
        assert_eq!(segment.get("/http/request/url"), &format!("{url}/api/v1/users/7"), "{nest}");
        let question = sampler.questions().pop().unwrap();
        assert!(question.ends_with(" /api/v1/users/7"), "{nest}: {question}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_path_is_what_is_left_out() {
    for (pattern, ignored) in [("/api/v1/users/*", true), ("/users/*", false), ("/v1/*", false)] {
        let fixture = Fixture::start();
        let nests = nested(layer(&fixture, "shop")).len();
        let by_path = XRayLayer::new("shop").with_options(options(&fixture).ignore_path(pattern));
        let by_word = options(&fixture).ignore_when(move |request| {
            let beginning = pattern.trim_end_matches('*');
            request.path().starts_with(beginning)
        });
        for layer in [by_path, XRayLayer::new("shop").with_options(by_word)] {
            for (nest, router) in nested(layer) {
                let url = serve(router).await;
                let (response, _) = send(request("GET", &format!("{url}/api/v1/users/7"))).await;
                assert_eq!(trace_header(response.headers()).is_empty(), ignored, "{pattern} {nest}");
            }
        }
        if !ignored {
            assert_eq!(segments(&fixture, 2 * nests).len(), 2 * nests, "{pattern}");
        }
    }
}

/// The route was whole before, and stays so.
#[tokio::test(flavor = "multi_thread")]
async fn the_route_is_whole_too() {
    let sampler = Asked::answering(true);
    let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
    let by_route = XRayLayer::new("shop").with_options(options(&fixture).sample_by_route());
    let users = Router::new().route("/users/{id}", get(async || ()));
    let url = serve(Router::new().nest("/{area}", Router::new().nest("/v1", users).layer(by_route))).await;
    send(request("GET", &format!("{url}/api/v1/users/7"))).await;
    assert_eq!(only_segment(&fixture).get("/metadata/http/route"), "/{area}/v1/users/{id}");
    assert!(sampler.questions().pop().unwrap().ends_with(" /{area}/v1/users/{id}"));
}

/// gRPC services that are reached under a prefix keep their names.
#[tokio::test(flavor = "multi_thread")]
async fn grpc_services_are_named_without_the_prefix() {
    let fixture = Fixture::start();
    let service = Router::new().fallback(async || ()).layer(layer(&fixture, Naming::by_grpc_service("shop")));
    let url = serve(Router::new().nest("/grpc", service)).await;
    send(get_with(&format!("{url}/grpc/shop.Stock/Count"), &[("content-type", "application/grpc")])).await;
    let segment = only_segment(&fixture);
    assert_eq!(segment.name(), "shop.Stock");
    let host = url.strip_prefix("http").unwrap();
    assert_eq!(segment.get("/http/request/url"), &format!("grpc{host}/grpc/shop.Stock/Count"));
}

/// A request that a handler addresses to another host, and hands on in the process, is that host's.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_another_host_is_not_the_one_that_it_was_made_of() {
    let fixture = Fixture::start();
    let stock = Router::new().fallback(async || "in stock").layer(layer(&fixture, "stock"));
    let front = async move |mut request: Request| {
        *request.uri_mut() = "http://stock.example/items/7".parse().unwrap();
        request.headers_mut().remove("host");
        stock.oneshot(request).await.unwrap()
    };
    let url = serve(Router::new().nest("/api", Router::new().fallback(front))).await;
    assert_eq!(send(request("GET", &format!("{url}/api/items"))).await.1, "in stock");
    assert_eq!(only_segment(&fixture).get("/http/request/url"), "http://stock.example/items/7");
}

/// Where there is no router around the layer, its path is the request's.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_nest_the_path_is_that_of_the_request() {
    let fixture = Fixture::start();
    let router = Router::new().nest("/api", Router::new().route("/users/{id}", get(async || ())));
    let service = layer(&fixture, "shop").layer(router);
    drop(service.oneshot(request("GET", "/api/users/7")).await.unwrap().map(|_: xray_http::XRayBody<Body>| ()));
    let segment = only_segment(&fixture);
    assert_eq!(segment.get("/http/request/url"), "/api/users/7");
    assert_eq!(segment.get("/metadata"), &Value::Null, "nothing outside of a router knows the route");
    assert_eq!(segment.get("/http/response/status"), &json!(200));
}

//! The route of a request that actix-web serves is found though other middleware rewrites the path.
//!
//! Around `NormalizePath`, the middleware is called with the path as it came. No resource has that, so the route was lost, and
//! with `sample_by_route` the sampler was shown the path.
#![cfg(all(feature = "actix-web", feature = "axum", feature = "reqwest"))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
#[path = "support/server.rs"]
mod server;
mod support;

use actix_web::middleware::{NormalizePath, TrailingSlash};
use actix_web::{App, HttpResponse, web};
use serde_json::{Value, json};
use xray_http::ServerOptions;
use xray_http::actix_web::XRayMiddleware;

use actix::listen;
use server::{Asked, only_segment};
use support::{Fixture, plain_client};

#[tokio::test]
async fn the_route_is_found_around_and_behind_a_middleware_that_normalizes_paths() {
    use TrailingSlash::{Always, MergeOnly, Trim};
    for (slash, resource, path) in [
        (Trim, "/users/{id}", "/users/7"),
        (Trim, "/users/{id}", "/users/7/"),
        (Trim, "/users/{id}", "//users///7//"),
        (Always, "/users/{id}/", "/users/7"),
        (Always, "/users/{id}/", "/users//7"),
        (MergeOnly, "/users/{id}", "/users//7"),
        (MergeOnly, "/users/{id}/", "//users/7/"),
    ] {
        for outermost in [true, false] {
            for by_route in [true, false] {
                let case = format!("{slash:?} {path}, outermost: {outermost}, by route: {by_route}");
                let sampler = Asked::answering(true);
                let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
                let options = ServerOptions::new().recorder(fixture.recorder.clone());
                let options = if by_route { options.sample_by_route() } else { options };
                let traced = XRayMiddleware::new("shop").with_options(options);
                let routed = move |config: &mut web::ServiceConfig| {
                    config.route(resource, web::get().to(async |id: web::Path<u32>| format!("user {id}")));
                };
                let address = if outermost {
                    listen!(move || App::new().configure(routed).wrap(NormalizePath::new(slash)).wrap(traced.clone()))
                } else {
                    listen!(move || App::new().configure(routed).wrap(traced.clone()).wrap(NormalizePath::new(slash)))
                };
                let answer = plain_client().get(format!("http://{address}{path}")).send().await.unwrap();
                assert_eq!(answer.text().await.unwrap(), "user 7", "{case}");
                let segment = only_segment(&fixture);
                assert_eq!(segment.get("/metadata"), &json!({"http": {"route": resource}}), "{case}");
                if outermost {
                    assert_eq!(segment.get("/http/request/url"), &format!("http://{address}{path}"), "{case}");
                }
                if by_route {
                    assert!(sampler.questions()[0].ends_with(&format!(" {resource}")), "{case}: {sampler:?}");
                }
            }
        }
    }
}

/// What only looks like a route is none: without `NormalizePath`, nothing serves the request.
#[tokio::test]
async fn a_request_that_nothing_serves_has_no_route() {
    for path in ["/users/7/", "/users//7", "/nowhere"] {
        let fixture = Fixture::start();
        let options = ServerOptions::new().recorder(fixture.recorder.clone()).sample_by_route();
        let address = listen!(move || {
            let traced = XRayMiddleware::new("shop").with_options(options.clone());
            App::new().route("/users/{id}", web::get().to(HttpResponse::Ok)).wrap(traced)
        });
        let answer = plain_client().get(format!("http://{address}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 404);
        assert_eq!(only_segment(&fixture).get("/metadata"), &Value::Null, "{path}");
    }
}

//! Ordinary code that uses hyper-util's client, switched from untraced to traced by one line.
#![cfg(feature = "tower")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::future::Future;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{Request, Response, StatusCode};
use axum::routing::{get, post};
use tower::{Layer as _, Service, ServiceExt as _};
use xray_http::tower::{XRayClientLayer, XRayClientService};

use support::{Fixture, HyperClient, hyper_client, serve};

/// The one program, compiled with each client: `$client` is the type that differs.
macro_rules! order_service {
    ($module:ident, $client:ty) => {
        mod $module {
            use super::*;

            #[derive(Clone)]
            struct Shop {
                client: $client,
                url: String,
            }

            /// Any client will do.
            async fn fetch<S, B>(client: S, uri: String) -> Result<StatusCode, S::Error>
            where
                S: Service<Request<Body>, Response = Response<B>>,
            {
                let request = Request::get(uri).body(Body::empty()).unwrap();
                Ok(client.oneshot(request).await?.status())
            }

            /// A handler, which forwards what it gets.
            async fn forward(
                State(mut shop): State<Shop>,
                request: Request<Body>,
            ) -> Result<Response<Body>, StatusCode> {
                let (mut parts, body) = request.into_parts();
                parts.uri = format!("{}/orders", shop.url).parse().unwrap();
                let request = Request::from_parts(parts, body);
                let client = shop.client.ready().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
                let response = client.call(request).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
                Ok(response.map(Body::new))
            }

            pub(super) async fn run(client: $client, url: &str) {
                let shop = Shop { client, url: url.to_owned() };
                assert_eq!(fetch(shop.client.clone(), format!("{url}/orders/1")).await.unwrap(), 200);
                let load = |id| fetch(shop.client.clone(), format!("{url}/orders/{id}"));
                let (found, missing) = tokio::join!(load(2), load(404));
                assert_eq!((found.unwrap(), missing.unwrap()), (StatusCode::OK, StatusCode::NOT_FOUND));
                let load = xray_core::XRayFutureExt::in_current(load(3));
                assert_eq!(tokio::spawn(load).await.unwrap().unwrap(), 200);

                let router = Router::new().fallback(forward).with_state(shop.clone());
                let request = Request::post("/").body(Body::from("lamp")).unwrap();
                let response = router.oneshot(request).await.unwrap();
                assert_eq!(axum::body::to_bytes(response.into_body(), 100).await.unwrap(), "lamp");
            }
        }
    };
}

order_service!(untraced, HyperClient);
order_service!(traced, XRayClientService<HyperClient>);

#[tokio::test]
async fn ordinary_code_is_switched_by_one_line() {
    let fixture = Fixture::start();
    let load = |Path(id): Path<u16>| async move { StatusCode::from_u16(id).unwrap_or(StatusCode::OK) };
    let place = |body: Bytes| async { body };
    let url = serve(Router::new().route("/orders/{id}", get(load)).route("/orders", post(place))).await;
    let (_, trace) = fixture.traced(untraced::run(hyper_client(), &url)).await;
    assert_eq!(trace.render(), "shop\n");
    let (_, trace) = fixture.traced(traced::run(XRayClientLayer::new().layer(hyper_client()), &url)).await;
    let paths: Vec<_> = trace.root().children().iter().map(|call| call.get("/http/request/url").clone()).collect();
    let expected = ["orders/1", "orders/2", "orders/404", "orders/3", "orders"].map(|path| format!("{url}/{path}"));
    assert_eq!(paths, expected, "{trace}");
    assert!(fixture.documents().texts().all(|text| !text.contains("lamp")), "no body");
}

#[test]
fn calls_can_be_spawned() {
    fn is_spawned(_: impl Future + Send + Unpin + 'static) {}
    let mut client = XRayClientLayer::new().layer(hyper_client());
    let call = async move { client.call(support::request("GET", "http://shop.example/")).await };
    is_spawned(Box::pin(call));
}

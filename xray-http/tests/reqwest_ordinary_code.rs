//! Ordinary code that uses reqwest, switched from untraced to traced by one line.
#![cfg(feature = "reqwest")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

mod support;

use std::future::Future;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::{get, post};
use axum::{Router, body::Bytes};
use serde_json::{Value, json};
use xray_core::testing::Trace;
use xray_http::reqwest::ClientExt as _;

use support::{Fixture, plain_client, serve};

/// The one program, compiled with each client: `$client` is the line that differs.
macro_rules! order_service {
    ($module:ident, $library:ident, $client:ty) => {
        mod $module {
            use std::time::Duration;

            use anyhow::{Context as _, Result, bail};
            use library::header::{ACCEPT, HeaderMap, HeaderValue};
            use library::{Method, StatusCode, Url, Version};
            use serde::{Deserialize, Serialize};
            use $library as library;

            #[derive(Debug, Deserialize, PartialEq, Serialize)]
            struct Order {
                id: u32,
                item: String,
            }

            #[derive(Clone, Debug)]
            struct Orders {
                client: $client,
                base: Url,
            }

            impl Orders {
                fn new(client: $client, base: &str) -> Result<Self> {
                    Ok(Self { client, base: base.parse()? })
                }

                async fn load(&self, id: u32) -> Result<Option<Order>, library::Error> {
                    let url = self.base.join(&format!("orders/{id}")).unwrap();
                    let response = self.client.get(url).query(&[("full", "yes")]).bearer_auth("token").send().await?;
                    if response.status() == StatusCode::NOT_FOUND {
                        return Ok(None);
                    }
                    response.error_for_status()?.json().await.map(Some)
                }

                async fn place(&self, order: &Order) -> Result<String> {
                    let request = self.client.post(self.base.join("orders")?).json(order);
                    let mut headers = HeaderMap::new();
                    headers.insert(ACCEPT, HeaderValue::from_static("text/plain"));
                    let request = request.headers(headers).header("x-shop", "17").timeout(Duration::from_secs(10));
                    let again = request.try_clone().context("the body is a stream")?;
                    let (first, second) = tokio::join!(request.send(), again.send());
                    let (first, second) = (first?.text().await?, second?.text().await?);
                    if first != second {
                        bail!("two answers: {first} and {second}");
                    }
                    Ok(first)
                }

                async fn many(&self, ids: std::ops::Range<u32>) -> Result<Vec<Order>> {
                    let tasks: Vec<_> = ids
                        .map(|id| {
                            let orders = self.clone();
                            let load = async move { orders.load(id).await };
                            tokio::spawn(xray_core::XRayFutureExt::in_current(load))
                        })
                        .collect();
                    let mut found = Vec::new();
                    for task in tasks {
                        found.extend(task.await??);
                    }
                    Ok(found)
                }

                async fn form(&self) -> Result<Vec<u8>, library::Error> {
                    let mut request = self
                        .client
                        .request(Method::PUT, self.base.clone())
                        .version(Version::HTTP_11)
                        .basic_auth("shop", None::<&str>)
                        .form(&[("item", "lamp")])
                        .build()?;
                    request.headers_mut().insert("x-shop", HeaderValue::from_static("17"));
                    let response = self.client.execute(request).await?;
                    Ok(response.bytes().await?.to_vec())
                }

                /// A future that is polled by reference has to be `Unpin`, as the stock one is.
                async fn with_patience(&self, request: &'static str) -> Result<String> {
                    let mut call = self.client.post(self.base.clone()).body(request).send();
                    let mut ticks = tokio::time::interval(Duration::from_millis(1));
                    loop {
                        tokio::select! {
                            response = &mut call => return Ok(response?.text().await?),
                            _ = ticks.tick() => {}
                        }
                    }
                }
            }

            pub(super) async fn run(client: $client, url: &str) {
                let orders = Orders::new(client, url).unwrap();
                let lamp = Order { id: 1, item: "lamp".to_owned() };
                assert_eq!(orders.load(1).await.unwrap().as_ref(), Some(&lamp));
                assert_eq!(orders.load(404).await.unwrap(), None);
                assert_eq!(orders.load(500).await.unwrap_err().status(), Some(StatusCode::INTERNAL_SERVER_ERROR));
                assert_eq!(orders.place(&lamp).await.unwrap(), "17 lamp");
                assert_eq!(orders.many(1..4).await.unwrap().len(), 3);
                assert_eq!(orders.form().await.unwrap(), b"item=lamp");
                assert_eq!(orders.with_patience("body").await.unwrap(), "body");
            }
        }
    };
}

order_service!(untraced, reqwest, reqwest::Client);
order_service!(traced, reqwest, xray_http::reqwest::Client);

#[tokio::test]
async fn ordinary_code_is_switched_by_one_line() {
    let fixture = Fixture::start();
    let url = serve(shop()).await;
    let untraced = fixture.traced(untraced::run(plain_client(), &url)).await.1;
    let traced = fixture.traced(traced::run(plain_client().xray(), &url)).await.1;
    check(&fixture, &untraced, &traced);
}

#[cfg(feature = "reqwest-0_12")]
mod in_version_0_12 {
    use xray_http::reqwest_0_12::ClientExt as _;

    use super::{Fixture, check, serve, shop};

    order_service!(untraced, reqwest_0_12, reqwest_0_12::Client);
    order_service!(traced, reqwest_0_12, xray_http::reqwest_0_12::Client);

    #[tokio::test]
    async fn ordinary_code_is_switched_by_one_line() {
        let fixture = Fixture::start();
        let url = serve(shop()).await;
        let plain = reqwest_0_12::Client::builder().no_proxy().build().unwrap();
        let untraced = fixture.traced(untraced::run(plain.clone(), &url)).await.1;
        let traced = fixture.traced(traced::run(plain.xray(), &url)).await.1;
        check(&fixture, &untraced, &traced);
    }
}

fn check(fixture: &Fixture, untraced: &Trace, trace: &Trace) {
    assert_eq!(untraced.render(), "shop\n");
    let calls: Vec<_> = trace.root().children().iter().map(|call| call.get("/http/request/method").clone()).collect();
    assert_eq!(calls, ["GET", "GET", "GET", "POST", "POST", "GET", "GET", "GET", "PUT", "POST"], "{trace}");
    for text in fixture.documents().texts() {
        assert!(!text.contains("full") && !text.contains("lamp"), "no query and no body: {text}");
    }
}

fn shop() -> Router {
    let load = |Path(id): Path<u32>, uri: Uri, headers: HeaderMap| async move {
        assert_eq!((uri.query(), headers["authorization"].to_str().unwrap()), (Some("full=yes"), "Bearer token"));
        match id {
            404 => Err(StatusCode::NOT_FOUND),
            500 => Err(StatusCode::INTERNAL_SERVER_ERROR),
            id => Ok(json!({"id": id, "item": "lamp"}).to_string()),
        }
    };
    let place = |headers: HeaderMap, body: Bytes| async move {
        let order: Value = serde_json::from_slice(&body).unwrap();
        format!("{} {}", headers["x-shop"].to_str().unwrap(), order["item"].as_str().unwrap())
    };
    let same = |body: Bytes| async { body };
    Router::new().route("/orders/{id}", get(load)).route("/orders", post(place)).route("/", post(same).put(same))
}

#[test]
fn calls_can_be_spawned() {
    fn is_spawned(_: impl Future<Output = reqwest::Result<reqwest::Response>> + Send + Unpin + 'static) {}
    let client = plain_client().xray();
    is_spawned(client.get("http://shop.example/").send());
    is_spawned(client.execute(client.get("http://shop.example/").build().unwrap()));
    is_spawned(xray_http::reqwest::RequestBuilderExt::send_traced(client.inner().get("http://shop.example/")));
}

#[cfg(feature = "reqwest-multipart")]
#[tokio::test]
async fn multipart_forms_are_sent() {
    let fixture = Fixture::start();
    let url = serve(Router::new().route("/", post(|body: String| async { body }))).await;
    let form = reqwest::multipart::Form::new().text("item", "lamp");
    let (response, _) = fixture.call(plain_client().xray().post(&url).multipart(form).send()).await;
    assert!(response.unwrap().text().await.unwrap().contains("lamp"));
}

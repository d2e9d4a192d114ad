//! The blocking client: the same calls, on threads. Compiled for each version of reqwest: `library` and `traced` are what
//! the test program says.

use std::time::Duration;

use crate::library;
use crate::support::{Fixture, echo, serve};
use crate::traced::blocking::{ClientExt as _, RequestBuilderExt as _};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{any, get};
use serde_json::{Value, json};
use test_support::ClosedPort;
use tokio::runtime::Runtime;
use xray_core::{Library, TraceHeader, begin_subsegment};

#[test]
fn every_way_to_make_a_call_is_recorded_once() {
    let (_runtime, url) = service();
    let fixture = Fixture::start();
    let plain = plain_client();
    let client = plain.clone().xray().xray();
    let request = client.get(&url).build().unwrap();
    let mut sent = Vec::new();
    let (_, trace) = fixture.traced_blocking(|| {
        sent.push(client.post(&url).json(&json!({"item": "lamp"})).send().unwrap().text().unwrap());
        sent.push(client.get(&url).send_traced().unwrap().text().unwrap());
        sent.push(client.execute(request).unwrap().text().unwrap());
        sent.push(plain.get(&url).send_traced().unwrap().text().unwrap());
    });
    let parents: Vec<_> = sent.iter().map(|header| TraceHeader::parse(header).parent().unwrap().to_string()).collect();
    let calls: Vec<_> = trace.root().children().iter().map(|call| call.id().to_owned()).collect();
    assert_eq!(parents, calls, "{trace}");
}

#[test]
fn failures_are_faults_without_secrets() {
    let (_runtime, url) = service();
    let fixture = Fixture::start();
    let client = plain_client().xray();
    let refused = ClosedPort::hold();
    let (_, trace) = fixture.traced_blocking(|| {
        assert!(client.get(format!("http://{refused}/?token=s3cret")).send().unwrap_err().is_connect());
        let slow = client.get(format!("{url}/silence?token=s3cret")).timeout(Duration::from_millis(50));
        assert!(slow.send().unwrap_err().is_timeout());
        assert!(client.get("INVALID_URL").send().unwrap_err().is_builder());
    });
    assert_eq!(trace.render(), "shop\n├─ 127.0.0.1 GET [fault]\n└─ 127.0.0.1 GET [fault]\n");
    for call in trace.root().children() {
        assert_ne!(call.get("/cause/exceptions/0/message"), &Value::Null);
    }
    assert!(fixture.documents().texts().all(|text| !text.contains("s3cret")));
}

#[test]
fn concurrent_calls_keep_their_parents() {
    let (_runtime, url) = service();
    let fixture = Fixture::start();
    let client = plain_client().xray();
    let (_, trace) = fixture.traced_blocking(|| {
        let orders: Vec<_> = (0..50).map(|number| begin_subsegment(&format!("order {number}"))).collect();
        std::thread::scope(|scope| {
            for (number, order) in orders.into_iter().enumerate() {
                let (client, url) = (&client, format!("{url}/status/{}", 200 + number));
                scope.spawn(move || {
                    let _order = order.entered();
                    client.get(url).send().unwrap();
                });
            }
        });
    });
    for number in 0..50 {
        let calls = trace.root().child(&format!("order {number}")).children();
        assert_eq!(calls.len(), 1, "{trace}");
        assert_eq!(calls[0].get("/http/response/status"), 200 + number);
    }
}

#[test]
fn what_is_not_recorded_goes_through() {
    let (_runtime, url) = service();
    let fixture = Fixture::start();
    let unpatched = Fixture::with(|builder| builder.libraries([Library::Tower]));
    let client = plain_client().xray();
    let sent = || client.get(&url).send().unwrap().text().unwrap();
    assert_eq!(fixture.without_segment_blocking(sent), "", "no segment");
    let segment = fixture.unsampled_segment().entered();
    assert!(sent().starts_with(&format!("Root={};", segment.trace_id().unwrap())));
    assert!(sent().ends_with("Sampled=0"));
    segment.end();
    let (_, trace) = unpatched.traced_blocking(|| assert_eq!(sent(), ""));
    assert_eq!(trace.render(), "shop\n");
}

/// The one program, compiled with each client: `$client` is the line that differs.
macro_rules! stock_keeper {
    ($module:ident, $client:ty) => {
        mod $module {
            use std::io::Read as _;
            use std::time::Duration;

            use anyhow::{Context as _, Result, ensure};

            use crate::library::{Method, StatusCode, header};

            #[derive(Clone, Debug)]
            struct Stock {
                client: $client,
                url: String,
            }

            impl Stock {
                fn count(&self, item: &str) -> Result<Option<usize>> {
                    let request = self.client.get(format!("{}/status/{item}", self.url)).query(&[("full", "yes")]);
                    let response = request.bearer_auth("token").send().context("the stock cannot be asked")?;
                    if response.status() == StatusCode::NOT_FOUND {
                        return Ok(None);
                    }
                    Ok(Some(response.error_for_status()?.text()?.len()))
                }

                fn add(&self, item: &str) -> Result<String> {
                    let request = self.client.request(Method::POST, &self.url).header(header::ACCEPT, "text/plain");
                    let request = request.json(&[item]).timeout(Duration::from_secs(10));
                    let again = request.try_clone().context("the body is a stream")?;
                    let mut response = self.client.execute(request.build()?)?;
                    ensure!(again.send()?.status().is_success());
                    let mut text = String::new();
                    response.read_to_string(&mut text)?;
                    Ok(text)
                }
            }

            pub(super) fn run(client: $client, url: &str) {
                let stock = Stock { client, url: url.to_owned() };
                assert_eq!(stock.count("200").unwrap(), Some(4));
                assert_eq!(stock.clone().count("404").unwrap(), None);
                assert!(stock.count("500").unwrap_err().downcast::<crate::library::Error>().unwrap().is_status());
                stock.add("lamp").unwrap();
            }
        }
    };
}

stock_keeper!(original, crate::library::blocking::Client);
stock_keeper!(switched, crate::traced::blocking::Client);

#[test]
fn ordinary_code_is_switched_by_one_line() {
    let (_runtime, url) = service();
    let fixture = Fixture::start();
    let (_, trace) = fixture.traced_blocking(|| original::run(plain_client(), &url));
    assert_eq!(trace.render(), "shop\n");
    let (_, trace) = fixture.traced_blocking(|| switched::run(plain_client().xray(), &url));
    let calls: Vec<_> = trace.root().children().iter().map(|call| call.get("/http/request/method").clone()).collect();
    assert_eq!(calls, ["GET", "GET", "GET", "POST", "POST"], "{trace}");
    assert!(fixture.documents().texts().all(|text| !text.contains("full") && !text.contains("lamp")));
}

fn plain_client() -> library::blocking::Client {
    library::blocking::Client::builder().no_proxy().build().unwrap()
}

/// The service runs as long as its runtime lives.
fn service() -> (Runtime, String) {
    let runtime = Runtime::new().unwrap();
    let status = |Path(status): Path<u16>| async move { (StatusCode::from_u16(status).unwrap(), "body") };
    let router = Router::new()
        .route("/status/{status}", any(status))
        .route("/silence", get(std::future::pending::<()>))
        .fallback(any(echo));
    let url = runtime.block_on(serve(router));
    (runtime, url)
}

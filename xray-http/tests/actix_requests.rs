//! What is recorded of a request that actix-web serves, and what it is answered.
#![cfg(all(feature = "actix-web", feature = "reqwest"))]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
mod support;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use xray_core::Environment;
use xray_core::sampling::{FixedSampler, Sampler, SamplingDecision, SamplingRequest};
use xray_http::actix_web::XRayMiddleware;
use xray_http::{Naming, ServerOptions};

use actix::{Site, listen};
use support::{Fixture, hyper_client, plain_client, request, text};

#[tokio::test]
async fn a_request_is_a_segment_with_what_is_known_of_both_sides() {
    let site = Site::serve(routes);
    let request = plain_client().post(format!("{}/users/7?token=s3cret", site.url));
    let response = request.header("user-agent", "curl/8.5.0").body("order").send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "user 7");

    let segment = site.segment();
    assert_eq!(segment.name(), "shop");
    assert_eq!(
        segment.get("/http"),
        &json!({
            "request": {
                "method": "POST",
                "url": format!("{}/users/7", site.url),
                "user_agent": "curl/8.5.0",
                "client_ip": "127.0.0.1",
            },
            "response": { "status": 200, "content_length": 6 },
        })
    );
    assert_eq!(segment.get("/metadata"), &json!({ "http": { "route": "/users/{id}" } }));
    for absent in ["/error", "/fault", "/throttle", "/cause", "/parent_id", "/namespace"] {
        assert_eq!(segment.get(absent), &Value::Null, "{absent}");
    }
    let documents = site.fixture.documents();
    assert!(documents.texts().all(|text| !text.contains("s3cret")));
}

/// The headers of a browser, over HTTP/1.1 and HTTP/2, and what there may be of secrets in them and in a URL.
#[tokio::test]
async fn browsers_are_recorded_without_their_secrets() {
    const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let headers = [
        ("user-agent", AGENT),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-language", "de,en-US;q=0.7"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("dnt", "1"),
        ("cookie", "session=s3cret; theme=dark"),
        ("authorization", "Basic czNjcmV0"),
        ("referer", "https://shop.example/?token=s3cret"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-user", "?1"),
        ("upgrade-insecure-requests", "1"),
        ("priority", "u=0, i"),
    ];
    for over_2 in [false, true] {
        let site = Site::serve(routes);
        let mut request = request("GET", &format!("{}/users/7?token=s3cret", site.url));
        for (name, value) in headers {
            request.headers_mut().append(name, value.parse().unwrap());
        }
        let response = if over_2 {
            let (mut client, connection) = actix::http2(site.address).await;
            tokio::spawn(connection);
            client.send_request(request).await.unwrap()
        } else {
            hyper_client().request(request).await.unwrap()
        };
        assert_eq!(text(response).await, "user 7");
        let segment = site.segment();
        let url = format!("{}/users/7", site.url);
        let expected = json!({ "method": "GET", "url": url, "user_agent": AGENT, "client_ip": "127.0.0.1" });
        assert_eq!(segment.get("/http/request"), &expected);
        for secret in ["s3cret", "czNjcmV0", "dark"] {
            assert!(!segment.json().to_string().contains(secret), "{secret}");
        }
    }
}

/// Statuses and content lengths of conformance rows S73 and S78, and of answers that have none.
#[tokio::test]
async fn the_status_sets_the_flags_and_the_length_is_that_of_the_body() {
    for (method, path, status, length, flags) in [
        ("GET", "/status/200", 200, json!(4), ""),
        ("GET", "/status/302", 302, json!(4), ""),
        ("GET", "/status/401", 401, json!(4), "error"),
        ("GET", "/status/403", 403, json!(4), "error"),
        ("GET", "/status/429", 429, json!(4), "error throttle"),
        ("GET", "/status/500", 500, json!(4), "fault"),
        ("GET", "/status/503", 503, json!(4), "fault"),
        ("GET", "/nowhere", 404, json!(0), "error"),
        ("GET", "/streamed", 200, Value::Null, ""),
        ("HEAD", "/long", 200, json!(5637), ""),
        ("GET", "/empty", 204, json!(0), ""),
    ] {
        let site = Site::serve(routes);
        let request = plain_client().request(method.parse().unwrap(), format!("{}{path}", site.url));
        assert_eq!(request.send().await.unwrap().status(), status);
        let segment = site.segment();
        assert_eq!(segment.get("/http/response/status"), status, "{path}");
        assert_eq!(segment.get("/http/response/content_length"), &length, "{path}");
        let set = ["error", "throttle", "fault"].into_iter().filter(|flag| segment.json().get(flag).is_some());
        assert_eq!(set.collect::<Vec<_>>().join(" "), flags, "{path}");
        assert_eq!(segment.get("/cause"), &Value::Null, "{path}");
    }
}

/// The address of conformance row S77.
#[tokio::test]
async fn the_client_is_the_first_that_was_forwarded_for_or_the_one_at_the_socket() {
    for (header, ip, forwarded) in [
        (None, "127.0.0.1", Value::Null),
        (Some("192.0.2.7"), "192.0.2.7", json!(true)),
        (Some(" 192.0.2.8 , proxy2"), "192.0.2.8", json!(true)),
        (Some("  "), "127.0.0.1", Value::Null),
    ] {
        let site = Site::serve(routes);
        let mut request = plain_client().get(format!("{}/status/200", site.url));
        if let Some(header) = header {
            request = request.header("X-Forwarded-For", header);
        }
        request.send().await.unwrap();
        let segment = site.segment();
        assert_eq!(segment.get("/http/request/client_ip"), ip, "{header:?}");
        assert_eq!(segment.get("/http/request/x_forwarded_for"), &forwarded, "{header:?}");
    }
}

/// What came in, who decides, what is sent to the daemon, and what the client is answered: conformance rows S74 and S76.
#[tokio::test]
async fn the_trace_of_the_caller_goes_on() {
    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
    const PARENT: &str = "53995c3f42cd8ad8";
    let with = |rest: &str| Some(format!("Root={ROOT};Parent={PARENT}{rest}"));
    let w3c = |flags: &str| format!("00-5759e988bd862e3fe1be46a994272793-{PARENT}-{flags}");
    let cases = [
        // X-Ray's header, W3C's, the sampler's word if it is to be asked; recorded, in this trace, the answer
        (with(";Sampled=1"), None, None, true, true, "Root=…"),
        (with(";Sampled=0"), None, None, false, true, ""),
        (with(";Sampled=?"), None, Some(true), true, true, "Root=…;Sampled=1"),
        (with(";Sampled=?"), None, Some(false), false, true, "Root=…;Sampled=0"),
        (with(""), None, Some(true), true, true, "Root=…"),
        (with(""), None, Some(false), false, true, ""),
        (None, None, Some(true), true, false, "Root=…"),
        (None, None, Some(false), false, false, ""),
        (Some("Sampled=?".to_owned()), None, Some(false), false, false, "Root=…;Sampled=0"),
        (Some("no header at all".to_owned()), None, Some(true), true, false, "Root=…"),
        (Some(format!("Root=garbage;Parent={PARENT};Sampled=1")), None, None, true, false, "Root=…"),
        (None, Some(w3c("01")), None, true, true, "Root=…"),
        (None, Some(w3c("00")), None, false, true, ""),
        (None, Some("garbage".to_owned()), Some(true), true, false, "Root=…"),
        (with(";Sampled=1"), Some(w3c("00")), None, true, true, "Root=…"),
    ];
    for (xray, traceparent, decision, recorded, in_this_trace, answer) in cases {
        let case = format!("{xray:?} {traceparent:?} {decision:?}");
        let sampler = Asked::new(decision.unwrap_or_default());
        let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
        let site = Site::serve_recorded_by(fixture, "shop", |options| options, routes);
        let mut request = plain_client().get(format!("{}/trace", site.url));
        for (name, value) in [("X-Amzn-Trace-Id", xray), ("traceparent", traceparent)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let response = request.send().await.unwrap();
        let answered = response.headers().get("x-amzn-trace-id").map_or("", |value| value.to_str().unwrap()).to_owned();
        let seen = response.text().await.unwrap();
        assert_eq!(sampler.times(), usize::from(decision.is_some()), "{case}");
        assert_eq!(seen == ROOT, in_this_trace, "{case}: the handler saw {seen}");
        assert_eq!(answered, answer.replace('…', &seen), "{case}");
        if recorded {
            let segment = site.segment();
            assert_eq!(segment.trace().id(), seen, "{case}");
            let parent = if in_this_trace { json!(PARENT) } else { Value::Null };
            assert_eq!(segment.get("/parent_id"), &parent, "{case}");
        } else {
            site.fixture.assert_nothing_sent();
        }
    }
}

#[tokio::test]
async fn the_sampler_sees_host_method_path_and_name() {
    let seen = |by_route: bool| async move {
        let sampler = Asked::new(true);
        let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
        let options = |options: ServerOptions| if by_route { options.sample_by_route() } else { options };
        let site = Site::serve_recorded_by(fixture, "shop", options, routes);
        let url = format!("{}/users/7?token=s3cret", site.url);
        plain_client().put(url).header("Host", "Shop.Example:8443").send().await.unwrap();
        assert_eq!(site.segment().get("/http/request/url"), "http://Shop.Example:8443/users/7");
        sampler.last()
    };
    assert_eq!(seen(false).await, "Shop.Example:8443 PUT /users/7 shop");
    assert_eq!(seen(true).await, "Shop.Example:8443 PUT /users/{id} shop");
}

#[tokio::test]
async fn names_are_fixed_or_by_host_and_the_environment_wins() {
    type Change = fn(RequestBuilder) -> RequestBuilder;
    let shop: Change = |request| request.header("Host", "Eu.Shop.example:8080");
    let other: Change = |request| request.header("Host", "attacker.example");
    for (naming, environment, change, expected) in [
        (Naming::fixed("checkout"), None, shop, "checkout"),
        (Naming::by_host("*.shop.example", "checkout"), None, shop, "eu.shop.example"),
        (Naming::by_host("*.shop.example", "checkout"), None, other, "checkout"),
        (Naming::fixed(""), None, shop, "of the recorder"),
        (Naming::by_host("*.shop.example", "checkout"), Some("of the environment"), shop, "of the environment"),
    ] {
        let fixture = Fixture::with(|builder| {
            let variables = environment.map(|name| ("AWS_XRAY_TRACING_NAME", name));
            let variables = variables.into_iter().collect::<Environment>();
            builder.service("of the recorder").environment(variables)
        });
        let site = Site::serve_recorded_by(fixture, naming, |options| options, routes);
        change(plain_client().get(format!("{}/status/200", site.url))).send().await.unwrap();
        assert_eq!(site.segment().name(), expected);
    }
}

#[tokio::test]
async fn requests_that_are_left_out_ask_no_sampler_and_are_in_no_trace() {
    let sampler = Asked::new(true);
    let fixture = Fixture::with(|builder| builder.sampler(sampler.clone()));
    let leave_out = |options: ServerOptions| {
        options.ignore_path("/status/2*").ignore_when(|request| request.header("user-agent") == Some("ELB"))
    };
    let site = Site::serve_recorded_by(fixture, "shop", leave_out, routes);
    let get = |path: &str| plain_client().get(format!("{}{path}", site.url));
    let health = get("/status/200").header("X-Amzn-Trace-Id", "Sampled=?").send().await.unwrap();
    assert!(!health.headers().contains_key("x-amzn-trace-id"));
    assert_eq!(get("/trace").header("User-Agent", "ELB").send().await.unwrap().text().await.unwrap(), "none");
    assert_eq!(sampler.times(), 0);
    site.fixture.assert_nothing_sent();

    get("/status/300").send().await.unwrap();
    assert_eq!(site.segment().get("/http/response/status"), 300);
    assert_eq!(sampler.times(), 1);
}

/// On the application, a scope and a resource: the outermost records, whatever the inner ones are named.
#[tokio::test]
async fn middleware_within_middleware_records_one_segment() {
    let fixture = Fixture::start();
    let options = ServerOptions::new().recorder(fixture.recorder.clone());
    let address = listen!(move || {
        let named = |name| XRayMiddleware::new(name).with_options(options.clone());
        let resource = web::resource("/users/{id}").wrap(named("resource")).to(user);
        App::new().service(web::scope("/api").wrap(named("scope")).service(resource)).wrap(named("shop"))
    });
    plain_client().get(format!("http://{address}/api/users/7")).send().await.unwrap().text().await.unwrap();
    let trace = fixture.wait_for(1).only_trace();
    assert_eq!(trace.render(), "shop GET 200\n");
    assert_eq!(trace.root().get("/metadata/http/route"), "/api/users/{id}");
}

/// One whose SDK is off leaves the request to the one within it.
#[tokio::test]
async fn middleware_that_is_off_does_not_hide_another() {
    let (fixture, off) = (Fixture::start(), Fixture::with(|builder| builder.enabled(false)));
    let [inner, outer] = [&fixture, &off].map(|fixture| ServerOptions::new().recorder(fixture.recorder.clone()));
    let address = listen!(move || {
        let resource = web::resource("/users/{id}").wrap(XRayMiddleware::new("inner").with_options(inner.clone()));
        App::new().service(resource.to(user)).wrap(XRayMiddleware::new("off").with_options(outer.clone()))
    });
    plain_client().get(format!("http://{address}/users/7")).send().await.unwrap().text().await.unwrap();
    assert_eq!(fixture.wait_for(1).only_trace().render(), "inner GET 200\n");
    off.assert_nothing_sent();
}

#[tokio::test]
async fn the_installed_recorder_is_used_where_no_other_is_given() {
    let fixture = Fixture::start();
    let address = listen!(move || App::new().configure(routes).wrap(XRayMiddleware::new("")));
    // The only test of this program that installs one.
    fixture.another(|builder| builder.service("installed").install().unwrap());
    plain_client().get(format!("http://{address}/status/200")).send().await.unwrap();
    assert_eq!(fixture.wait_for(1).only_trace().root().name(), "installed");
}

#[tokio::test]
async fn a_disabled_sdk_only_serves() {
    let fixture = Fixture::with(|builder| builder.enabled(false));
    let site = Site::serve_recorded_by(fixture, "shop", |options| options, routes);
    let request = plain_client().get(format!("{}/trace", site.url)).header("X-Amzn-Trace-Id", "Sampled=?");
    let response = request.send().await.unwrap();
    assert!(!response.headers().contains_key("x-amzn-trace-id"));
    assert_eq!(response.text().await.unwrap(), "none");
    site.fixture.assert_nothing_sent();
}

/// Protocol version, headers and URLs as curl has them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs curl: run tests/run"]
async fn curl_is_served() {
    const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
    for version in ["--http1.0", "--http1.1", "--http2-prior-knowledge"] {
        let site = Site::serve(routes);
        let header = format!("X-Amzn-Trace-Id: Root={ROOT};Sampled=?");
        let url = format!("http://user:s3cret@{}/users/7?token=s3cret#s3cret", site.address);
        let arguments = ["--silent", "--include", "--noproxy", "*", version, "--header", &header, &url];
        let output = Command::new("curl").args(arguments).output().unwrap();
        let answer = String::from_utf8(output.stdout).unwrap();
        assert!(answer.to_lowercase().contains(&format!("x-amzn-trace-id: root={ROOT};sampled=1\r\n")), "{answer}");
        assert!(answer.ends_with("\r\nuser 7"), "{answer}");
        let segment = site.segment();
        assert_eq!(segment.trace().id(), ROOT);
        assert_eq!(segment.get("/http/request/url"), format!("{}/users/7", site.url).as_str());
        assert!(segment.get("/http/request/user_agent").as_str().unwrap().starts_with("curl/"));
        assert_eq!(segment.get("/http/request/client_ip"), "127.0.0.1");
        assert!(!segment.json().to_string().contains("s3cret"));
    }
}

fn routes(config: &mut ServiceConfig) {
    let long = || async { HttpResponse::Ok().body("x".repeat(5637)) };
    let streamed = || async {
        let chunks = ["one", "two"].map(|chunk| Ok::<_, std::io::Error>(Bytes::from_static(chunk.as_bytes())));
        HttpResponse::Ok().streaming(futures::stream::iter(chunks))
    };
    config
        .route("/users/{id}", web::route().to(user))
        .route("/status/{status}", web::route().to(status))
        .route("/long", web::route().to(long))
        .route("/streamed", web::get().to(streamed))
        .route("/empty", web::get().to(|| async { HttpResponse::NoContent().finish() }))
        .route("/trace", web::get().to(trace));
}

async fn user(id: web::Path<u32>) -> String {
    format!("user {id}")
}

async fn status(status: web::Path<u16>, _: HttpRequest) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(status.into_inner()).unwrap()).body("text")
}

/// The id of the trace that the handler is in.
async fn trace() -> String {
    xray_core::current_trace_id().map_or_else(|| "none".to_owned(), |id| id.to_string())
}

/// A sampler that always says the same, and remembers what it was asked.
#[derive(Clone, Debug)]
struct Asked {
    sampler: FixedSampler,
    times: Arc<AtomicUsize>,
    last: Arc<std::sync::Mutex<String>>,
}

impl Asked {
    fn new(sampled: bool) -> Self {
        let sampler = if sampled { FixedSampler::ALL } else { FixedSampler::NONE };
        Self { sampler, times: Arc::default(), last: Arc::default() }
    }

    fn times(&self) -> usize {
        self.times.load(Ordering::Relaxed)
    }

    fn last(&self) -> String {
        self.last.lock().unwrap().clone()
    }
}

impl Sampler for Asked {
    fn should_sample(&self, request: &SamplingRequest<'_>) -> SamplingDecision {
        self.times.fetch_add(1, Ordering::Relaxed);
        let fields = [request.host, request.method, request.path, request.service_name];
        *self.last.lock().unwrap() = fields.map(Option::unwrap_or_default).join(" ");
        self.sampler.should_sample(request)
    }
}

//! Where the segment of a request to actix-web is current, and when it ends, over every kind of connection.
#![cfg(all(feature = "actix-web", feature = "reqwest"))]
#![allow(clippy::unwrap_used, clippy::expect_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{App, HttpResponse};
use futures::future::join_all;
use futures::{StreamExt as _, stream};
use http_body_util::BodyExt as _;
use tokio::sync::Barrier;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;
use xray_core::testing::Documents;
use xray_core::{SegmentId, TraceId, XRayFutureExt as _, begin_subsegment, current_segment};
use xray_http::ServerOptions;
use xray_http::actix_web::XRayMiddleware;

use actix::{Site, listen};
use support::{Fixture, PATIENCE, plain_client, request};

#[tokio::test]
async fn the_handler_its_body_and_what_it_spawns_are_in_the_segment() {
    let site = Site::serve(routes);
    let response = plain_client().get(format!("{}/everywhere", site.url)).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "onetwo");
    assert_eq!(
        site.segment().trace().render(),
        "shop GET 200\n├─ middleware\n├─ handler\n│  └─ inner\n├─ task\n├─ thread\n├─ chunk\n├─ chunk\n└─ body dropped\n"
    );
}

/// The second chunk comes when the client has the first, and the segment ends behind both.
#[tokio::test]
async fn a_stream_is_passed_on_as_it_comes_and_the_segment_ends_with_it() {
    let (send, receive) = unbounded_channel::<&'static str>();
    let receive = Arc::new(std::sync::Mutex::new(Some(receive)));
    let site = Site::serve(move |config| {
        let receive = Arc::clone(&receive);
        let handler = move || {
            let receive = receive.lock().unwrap().take().unwrap();
            let chunks = stream::unfold(receive, async |mut receive| {
                let chunk = receive.recv().await?;
                begin_subsegment(chunk).end();
                Some((Ok::<_, actix_web::Error>(Bytes::from(chunk)), receive))
            });
            async { HttpResponse::Ok().streaming(chunks) }
        };
        config.default_service(web::to(handler));
    });
    let mut response = plain_client().get(&site.url).send().await.unwrap();
    for chunk in ["one", "two"] {
        send.send(chunk).unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), chunk);
        site.fixture.assert_nothing_sent();
    }
    drop(send);
    assert_eq!(response.chunk().await.unwrap(), None);
    assert_eq!(site.segment().trace().render(), "shop GET 200\n├─ one\n└─ two\n");
}

#[tokio::test]
async fn hundreds_of_requests_on_one_connection_are_a_segment_each() {
    const REQUESTS: usize = 300;
    for over_2 in [false, true] {
        let site = Site::serve(routes);
        if over_2 {
            let (client, connection) = actix::http2(site.address).await;
            tokio::spawn(connection);
            let get = |_| {
                let (mut client, url) = (client.clone(), format!("{}/small", site.url));
                async move { client.send_request(request("GET", &url)).await.unwrap().into_body().collect().await.unwrap() }
            };
            join_all((0..REQUESTS).map(get)).await;
        } else {
            let client = plain_client();
            for _ in 0..REQUESTS {
                client.get(format!("{}/small", site.url)).send().await.unwrap().bytes().await.unwrap();
            }
        }
        let documents = site.fixture.wait_for(REQUESTS);
        let traces = documents.traces();
        assert_eq!((traces.len(), documents.len()), (REQUESTS, REQUESTS));
        let url = format!("{}/small", site.url);
        for trace in traces {
            assert_eq!(trace.render(), "shop GET 200\n└─ handler\n");
            assert_eq!(trace.root().get("/http/request/url"), url.as_str());
        }
    }
}

/// All of them are in the handler before the first is answered.
#[tokio::test]
async fn hundreds_of_requests_at_once_on_one_connection_keep_their_traces() {
    const REQUESTS: usize = 300;
    let all_there = Arc::new(Barrier::new(REQUESTS));
    let site = Site::serve(move |config| {
        let all_there = Arc::clone(&all_there);
        let handler = move |id: web::Path<String>| {
            let all_there = Arc::clone(&all_there);
            async move {
                all_there.wait().await;
                begin_subsegment(&id).end();
                let chunk = async move {
                    begin_subsegment(&format!("body {id}")).end();
                    Ok::<_, actix_web::Error>(Bytes::from(id.into_inner()))
                };
                HttpResponse::Ok().streaming(stream::once(chunk))
            }
        };
        config.route("/{id}", web::get().to(handler));
    });
    let (client, connection) = actix::http2(site.address).await;
    tokio::spawn(connection);
    let calls = (0..REQUESTS).map(|id| {
        let (root, parent) = (TraceId::generate().to_string(), SegmentId::generate().to_string());
        let mut request = request("GET", &format!("{}/{id}", site.url));
        let header = format!("Root={root};Parent={parent};Sampled=1");
        request.headers_mut().insert("x-amzn-trace-id", header.parse().unwrap());
        let mut client = client.clone();
        async move {
            let response = client.send_request(request).await.unwrap();
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), id.to_string());
            (id, root, parent)
        }
    });
    let sent = timeout(PATIENCE, join_all(calls)).await.unwrap();
    let documents = site.fixture.wait_for(REQUESTS);
    assert_eq!(documents.len(), REQUESTS);
    for (id, root, parent) in sent {
        let trace = documents.trace(&root);
        assert_eq!(trace.render(), format!("shop GET 200 (parent not captured)\n├─ {id}\n└─ body {id}\n"));
        assert_eq!(trace.root().get("/parent_id"), parent.as_str());
        assert_eq!(trace.root().get("/http/request/url"), format!("{}/{id}", site.url).as_str());
    }
}

/// What a handler spawned without `in_current` is in no segment, and neither is the next request on the thread.
#[tokio::test]
async fn the_context_does_not_leak_into_what_comes_next() {
    let fixture = Fixture::start();
    let options = ServerOptions::new().recorder(fixture.recorder.clone()).ignore_path("/ignored");
    let address = listen!(move || {
        let spawned = || async {
            actix_web::rt::spawn(async { xray_core::current_trace_id().is_none() }).await.unwrap().to_string()
        };
        let ignored = || async { xray_core::current_trace_id().is_none().to_string() };
        let routes = App::new().route("/spawned", web::get().to(spawned)).route("/ignored", web::get().to(ignored));
        routes.wrap(XRayMiddleware::new("shop").with_options(options.clone()))
    });
    let client = plain_client();
    for path in ["spawned", "ignored"] {
        let response = client.get(format!("http://{address}/{path}")).send().await.unwrap();
        assert_eq!(response.text().await.unwrap(), "true", "{path}");
    }
    assert_eq!(fixture.wait_for(1).only_trace().render(), "shop GET 200\n", "of the one that is not left out");
}

/// Requests with random ends: whole, streamed, with a panic, and with clients that go away at any moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_request_is_one_segment_with_its_own_parent() {
    const CONNECTIONS: usize = 50;
    const REQUESTS: usize = 40;
    let fixture = Fixture::start();
    let options = ServerOptions::new().recorder(fixture.recorder.clone());
    let served = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&served);
    let address = listen!(move || {
        let counted = Arc::clone(&counted);
        let middleware = XRayMiddleware::new("shop").with_options(options.clone());
        App::new().configure(routes).wrap(middleware).wrap_fn(move |request, service| {
            counted.fetch_add(1, Ordering::Relaxed);
            actix_web::dev::Service::call(service, request)
        })
    });

    let connection = |number: usize| async move {
        let client = plain_client();
        let mut callers = Vec::new();
        for turn in 0..REQUESTS {
            let (root, parent) = (TraceId::generate().to_string(), SegmentId::generate().to_string());
            let path = ["small", "streamed", "slow", "panic"][(number + turn) % 4];
            let header = format!("Root={root};Parent={parent};Sampled=1");
            let request = client.get(format!("http://{address}/{path}")).header("X-Amzn-Trace-Id", header);
            let call = async { request.send().await?.bytes().await };
            // Every seventh is left alone after a while that is different each time.
            let waits = !(number + turn).is_multiple_of(7);
            let patience = if waits { PATIENCE } else { Duration::from_micros(97 * turn as u64) };
            let answered = timeout(patience, call).await.is_ok_and(|answer| answer.is_ok());
            assert!(answered == (path != "panic") || !waits, "{path}");
            callers.push(Caller { root, parent, path, waits });
        }
        callers
    };
    let tasks = (0..CONNECTIONS).map(|number| tokio::spawn(connection(number)));
    let callers: Vec<_> = join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect();
    let all_ended = |documents: &Documents| documents.len() >= served.load(Ordering::Relaxed);
    let documents = fixture.wait_until(all_ended);
    assert!(documents.len() <= served.load(Ordering::Relaxed), "more documents than requests");
    assert_eq!(fixture.recorder.stats().dropped(), 0);

    let traces = documents.traces();
    let mut segments: HashMap<_, _> = traces.iter().map(|trace| (trace.id(), trace.root())).collect();
    assert_eq!(segments.len(), documents.len(), "a segment each");
    for caller in &callers {
        let Some(segment) = segments.remove(caller.root.as_str()) else {
            assert!(!caller.waits, "no segment for /{}", caller.path);
            continue;
        };
        assert_eq!(segment.get("/parent_id"), caller.parent.as_str());
        assert_eq!(segment.get("/http/request/url"), format!("http://{address}/{}", caller.path).as_str());
        if caller.waits {
            assert_eq!(segment.get("/fault") == true, caller.path == "panic", "{}", segment.trace());
        }
    }
    assert!(segments.is_empty(), "segments of nobody's requests: {segments:?}");
}

struct Caller {
    root: String,
    parent: String,
    path: &'static str,
    /// Whether it waited for the end.
    waits: bool,
}

fn routes(config: &mut ServiceConfig) {
    let everywhere = web::resource("/everywhere").wrap_fn(|request, service| {
        begin_subsegment("middleware").end();
        actix_web::dev::Service::call(service, request)
    });
    config
        .service(everywhere.to(everywhere_in_a_request))
        .route("/small", web::get().to(small))
        .route("/streamed", web::get().to(streamed))
        .route("/slow", web::get().to(slow))
        .route("/panic", web::get().to(panic));
}

async fn everywhere_in_a_request() -> HttpResponse {
    async { begin_subsegment("inner").end() }.in_subsegment("handler").await;
    actix_web::rt::spawn(async { begin_subsegment("task").end() }.in_current()).await.unwrap();
    let segment = current_segment();
    web::block(move || segment.begin_subsegment("thread").end()).await.unwrap();
    let dropped = Dropped;
    let chunks = stream::iter(["one", "two"]).map(move |chunk| {
        let _dropped = &dropped;
        begin_subsegment("chunk").end();
        Ok::<_, actix_web::Error>(Bytes::from(chunk))
    });
    HttpResponse::Ok().streaming(chunks)
}

async fn small() -> &'static str {
    begin_subsegment("handler").end();
    "small"
}

async fn streamed() -> HttpResponse {
    let chunks = stream::iter(0..20).then(async |_| {
        tokio::task::yield_now().await;
        Ok::<_, actix_web::Error>(Bytes::from_static(&[b'x'; 8192]))
    });
    HttpResponse::Ok().streaming(chunks)
}

async fn slow() -> &'static str {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    async { tokio::task::yield_now().await }.in_subsegment("slow part").await;
    "slow"
}

async fn panic() -> &'static str {
    tokio::task::yield_now().await;
    panic!("out of stock")
}

struct Dropped;

impl Drop for Dropped {
    fn drop(&mut self) {
        begin_subsegment("body dropped").end();
    }
}

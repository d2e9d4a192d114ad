//! A future that is polled after it was done: what a traced one does then is what the one does that it wraps.
#![cfg(all(feature = "actix-web", feature = "reqwest", feature = "tower"))]
#![allow(clippy::unwrap_used)] // as in tests

mod support;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use actix_web::HttpResponse;
use actix_web::dev::{Service as _, ServiceFactory as _, ServiceRequest, ServiceResponse, Transform as _, fn_service};
use actix_web::test::TestRequest;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use futures::FutureExt as _;
use tower::{Layer as _, Service, service_fn};
use xray_core::sampling::FixedSampler;
use xray_core::{Recorder, XRayFutureExt as _, begin_subsegment};
use xray_http::actix_web::XRayMiddleware;
use xray_http::reqwest::{ClientExt as _, RequestBuilderExt as _};
use xray_http::tower::XRayClientLayer;
use xray_http::{ServerOptions, XRayLayer};

use support::{Fixture, plain_client, request, serve_echo};

/// Is done at each poll, with another outcome.
struct Counts<T, F: FnMut(u8) -> T> {
    polls: u8,
    outcome: F,
}

impl<T, F: FnMut(u8) -> T + Unpin> Future for Counts<T, F> {
    type Output = T;
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        self.polls += 1;
        let polls = self.polls;
        Poll::Ready((self.outcome)(polls))
    }
}

/// The kinds of futures: done again, a panic, pending for ever.
const KINDS: [&str; 3] = ["counts", "panics", "waits"];

type Work<T> = Pin<Box<dyn Future<Output = T>>>;

fn work<T: 'static>(kind: &str, mut outcome: impl FnMut(u8) -> T + Unpin + 'static) -> Work<T> {
    match kind {
        "counts" => Box::pin(Counts { polls: 0, outcome }),
        "panics" => Box::pin(async move { outcome(1) }),
        _ => Box::pin(async move { outcome(1) }.fuse()),
    }
}

/// What comes of two polls.
fn twice<T>(work: impl Future<Output = T>, look: impl Fn(T) -> String) -> [String; 2] {
    let mut work = pin!(work);
    [(); 2].map(|()| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
        match polled {
            Ok(Poll::Ready(outcome)) => look(outcome),
            Ok(Poll::Pending) => "pending".to_owned(),
            Err(panic) => format!("a panic: {:?}", panic.downcast_ref::<&str>()),
        }
    })
}

fn status(polls: u8) -> StatusCode {
    StatusCode::from_u16(200 + u16::from(polls)).unwrap()
}

/// A server, or a client.
fn service(
    kind: &'static str,
    fails: bool,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = io::Error, Future = Work<io::Result<Response<Body>>>>
{
    service_fn(move |_| {
        work(kind, move |polls| {
            let response = Response::builder().status(status(polls)).body(Body::empty()).unwrap();
            if fails { Err(io::Error::other(format!("{polls}"))) } else { Ok(response) }
        })
    })
}

fn look<B>(outcome: io::Result<Response<B>>) -> String {
    format!("{:?}", outcome.map(|response| response.status()))
}

fn options(recorder: &Recorder, traced: bool) -> ServerOptions {
    ServerOptions::new().recorder(recorder.clone()).ignore_when(move |_| !traced)
}

/// Two recorders: one that records, and one that samples nothing.
fn fixtures() -> [Fixture; 2] {
    [Fixture::start(), Fixture::with(|builder| builder.sampler(FixedSampler::NONE))]
}

#[test]
fn of_a_served_request_it_is_that_of_the_service() {
    for fixture in fixtures() {
        for kind in KINDS {
            for fails in [false, true] {
                let service = || service(kind, fails);
                let plain = twice(service().call(request("GET", "/")), look);
                assert!(!plain[0].contains("panic"), "{plain:?}");
                for traced in [true, false] {
                    let layer: XRayLayer = XRayLayer::new("shop").with_options(options(&fixture.recorder, traced));
                    let served = twice(layer.layer(service()).call(request("GET", "/")), look);
                    assert_eq!(served, plain, "{kind}, fails: {fails}, traced: {traced}");
                }
            }
        }
        drop(fixture.documents());
    }
}

#[test]
fn of_a_request_that_actix_web_serves_it_is_that_of_the_service() {
    fn look<B>(outcome: Result<ServiceResponse<B>, actix_web::Error>) -> String {
        format!("{:?}", outcome.map(|response| response.status()))
    }
    for fixture in fixtures() {
        for kind in KINDS {
            for fails in [false, true] {
                let service = || {
                    fn_service(move |request: ServiceRequest| {
                        let request = request.into_parts().0;
                        work(kind, move |polls| {
                            if fails {
                                return Err(actix_web::error::ErrorImATeapot(polls));
                            }
                            let status = actix_web::http::StatusCode::from_u16(200 + u16::from(polls)).unwrap();
                            Ok(ServiceResponse::new(request.clone(), HttpResponse::new(status)))
                        })
                    })
                };
                let made = || service().new_service(()).now_or_never().unwrap().unwrap();
                let call = TestRequest::default().to_srv_request();
                let plain = twice(made().call(call), look);
                for traced in [true, false] {
                    let middleware = XRayMiddleware::new("shop").with_options(options(&fixture.recorder, traced));
                    let traced_service = middleware.new_transform(made()).now_or_never().unwrap().unwrap();
                    let call = TestRequest::default().to_srv_request();
                    let served = twice(traced_service.call(call), look);
                    assert_eq!(served, plain, "{kind}, fails: {fails}, traced: {traced}");
                }
            }
        }
        drop(fixture.documents());
    }
}

#[test]
fn of_a_call_it_is_that_of_the_client() {
    for fixture in fixtures() {
        let segment = fixture.recorder.begin_segment("shop").entered();
        for kind in KINDS {
            for fails in [false, true] {
                let service = || service(kind, fails);
                let plain = twice(service().call(request("GET", "http://shop.example/")), look);
                let mut traced = XRayClientLayer::new().layer(service());
                assert_eq!(twice(traced.call(request("GET", "http://shop.example/")), look), plain, "{kind}, {fails}");
            }
        }
        segment.end();
        drop(fixture.documents());
    }
}

/// The client's future once it is done, or has failed before there was a call.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_call_by_reqwest_it_is_a_panic_too() {
    async fn again<T>(call: impl Future<Output = Result<T, reqwest::Error>>) -> [bool; 2] {
        let mut call = Box::pin(call);
        let is_ok = call.as_mut().await.is_ok();
        let again = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
        [is_ok, again.is_err()]
    }
    let url = serve_echo().await;
    for fixture in fixtures() {
        let work = async {
            for (url, answers) in [(&*url, true), ("no URL", false), ("http://127.0.0.1:1", false)] {
                let plain = plain_client();
                let expected = again(plain.get(url).send()).await;
                assert_eq!(expected[0], answers);
                assert_eq!(again(plain.get(url).send_traced()).await, expected, "{url}");
                assert_eq!(again(plain.clone().xray().get(url).send()).await, expected, "{url}");
            }
        };
        work.in_segment(fixture.recorder.begin_segment("shop")).await;
        drop(fixture.documents());
    }
}

/// It was dropped as soon as it was done; now it is dropped with what wraps it, and still in the request's segment.
#[test]
fn what_is_dropped_with_a_handler_that_is_done_is_work_of_the_request() {
    struct Dropped;
    impl Drop for Dropped {
        fn drop(&mut self) {
            begin_subsegment("dropped").end();
        }
    }
    let fixture = Fixture::start();
    let service = service_fn(|_: Request<Body>| {
        let dropped = Dropped;
        Counts {
            polls: 0,
            outcome: move |polls| {
                let _dropped = &dropped;
                Response::builder().status(status(polls)).body(Body::empty()).map_err(std::io::Error::other)
            },
        }
    });
    let layer: XRayLayer = XRayLayer::new("shop").with_options(options(&fixture.recorder, true));
    let mut call = Box::pin(layer.layer(service).call(request("GET", "/")));
    let response = call.as_mut().now_or_never().unwrap().unwrap();
    drop(call);
    drop(response);
    assert_eq!(fixture.documents().only_trace().render(), "shop GET 201\n└─ dropped\n");
}

//! Errors of actix-web's middleware, which become responses further out than the instrument.
//!
//! To learn the status, the instrument had the program make a response that nobody got: `error_response()` ran twice for a
//! request that was recorded, with all that it does, such as counting or writing to a log.
#![cfg(all(feature = "actix-web", feature = "reqwest"))]
#![allow(clippy::unwrap_used)] // as in tests

#[path = "support/actix.rs"]
mod actix;
mod support;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::{Next, from_fn};
use actix_web::{App, Error, HttpResponse, ResponseError, web};
use serde_json::{Value, json};
use xray_core::sampling::FixedSampler;
use xray_http::ServerOptions;
use xray_http::actix_web::{XRayBody, XRayMiddleware};

use actix::listen;
use support::{Fixture, plain_client};

/// An error of the program's, which counts what is asked of it.
#[derive(Clone, Default)]
struct Refused {
    responses: Arc<AtomicUsize>,
    statuses: Arc<AtomicUsize>,
}

impl Refused {
    fn counts(&self) -> (usize, usize) {
        (self.responses.load(Ordering::SeqCst), self.statuses.load(Ordering::SeqCst))
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Refused")
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("who are you?")
    }
}

impl ResponseError for Refused {
    fn status_code(&self) -> StatusCode {
        self.statuses.fetch_add(1, Ordering::SeqCst);
        StatusCode::UNAUTHORIZED
    }

    fn error_response(&self) -> HttpResponse {
        self.responses.fetch_add(1, Ordering::SeqCst);
        HttpResponse::build(self.status_code()).insert_header(("www-authenticate", "Basic")).body("no")
    }
}

/// What becomes of the error of a middleware, outside of the instrument.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outside {
    Nothing,
    /// Another middleware answers in its place, and drops it.
    Dropped,
    /// Another middleware makes a response of it, and hands it on.
    Asked,
}

/// Asks once, and returns what the client got and how often the program was asked.
async fn ask(fixture: &Fixture, outside: Outside) -> (StatusCode, Option<String>, (usize, usize)) {
    let refused = Refused::default();
    let error = refused.clone();
    let options = ServerOptions::new().recorder(fixture.recorder.clone());
    let address = listen!(move || {
        let error = error.clone();
        let refuse = from_fn(move |_: ServiceRequest, _: Next<BoxBody>| {
            let error = error.clone();
            async move { Err::<ServiceResponse, _>(Error::from(error)) }
        });
        let outer = from_fn(move |request: ServiceRequest, next: Next<XRayBody<BoxBody>>| async move {
            let own = request.request().clone();
            match (next.call(request).await, outside) {
                (Err(_), Outside::Dropped) => Ok(ServiceResponse::new(own, HttpResponse::Gone().finish())),
                (Err(error), Outside::Asked) => {
                    let status = error.error_response().status();
                    assert_eq!(status, 401);
                    Err(error)
                }
                (outcome, _) => outcome.map(ServiceResponse::map_into_boxed_body),
            }
        });
        App::new()
            .default_service(web::to(HttpResponse::Ok))
            .wrap(refuse)
            .wrap(XRayMiddleware::new("shop").with_options(options.clone()))
            .wrap(outer)
    });
    let request = plain_client().get(format!("http://{address}/")).header("x-amzn-trace-id", "Sampled=?");
    let response = request.send().await.unwrap();
    let header = response.headers().get("x-amzn-trace-id").map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16().try_into().unwrap(), header, refused.counts())
}

#[tokio::test]
async fn the_program_makes_the_response_to_an_error_once() {
    for (outside, status) in [(Outside::Nothing, 401), (Outside::Dropped, 410), (Outside::Asked, 401)] {
        let off = Fixture::with(|builder| builder.enabled(false));
        let (fixture, unsampled) = (Fixture::start(), Fixture::with(|builder| builder.sampler(FixedSampler::NONE)));
        let (untraced_status, none, untraced) = ask(&off, outside).await;
        assert_eq!((untraced_status.as_u16(), none), (status, None));
        off.assert_nothing_sent();

        let (answered, header, asked) = ask(&unsampled, outside).await;
        assert_eq!((answered.as_u16(), asked), (status, untraced), "{outside:?}, not sampled");
        assert_eq!(header.is_some_and(|header| header.ends_with(";Sampled=0")), outside != Outside::Dropped);
        unsampled.assert_nothing_sent();

        let (answered, header, asked) = ask(&fixture, outside).await;
        assert_eq!((answered.as_u16(), asked), (status, untraced), "{outside:?}");
        let segment = fixture.wait_for(1).only_trace().root();
        let own = format!("Root={};Sampled=1", segment.trace().id());
        assert_eq!(header, (outside != Outside::Dropped).then_some(own), "{outside:?}");
        assert_eq!(segment.get("/cause/exceptions/0/message"), "who are you?", "{outside:?}");
        assert_eq!(segment.get("/cause/exceptions/1"), &Value::Null, "{outside:?}");
        assert_eq!(segment.get("/annotations"), &Value::Null, "{outside:?}: it was not cancelled");
        if outside == Outside::Dropped {
            // Nobody has made a response of the error, so its status is not known.
            assert_eq!((segment.get("/http/response"), segment.get("/fault")), (&Value::Null, &json!(true)));
        } else {
            assert_eq!(segment.get("/http/response"), &json!({"status": 401, "content_length": 2}), "{outside:?}");
            assert_eq!((segment.get("/error"), segment.get("/fault")), (&json!(true), &Value::Null), "{outside:?}");
        }
    }
}

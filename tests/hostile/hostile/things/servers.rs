//! What the instruments of servers run.

use std::io;
use std::net::IpAddr;
use std::task::{Context, Poll, Waker};

use actix_web::body::MessageBody;
use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse, Transform as _};
use actix_web::test::TestRequest;
use actix_web::{Error, HttpResponse};
use aws_xray_sdk::http::actix_web::XRayMiddleware;
use aws_xray_sdk::http::{ServerOptions, XRayLayer};
use http::{Request, Response};
use tower::{Layer as _, service_fn};

use super::pieces::{Frames, Inner, Piece, Played, Work, call, poll};
use super::{Thing, piece, recorder, thing};
use crate::behaviour::react;

pub const ALL: &[Thing] = &[
    thing("ignore_when", || serve("ignore_when")),
    thing("client_address", || serve("client_address")),
    thing("matched_route", || serve("matched_route")),
    piece("readiness of a tower server", Piece::Ready, serve_by_tower),
    piece("tower server", Piece::Call, serve_by_tower),
    piece("future of a tower server", Piece::Poll, serve_by_tower),
    piece("Drop of a tower server's future", Piece::DropFuture, serve_by_tower),
    piece("error of a tower server", Piece::Error, serve_by_tower),
    piece("body of a tower server", Piece::Body, serve_by_tower),
    piece("length of a tower server's body", Piece::BodySize, serve_by_tower),
    piece("error of a tower server's body", Piece::BodyError, serve_by_tower),
    piece("Drop of a tower server's body", Piece::DropBody, serve_by_tower),
    piece("ignore_when of actix-web", Piece::Ready, serve_by_actix),
    piece("actix-web service", Piece::Call, serve_by_actix),
    piece("future of an actix-web service", Piece::Poll, serve_by_actix),
    piece("Drop of an actix-web service's future", Piece::DropFuture, serve_by_actix),
    piece("error of an actix-web service", Piece::Error, serve_by_actix),
    piece("body of an actix-web service", Piece::Body, serve_by_actix),
    piece("length of an actix-web service's body", Piece::BodySize, serve_by_actix),
    piece("error of an actix-web service's body", Piece::BodyError, serve_by_actix),
    piece("Drop of an actix-web service's body", Piece::DropBody, serve_by_actix),
];

fn serve(what: &'static str) {
    let options = ServerOptions::new().recorder(recorder()).ignore_when(move |_| {
        if what == "ignore_when" {
            react(what);
        }
        false
    });
    let layer: XRayLayer = XRayLayer::new("shop").with_options(options);
    let layer = layer.client_address(move |_| {
        if what == "client_address" {
            react(what);
        }
        None::<IpAddr>
    });
    let layer = layer.matched_route(move |_| {
        if what == "matched_route" {
            react(what);
        }
        None
    });
    call(layer.layer(service_fn(async |_: Request<String>| Ok::<_, io::Error>(Response::new(String::new())))));
}

pub fn serve_by_tower(played: Played) {
    let layer: XRayLayer = XRayLayer::new("shop");
    call(layer.layer(Inner(played)));
}

pub fn serve_by_actix(played: Played) {
    let options = ServerOptions::new().ignore_when(move |_| {
        played.at(Piece::Ready);
        false
    });
    let Some(Ok(traced)) = poll(XRayMiddleware::new("shop").with_options(options).new_transform(Handler(played)))
    else {
        return;
    };
    let Some(Ok(response)) = poll(traced.call(TestRequest::default().to_srv_request())) else { return };
    let mut body = Box::pin(response.into_body());
    let _ = body.size();
    while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_next(&mut Context::from_waker(Waker::noop())) {}
}

struct Handler(Played);

impl actix_web::dev::Service<ServiceRequest> for Handler {
    type Response = ServiceResponse<Frames>;
    type Error = Error;
    type Future = Work<Result<ServiceResponse<Frames>, Error>>;

    actix_web::dev::always_ready!();

    fn call(&self, request: ServiceRequest) -> Self::Future {
        self.0.at(Piece::Call);
        let outcome = self.0.fails().map_err(Error::from);
        let response = || request.into_response(HttpResponse::Ok().message_body(Frames::new(self.0)).unwrap());
        Work::new(self.0, outcome.map(|()| response()))
    }
}

//! What the instruments of HTTP clients run.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use aws_xray_sdk::http::reqwest::ClientExt as _;
use aws_xray_sdk::http::reqwest_middleware::XRayMiddleware;
use aws_xray_sdk::http::tower::XRayClientLayer;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Request, Response};
use reqwest_middleware::{ClientBuilder, Middleware, Next};
use tower::Layer as _;

use super::pieces::{Inner, Piece, Played, Work, call, run};
use super::{Thing, instrumented, piece};

pub const ALL: &[Thing] = &[
    piece("readiness of a tower client", Piece::Ready, call_by_tower),
    piece("tower client", Piece::Call, call_by_tower),
    piece("future of a tower client", Piece::Poll, call_by_tower),
    piece("Drop of a tower client's future", Piece::DropFuture, call_by_tower),
    piece("error of a tower client", Piece::Error, call_by_tower),
    piece("body of a tower client", Piece::Body, call_by_tower),
    piece("length of a tower client's body", Piece::BodySize, call_by_tower),
    piece("error of a tower client's body", Piece::BodyError, call_by_tower),
    piece("Drop of a tower client's body", Piece::DropBody, call_by_tower),
    piece("resolver of reqwest", Piece::Call, call_by_reqwest),
    piece("future of a resolver of reqwest", Piece::Poll, call_by_reqwest),
    piece("error of a resolver of reqwest", Piece::Error, call_by_reqwest),
    piece("Drop of reqwest's error", Piece::DropError, call_by_reqwest),
    instrumented("redirect policy of reqwest", call_by_reqwest, || {
        answered("redirect policy of reqwest", |played, url| {
            let policy = reqwest::redirect::Policy::custom(move |attempt| {
                played.at(Piece::Call);
                attempt.stop()
            });
            let client = Client::builder().no_proxy().redirect(policy).build().unwrap().xray();
            drop(run(client.get(url).send()));
        });
    }),
    piece("middleware beside that of reqwest", Piece::Call, call_by_middleware),
    piece("error of a middleware of reqwest", Piece::Error, call_by_middleware),
];

pub fn call_by_tower(played: Played) {
    call(XRayClientLayer::new().layer(Inner(played)));
}

pub fn call_by_reqwest(played: Played) {
    let resolver = Arc::new(Resolver(played));
    let client = Client::builder().no_proxy().dns_resolver(resolver).build().unwrap().xray();
    drop(run(client.get("http://shop.example:9/").send()));
}

/// Resolves every name to an address where nobody listens.
struct Resolver(Played);

impl Resolve for Resolver {
    fn resolve(&self, _: Name) -> Resolving {
        self.0.at(Piece::Call);
        let addresses = || -> Addrs { Box::new([SocketAddr::from(([127, 0, 0, 1], 9))].into_iter()) };
        Box::pin(Work::new(self.0, self.0.fails().map(|()| addresses()).map_err(Into::into)))
    }
}

/// Has a call answered, once, by a redirect.
fn answered(name: &'static str, call: impl FnOnce(Played, String)) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answering = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1_024]);
        let _ = stream
            .write_all(b"HTTP/1.1 302 Found\r\nLocation: /cart\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    call(Played { name, piece: Piece::Call }, url);
    answering.join().unwrap();
}

pub fn call_by_middleware(played: Played) {
    let client = Client::builder().no_proxy().build().unwrap();
    let client = ClientBuilder::new(client).with(XRayMiddleware::new()).with(Beside(played)).build();
    drop(run(client.get("http://127.0.0.1:9/").send()));
}

struct Beside(Played);

#[async_trait::async_trait]
impl Middleware for Beside {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        self.0.at(Piece::Call);
        self.0.fails().map_err(reqwest_middleware::Error::middleware)?;
        next.run(request, extensions).await
    }
}

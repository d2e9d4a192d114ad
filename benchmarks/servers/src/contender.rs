//! One row of the table.

use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::routing::get;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tower::Service as _;
use tracing::Dispatch;

/// How many requests a round has: enough to make the clock's own cost vanish, few enough for a round that nothing disturbs.
const CALLS: usize = 200;
const REQUESTS: usize = 20;

/// A server on a thread of its own, with what `tracing` knows there.
pub struct Contender {
    pub name: &'static str,
    router: Router,
    subscriber: Dispatch,
    runtime: Runtime,
    connection: SendRequest<Body>,
}

impl Contender {
    pub fn new(name: &'static str, router: Router, subscriber: Dispatch) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let connection = runtime.block_on(connect(router.clone()));
        let mut contender = Self { name, router, subscriber, runtime, connection };
        // Once to warm up.
        contender.measure_calls();
        contender.measure_requests();
        contender
    }

    /// Nanoseconds for each call of the router in the process.
    pub fn measure_calls(&mut self) -> f64 {
        let Self { router, runtime, subscriber, .. } = self;
        tracing::dispatcher::with_default(subscriber, || {
            let start = Instant::now();
            runtime.block_on(async {
                for _ in 0..CALLS {
                    let response = router.call(request()).await.expect("a response");
                    response.into_body().collect().await.expect("a body");
                }
            });
            start.elapsed().as_nanos() as f64 / CALLS as f64
        })
    }

    /// Nanoseconds for each request over the connection, client and server together.
    pub fn measure_requests(&mut self) -> f64 {
        let Self { runtime, connection, subscriber, .. } = self;
        tracing::dispatcher::with_default(subscriber, || {
            let start = Instant::now();
            runtime.block_on(async {
                for _ in 0..REQUESTS {
                    connection.ready().await.expect("a connection");
                    let response = connection.send_request(request()).await.expect("a response");
                    response.into_body().collect().await.expect("a body");
                }
            });
            start.elapsed().as_nanos() as f64 / REQUESTS as f64
        })
    }
}

/// The server that everybody has.
pub fn shop() -> Router {
    Router::new().route("/carts/{id}", get(async || "a cart"))
}

fn request() -> Request<Body> {
    let request = Request::get("/carts/17").header("host", "shop.example").header("user-agent", "benchmark");
    request.body(Body::empty()).expect("a request")
}

async fn connect(router: Router) -> SendRequest<Body> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let address = listener.local_addr().expect("a bound socket");
    tokio::spawn(async { axum::serve(listener, router).await });
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    let (connection, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
    tokio::spawn(driver);
    connection
}

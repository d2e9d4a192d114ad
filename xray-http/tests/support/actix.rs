//! An actix-web application on a real socket.

// Every test program compiles this file, and none needs all of it.
#![allow(dead_code, unreachable_pub, unused_macros)]

use std::net::SocketAddr;

use actix_web::App;
use actix_web::web::ServiceConfig;
use axum::body::Body;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use xray_core::testing::Node;
use xray_http::actix_web::XRayMiddleware;
use xray_http::{Naming, ServerOptions};

use crate::support::Fixture;

/// Serves the applications that a closure makes, over HTTP/1.1 and HTTP/2, and gives the address.
macro_rules! listen {
    ($application:expr) => {
        listen!($application, |server| server)
    };
    ($application:expr, |$server:ident| $change:expr) => {{
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let $server = actix_web::HttpServer::new($application).workers(2).disable_signals();
        tokio::spawn($change.listen_auto_h2c(listener).unwrap().run());
        address
    }};
}
#[allow(unused_imports)]
pub(crate) use listen;

/// An application behind the middleware, and the daemon that it reports to.
pub struct Site {
    pub fixture: Fixture,
    pub address: SocketAddr,
    pub url: String,
}

impl Site {
    /// Serves routes, with segments that are named `shop`.
    pub fn serve(routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Self {
        Self::serve_with("shop", |options| options, routes)
    }

    pub fn serve_with(
        naming: impl Into<Naming>,
        options: impl FnOnce(ServerOptions) -> ServerOptions,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        Self::serve_recorded_by(Fixture::start(), naming, options, routes)
    }

    pub fn serve_recorded_by(
        fixture: Fixture,
        naming: impl Into<Naming>,
        options: impl FnOnce(ServerOptions) -> ServerOptions,
        routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ) -> Self {
        let options = options(ServerOptions::new().recorder(fixture.recorder.clone()));
        let middleware = XRayMiddleware::new(naming).with_options(options);
        let address = listen!(move || App::new().configure(routes.clone()).wrap(middleware.clone()));
        Self { fixture, address, url: format!("http://{address}") }
    }

    /// The segment of the only request so far.
    #[track_caller]
    pub fn segment(&self) -> Node {
        self.fixture.wait_for(1).only_trace().root()
    }
}

/// A client's connection over HTTP/2, and the future that drives it.
pub async fn http2(address: SocketAddr) -> (SendRequest<Body>, impl Future<Output = ()> + Send) {
    let stream = TcpStream::connect(address).await.unwrap();
    let (client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    (client, async move { drop(connection.await) })
}

//! gRPC services of tonic, each on a real socket of its own, and their clients.

// Every test program compiles this file, and none needs all of it.
#![allow(dead_code, unreachable_pub)]

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;

use axum::http;
use futures::Stream;
use futures::stream::{iter, pending};
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::Layer as _;
use xray_http::tower::{XRayClientLayer, XRayClientService};

/// The client of a service whose calls are traced.
pub type TracedClient = HealthClient<XRayClientService<Channel>>;

/// What a call is named after.
pub const SERVICE: &str = "grpc.health.v1.Health";

/// A channel to a server, made without waiting for it.
pub fn channel(url: &str) -> Channel {
    Channel::from_shared(url.to_owned()).unwrap().connect_lazy()
}

pub fn traced_client(url: &str) -> TracedClient {
    HealthClient::with_origin(XRayClientLayer::new().layer(channel(url)), url.parse().unwrap())
}

pub fn request(service: &str) -> Request<HealthCheckRequest> {
    Request::new(HealthCheckRequest { service: service.to_owned() })
}

/// Serves one service on a loopback port of its own and returns `http://host:port`.
pub async fn serve<S>(service: S) -> String
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S: NamedService + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(Server::builder().add_service(service).serve_with_incoming(TcpIncoming::from(listener)));
    url
}

/// Answers as the name of the service that is asked for says; see [`Scripted`].
pub async fn serve_scripted() -> String {
    serve(HealthServer::new(Scripted { all_there: Arc::new(Barrier::new(1)) })).await
}

/// The same behind a layer that traces the requests.
pub async fn serve_scripted_with(layer: xray_http::XRayLayer) -> String {
    let service = HealthServer::new(Scripted { all_there: Arc::new(Barrier::new(1)) });
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::builder().layer(layer).add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    url
}

/// The service that is scripted; as for `silence`, it never answers.
pub fn silence() -> HealthServer<impl Health> {
    HealthServer::new(Scripted { all_there: Arc::new(Barrier::new(1_000)) })
}

/// The same, once there are fifty requests.
pub async fn serve_fifty_at_once() -> String {
    serve(HealthServer::new(Scripted { all_there: Arc::new(Barrier::new(50)) })).await
}

/// Answers with the status whose number is asked for, or with the trace header for `echo`, or never for `silence`.
struct Scripted {
    all_there: Arc<Barrier>,
}

#[tonic::async_trait]
impl Health for Scripted {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        self.all_there.wait().await;
        match request.get_ref().service.as_str() {
            "echo" => {
                let mut response = Response::new(HealthCheckResponse::default());
                for header in request.metadata().get_all("x-amzn-trace-id") {
                    response.metadata_mut().append("echo", header.clone());
                }
                Ok(response)
            }
            "silence" => std::future::pending().await,
            number => status(number).map(|()| Response::new(HealthCheckResponse { status: 1 })),
        }
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    /// Two messages, and then the status, or nothing for `silence`.
    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let messages = [1, 2].map(|status| Ok(HealthCheckResponse { status }));
        Ok(Response::new(match request.get_ref().service.as_str() {
            "silence" => Box::pin(futures::StreamExt::chain(iter(messages), pending())),
            number => Box::pin(iter(messages.into_iter().chain(status(number).err().map(Err)))),
        }))
    }
}

fn status(number: &str) -> Result<(), Status> {
    match Code::from(number.parse::<i32>().unwrap()) {
        Code::Ok => Ok(()),
        code => Err(Status::new(code, "100% à l'eau")),
    }
}

/// The trace header that the service `echo` got.
pub fn echoed(response: &Response<HealthCheckResponse>) -> String {
    let values = response.metadata().get_all("echo").iter();
    values.map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join(" and ")
}

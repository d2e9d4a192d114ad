//! axum calls actix-web by reqwest, that calls tonic, and that asks SQLite: one trace, whichever header joins them.

#![allow(clippy::unwrap_used)] // as in tests

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpServer, dev::Service as _, web};
use aws_xray_sdk as xray;
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, Request};
use axum::routing::get;
use rusqlite::Connection;
use test_support::Fixture;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Response, Status, async_trait};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tower::ServiceBuilder;
use tower::util::MapRequestLayer;
use xray::http::actix_web::XRayMiddleware;
use xray::http::tower::{XRayClientLayer, XRayClientService};
use xray::http::{ClientOptions, XRayLayer};
use xray::prelude::*;
use xray::testing::Node;
use xray::{Library, TRACE_HEADER};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_services_and_a_database_are_one_trace() {
    let fixture = Fixture::start();
    fixture.another(|builder| builder.install().unwrap());
    xray::patch([Library::Rusqlite]).unwrap();

    for (headers, sent) in [(Headers::XRay, 3), (Headers::W3c, 6)] {
        let hops = Hops { headers, seen: Arc::default() };
        let warehouse = serve_warehouse(hops.clone()).await;
        let stock = serve_stock(warehouse, hops.clone()).await;
        let shop = serve_shop(stock, hops.clone()).await;

        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = client.get(format!("http://{shop}/orders/book")).send().await.unwrap();
        let answer = response.headers()[TRACE_HEADER].to_str().unwrap().to_owned();
        assert_eq!(response.text().await.unwrap(), "3 of book");

        let id = answer.strip_prefix("Root=").unwrap();
        let trace = fixture.wait_for(sent).trace(id);
        assert_eq!(trace.render(), TREE);
        // Not only in the tree that the test tools join: each service named its caller.
        for (service, caller) in [("stock", "127.0.0.1"), ("warehouse", "grpc.health.v1.Health")] {
            let (service, caller) = (trace.find(service), trace.find(caller));
            assert!(service.is_document() && !caller.is_document());
            assert_eq!(service.get("/parent_id"), caller.id());
        }
        assert_eq!(trace.root().get("/parent_id"), &serde_json::Value::Null);
        assert_eq!(*hops.seen.lock().unwrap(), expected_headers(headers, &trace.nodes()));
    }
}

const TREE: &str = "\
shop GET 200 {product=\"book\"}
└─ 127.0.0.1 GET 200
   └─ stock GET 200
      └─ grpc.health.v1.Health POST 200
         └─ warehouse POST 200
            └─ :memory:
";

#[derive(Clone, Copy, PartialEq)]
enum Headers {
    XRay,
    W3c,
}

/// What is between the services: in one run, something that passes no header on but W3C's.
#[derive(Clone)]
struct Hops {
    headers: Headers,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Hops {
    fn client_options(&self) -> ClientOptions {
        match self.headers {
            Headers::XRay => ClientOptions::new(),
            Headers::W3c => ClientOptions::new().propagate_w3c(),
        }
    }

    fn pass(&self, xray: Option<&str>, w3c: Option<&str>) {
        let seen = match self.headers {
            Headers::XRay => [xray, w3c],
            Headers::W3c => [None, w3c],
        };
        self.seen.lock().unwrap().push(seen.map(Option::unwrap_or_default).join(" "));
    }

    fn pass_headers(&self, headers: &mut HeaderMap) {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap());
        self.pass(text(TRACE_HEADER), text("traceparent"));
        if self.headers == Headers::W3c {
            headers.remove(TRACE_HEADER);
        }
    }
}

/// What came in at the three services, the innermost of which is asked last.
fn expected_headers(headers: Headers, nodes: &[Node]) -> Vec<String> {
    let id = nodes[0].trace().id();
    let of = |caller: &Node| match headers {
        Headers::XRay => format!("Root={id};Parent={};Sampled=1 ", caller.id()),
        Headers::W3c => format!(" 00-{}-{}-01", id[2..].replace('-', ""), caller.id()),
    };
    vec![" ".to_owned(), of(&nodes[1]), of(&nodes[3])]
}

/// axum, which calls the next service by reqwest.
async fn serve_shop(stock: SocketAddr, hops: Hops) -> SocketAddr {
    let http = reqwest::Client::builder().no_proxy().build().unwrap().xray().with_options(hops.client_options());
    let order = async move |Path(product): Path<String>| {
        xray::put_annotation("product", product.as_str());
        let response = http.get(format!("http://{stock}/stock/{product}")).send().await.unwrap();
        format!("{} of {product}", response.text().await.unwrap())
    };
    let hop = MapRequestLayer::new(move |mut request: Request<Body>| {
        hops.pass_headers(request.headers_mut());
        request
    });
    let router = Router::new().route("/orders/{product}", get(order)).layer(XRayLayer::new("shop")).layer(hop);
    let (listener, address) = listen().await;
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    address
}

/// actix-web, which calls the next service by tonic.
async fn serve_stock(warehouse: SocketAddr, hops: Hops) -> SocketAddr {
    let channel = Endpoint::from_shared(format!("http://{warehouse}")).unwrap().connect().await.unwrap();
    let layer = XRayClientLayer::new().with_options(hops.client_options());
    let warehouse = HealthClient::new(ServiceBuilder::new().layer(layer).service(channel));
    let application = move || {
        let hops = hops.clone();
        App::new()
            .app_data(web::Data::new(warehouse.clone()))
            .route("/stock/{product}", web::get().to(count))
            .wrap(XRayMiddleware::new("stock"))
            .wrap_fn(move |mut request, service| {
                let text = |name| request.headers().get(name).map(|value| value.to_str().unwrap());
                hops.pass(text(TRACE_HEADER), text("traceparent"));
                if hops.headers == Headers::W3c {
                    request.headers_mut().remove(TRACE_HEADER);
                }
                service.call(request)
            })
    };
    let (listener, address) = listen().await;
    let server = HttpServer::new(application).workers(1).disable_signals();
    tokio::spawn(server.listen(listener.into_std().unwrap()).unwrap().run());
    address
}

async fn count(product: web::Path<String>, warehouse: web::Data<HealthClient<XRayClientService<Channel>>>) -> String {
    let request = HealthCheckRequest { service: product.into_inner() };
    let answer = warehouse.as_ref().clone().check(request).await.unwrap();
    answer.into_inner().status.to_string()
}

/// tonic, which asks SQLite.
async fn serve_warehouse(hops: Hops) -> SocketAddr {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch("CREATE TABLE stock (product, count); INSERT INTO stock VALUES ('book', 3)").unwrap();
    let hop = MapRequestLayer::new(move |mut request: Request<tonic::body::Body>| {
        hops.pass_headers(request.headers_mut());
        request
    });
    let (listener, address) = listen().await;
    let server = Server::builder().layer(hop).layer(XRayLayer::new("warehouse"));
    let server = { server }.add_service(HealthServer::new(Warehouse(Mutex::new(database))));
    tokio::spawn(async { server.serve_with_incoming(TcpListenerStream::new(listener)).await.unwrap() });
    address
}

/// The service for health checks needs no code to be generated. Its status is as good a number as any.
struct Warehouse(Mutex<Connection>);

#[async_trait]
impl Health for Warehouse {
    type WatchStream = tokio_stream::Empty<Result<HealthCheckResponse, Status>>;

    async fn check(
        &self,
        request: tonic::Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let database = self.0.lock().unwrap();
        let query = "SELECT count FROM stock WHERE product = ?";
        let status = database.query_row(query, [request.into_inner().service], |row| row.get(0)).unwrap();
        Ok(Response::new(HealthCheckResponse { status }))
    }

    async fn watch(&self, _: tonic::Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("nobody watches"))
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

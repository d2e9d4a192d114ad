//! The warehouse, made with tonic. It asks SQLite.
//!
//! Its service is the one for health checks, which needs no generated code: the status is how many there are.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use aws_xray_sdk as xray;
use rusqlite::{Connection, OptionalExtension as _};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status, async_trait};
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use xray::http::XRayLayer;

pub(crate) async fn serve() -> Result<SocketAddr, Box<dyn Error>> {
    let database = Connection::open_in_memory()?; // no line to add: `patch_all` was called before
    database.execute_batch("CREATE TABLE stock (product, count); INSERT INTO stock VALUES ('book', 3)")?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = Server::builder()
        .layer(XRayLayer::new("warehouse")) // the line to add
        .add_service(HealthServer::new(Warehouse(Mutex::new(database))));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    Ok(address)
}

struct Warehouse(Mutex<Connection>);

#[async_trait]
impl Health for Warehouse {
    type WatchStream = tokio_stream::Empty<Result<HealthCheckResponse, Status>>;

    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        let product = request.into_inner().service;
        let database = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let query = "SELECT count FROM stock WHERE product = ?";
        let count = database.query_row(query, [product], |row| row.get(0)).optional();
        match count.map_err(|error| Status::internal(error.to_string()))? {
            Some(status) => Ok(Response::new(HealthCheckResponse { status })),
            None => Err(Status::not_found("there is no such product")),
        }
    }

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Err(Status::unimplemented("the stock is asked, not watched"))
    }
}

//! The stock, made with actix-web. It calls the warehouse by tonic.

use std::error::Error;
use std::net::SocketAddr;

use actix_web::{App, HttpServer, error, web};
use aws_xray_sdk as xray;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;
use xray::http::actix_web::XRayMiddleware;
use xray::http::tower::{XRayClientLayer, XRayClientService};

/// A client of the warehouse that is traced.
type Warehouse = HealthClient<XRayClientService<Channel>>;

pub(crate) async fn serve(warehouse: SocketAddr) -> Result<SocketAddr, Box<dyn Error>> {
    let channel = Endpoint::from_shared(format!("http://{warehouse}"))?.connect().await?;
    let channel = ServiceBuilder::new().layer(XRayClientLayer::new()).service(channel); // a line to add
    let warehouse = Warehouse::new(channel);

    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(warehouse.clone()))
            .route("/stock/{product}", web::get().to(count))
            .wrap(XRayMiddleware::new("stock")) // and this one
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0))?;
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    Ok(address)
}

async fn count(product: web::Path<String>, warehouse: web::Data<Warehouse>) -> actix_web::Result<String> {
    let request = HealthCheckRequest { service: product.into_inner() };
    let answer = warehouse.as_ref().clone().check(request).await.map_err(error::ErrorBadGateway)?;
    Ok(answer.into_inner().status.to_string())
}

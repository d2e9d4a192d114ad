//! Traces the requests that an [`actix-web`](https://docs.rs/actix-web) application serves.
//!
//! One line wraps the application; it goes last, so that it is outermost and sees what other middleware does:
//!
//! ```
//! use actix_web::{App, HttpServer, web};
//! use xray_http::actix_web::XRayMiddleware;
//!
//! # async fn example() -> std::io::Result<()> {
//! HttpServer::new(|| {
//!     App::new()
//!         .route("/orders/{id}", web::get().to(|| async { "an order" }))
//!         .wrap(XRayMiddleware::new("checkout")) // this line
//! })
//! .bind(("127.0.0.1", 8080))?
//! .run()
//! .await
//! # }
//! ```
//!
//! No patch is needed: a server is not a client library.
//!
//! # What is recorded
//!
//! One segment for each request, with method, URL, user agent, address of the client, status and content length; its name,
//! trace, sampling and response header are as [`Naming`](crate::Naming) and [`ServerOptions`](crate::ServerOptions) say,
//! and as they are for tower services. What is particular to actix-web:
//!
//! - The handler runs in the segment's context, and so does the body of its response. The segment ends when the body has
//!   ended or nobody wants it any more: a client that went away, a handler that panicked.
//! - The pattern of the resource, such as `/orders/{id}`, is metadata: `route` in the namespace `http`. It is found though
//!   other middleware, such as `NormalizePath`, changes the path.
//! - An [`Error`](::actix_web::Error) that a handler, an extractor or another middleware returned is the `cause`. Its status
//!   decides whether that is an error of the client or a fault. Of one that another
//!   middleware returned, that is known when a response is made of it; if nobody does, it is a fault. A body shorter than its declared length is a fault.
//! - A response that switches protocols (`101`, as for a WebSocket) ends the segment: what comes then may last for days.
//! - Tasks that the handler spawns take the context along with `in_current()`.
//! - A handler stays on its thread, so a guard of [`enter`](xray_core::Entity::enter) over an `.await` compiles in it, and is
//!   wrong: other handlers would work in its subsegment. `in_subsegment()` is right.
//!
//! Where one middleware of this kind is within another (application, scope, resource), the outer one records, and
//! what that leaves out is left out.

mod middleware;

mod future;
mod body;
mod request;

pub use body::XRayBody;
pub use future::XRayFuture;
pub use middleware::{XRayMiddleware, XRayService};

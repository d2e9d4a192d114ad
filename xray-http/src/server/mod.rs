//! What the incoming requests of every framework have in common: read, named, sampled, begun, answered.

mod options;
mod naming;

mod begin;
mod running;
mod serving;

mod header;
mod request;

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "tower")]
mod tower;

pub(crate) use begin::Server;
pub use naming::Naming;
pub use options::ServerOptions;
pub(crate) use request::Incoming;
pub use request::IncomingRequest;
pub(crate) use running::{Course, RunningHandler};
pub(crate) use serving::Serving;
#[cfg(feature = "tower")]
pub use tower::{XRayBody, XRayFuture, XRayLayer, XRayService};

//! Incoming requests of whatever serves HTTP through [`tower`](https://docs.rs/tower): axum, hyper, tonic.

mod layer;

mod future;
mod body;

mod request;

pub use body::XRayBody;
pub use future::XRayFuture;
pub use layer::{XRayLayer, XRayService};

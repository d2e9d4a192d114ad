//! What the calls of every HTTP client have in common.

#[cfg(feature = "reqwest")]
pub mod reqwest;
#[cfg(feature = "reqwest-0_12")]
pub mod reqwest_0_12;
#[cfg(feature = "reqwest-middleware")]
pub mod reqwest_middleware;
#[cfg(feature = "reqwest-middleware-0_4")]
pub mod reqwest_middleware_0_4;
#[cfg(feature = "tower")]
pub mod tower;

mod options;

mod begin;
#[cfg(any(feature = "reqwest", feature = "reqwest-0_12"))]
mod call;
mod running;

mod header;
mod request;

#[cfg(any(feature = "reqwest", feature = "reqwest-0_12"))]
pub(crate) use begin::BegunCall;
pub(crate) use begin::begin;
#[cfg(any(feature = "reqwest", feature = "reqwest-0_12"))]
pub(crate) use call::ClientCall;
#[cfg(any(feature = "reqwest-blocking", feature = "reqwest-0_12-blocking"))]
pub(crate) use call::record;
pub use options::ClientOptions;
pub(crate) use request::{ClientRequest, described};
#[cfg(any(feature = "reqwest-middleware", feature = "reqwest-middleware-0_4", feature = "tower"))]
pub(crate) use running::record_response;
pub(crate) use running::{ClientResponse, RunningCall};

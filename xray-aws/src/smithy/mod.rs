//! All that knows the smithy crates; a 2.x of them gets a sibling of this module.

mod interceptor;
mod sdk_config;

mod call;
mod http_client;

mod attempt;
mod response_body;
mod services;

mod outcome;

mod guarded;

pub use http_client::XRayHttpClient;
pub use interceptor::XRayInterceptor;
pub use sdk_config::SdkConfigExt;

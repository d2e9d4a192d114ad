//! All that knows the smithy crates; a 2.x of them gets a sibling of this module.

mod interceptor;

mod call;

mod outcome;

pub use interceptor::XRayInterceptor;

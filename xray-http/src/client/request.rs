//! What is asked of a request that a client sends.

use std::borrow::Cow;

use xray_core::HttpRequest;

/// A request that is about to be sent. Nothing is asked of it that nobody wants to know: most calls are not recorded.
pub(crate) trait ClientRequest {
    /// The host as the request spells it, without port and without the brackets of IPv6; empty if it is not known.
    fn host(&self) -> &str;
    /// What the call is named unless the options have a name for it; empty if that is not known.
    fn name(&self) -> Cow<'_, str>;
    /// What is recorded of it.
    fn describe(&self) -> HttpRequest;
}

//! Messages of SQS, which bring the trace of their sender along.
//!
//! SQS keeps the trace header of whoever sent a message as the system attribute `AWSTraceHeader`. A batch that a function is
//! invoked with may hold messages of many senders, and the function has a trace of its own. Two ways lead to them:
//!
//! - [`begin`]: the work on a message is in the trace of its sender. Whoever looks at an order finds all that became of it.
//! - [`begin_linked`]: the work is in the trace of the function, with a link to the sender, and recorded only if that one is.
//!   So a function that is sampled does not record thousands of messages that nobody asked for.
//!
//! All functions take the attributes of a message: `record.attributes` of `aws_lambda_events`, `message.attributes()` of
//! `aws-sdk-sqs` (which has them if they were asked for), or any map like these.
//!
//! ```
//! use std::collections::HashMap;
//! use xray_aws::lambda::sqs;
//!
//! let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
//! let attributes = HashMap::from([("AWSTraceHeader".to_owned(), header.to_owned())]);
//! assert!(sqs::is_sampled(&attributes));
//! let subsegment = sqs::begin(&attributes, "order");
//! assert_eq!(subsegment.trace_id().unwrap().to_string(), "1-57ff426a-80c11c39b0c928905eb0828d");
//! ```
//!
//! Each returns a subsegment, which the future of the work runs in, and which ends with that:
//!
//! ```
//! use std::collections::HashMap;
//! use xray_aws::lambda::sqs;
//! use xray_core::XRayFutureExt as _;
//!
//! # async fn charge(body: &str) -> Result<(), std::io::Error> { Ok(()) }
//! async fn order(body: &str, attributes: &HashMap<String, String>) -> Result<(), std::io::Error> {
//!     charge(body).in_subsegment(sqs::begin(attributes, "order")).await
//! }
//! # drop(order("", &HashMap::new()));
//! ```

use std::collections::HashMap;

use xray_core::{
    Sampled, Subsegment, TraceHeader, begin_subsegment, begin_subsegment_in_trace, begin_subsegment_without_sampling,
};

/// The system attribute that SQS keeps the sender's header in.
pub const TRACE_HEADER_ATTRIBUTE: &str = "AWSTraceHeader";

/// The header that the sender of a message had; empty if it had none.
#[must_use]
pub fn trace_header<K: AsRef<str>, H>(attributes: &HashMap<K, String, H>) -> TraceHeader {
    let header = attributes.iter().find(|(name, _)| name.as_ref() == TRACE_HEADER_ATTRIBUTE);
    header.map(|(_, value)| TraceHeader::parse(value)).unwrap_or_default()
}

/// Whether the trace that a message was sent in is recorded.
#[must_use]
pub fn is_sampled<K: AsRef<str>, H>(attributes: &HashMap<K, String, H>) -> bool {
    trace_header(attributes).sampled() == Sampled::Yes
}

/// Begins the work on a message, in the trace of its sender, or in the function's if the sender had none.
///
/// If the sender's trace is not sampled, neither is the work. If the header names the trace and no sender in it, the work
/// is a segment of its own there.
pub fn begin<K: AsRef<str>, H>(attributes: &HashMap<K, String, H>, name: &str) -> Subsegment {
    let header = trace_header(attributes);
    if header.root().is_none() { begin_subsegment(name) } else { begin_subsegment_in_trace(header, name) }
}

/// Begins the work on a message, in the trace of the function, with a link to its sender.
///
/// If the sender's trace is not sampled, neither is the work: see
/// [`begin_subsegment_without_sampling`].
pub fn begin_linked<K: AsRef<str>, H>(attributes: &HashMap<K, String, H>, name: &str) -> Subsegment {
    let header = trace_header(attributes);
    match (header.root(), header.sampled()) {
        (Some(_), Sampled::Yes) => {
            let subsegment = begin_subsegment(name);
            subsegment.put_link(&header);
            subsegment
        }
        (Some(_), _) => begin_subsegment_without_sampling(name),
        (None, _) => begin_subsegment(name),
    }
}

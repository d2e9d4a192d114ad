//! Messages of SQS, which bring the trace of their sender along.
//!
//! SQS keeps the trace header of whoever sent a message as the system attribute `AWSTraceHeader`. Three ways lead from a message
//! to that trace:
//!
//! - [`begin_segment`]: a program of its own that polls a queue, on ECS for instance, is a node of its own in the trace of the
//!   sender, as a server is in that of its caller.
//! - [`begin`]: in a function of Lambda's, which has a trace of its own, the work on a message is in the trace of its sender.
//!   Whoever looks at an order finds all that became of it.
//! - [`begin_linked`]: the work is in the trace of the function, with a link to the sender, and recorded only if that one is.
//!   So a function that is sampled does not record thousands of messages that nobody asked for.
//!
//! All functions take the attributes of a message: `record.attributes` of `aws_lambda_events`, `message.attributes()` of
//! `aws-sdk-sqs`, or any map like these.
//!
//! # A poller
//! The attribute has to be asked for. The work runs in the segment, which ends with it:
//!
//! ```
//! # #[cfg(feature = "aws-sdk")] {
//! use aws_sdk_sqs::types::MessageSystemAttributeName::AwsTraceHeader;
//! use xray_aws::sqs;
//! use xray_core::XRayFutureExt as _;
//!
//! # async fn charge(body: &str) -> Result<(), aws_sdk_sqs::Error> { let _ = body; Ok(()) }
//! async fn poll(client: &aws_sdk_sqs::Client, queue: &str) -> Result<(), aws_sdk_sqs::Error> {
//!     let received = client.receive_message().queue_url(queue).message_system_attribute_names(AwsTraceHeader);
//!     for message in received.send().await?.messages.unwrap_or_default() {
//!         let segment = match message.attributes() {
//!             Some(attributes) => sqs::begin_segment(attributes, "payments"),
//!             None => xray_core::begin_segment("payments"),
//!         };
//!         charge(message.body().unwrap_or_default()).in_segment(segment).await?;
//!     }
//!     Ok(())
//! }
//! # drop(poll(&aws_sdk_sqs::Client::from_conf(aws_sdk_sqs::Config::builder().behavior_version_latest().build()), ""));
//! # }
//! ```
//!
//! # A batch in Lambda, of which a part may fail
//! Each message has a subsegment, which takes the error; those that failed are named to SQS, and come again.
//!
//! ```
//! # #[cfg(feature = "lambda")] {
//! use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
//! use lambda_runtime::{Error, LambdaEvent};
//! use xray_aws::sqs;
//! use xray_core::{XRayFutureExt as _, record_error};
//!
//! # async fn charge(body: &str) -> Result<(), Error> { if body.is_empty() { Err("no order".into()) } else { Ok(()) } }
//! async fn orders(event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
//!     let mut response = SqsBatchResponse::default();
//!     for message in event.payload.records {
//!         let subsegment = sqs::begin(&message.attributes, "order");
//!         if order(&message).in_subsegment(subsegment).await.is_err() {
//!             response.add_failure(message.message_id.unwrap_or_default());
//!         }
//!     }
//!     Ok(response)
//! }
//!
//! async fn order(message: &SqsMessage) -> Result<(), Error> {
//!     charge(message.body.as_deref().unwrap_or_default()).await.inspect_err(record_error)
//! }
//! # drop(orders(LambdaEvent::new(SqsEvent::default(), lambda_runtime::Context::default())));
//! # }
//! ```
//!
//! # Any other header
//! A trace goes on by hand from whatever carries a header, in one line:
//!
//! ```
//! use xray_core::{Recorder, TraceHeader};
//!
//! let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
//! let segment = Recorder::current().segment("payments").trace_header(TraceHeader::parse(header)).begin();
//! assert_eq!(segment.trace_id().unwrap().to_string(), "1-57ff426a-80c11c39b0c928905eb0828d");
//! ```

use std::collections::HashMap;

use xray_core::{
    Recorder, Sampled, Segment, Subsegment, TraceHeader, begin_subsegment, begin_subsegment_in_trace,
    begin_subsegment_without_sampling,
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

/// Begins the segment of a program that works on a message: a node of its own in the trace of the sender, with its decision.
///
/// A message without a header begins a trace, about which the sampler decides. In Lambda, where the function has its segment
/// already, this is a subsegment of that, with a link to the sender: use [`begin`] or [`begin_linked`] there.
///
/// ```
/// # use std::collections::HashMap;
/// use xray_aws::sqs;
///
/// let header = "Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1";
/// let attributes = HashMap::from([("AWSTraceHeader".to_owned(), header.to_owned())]);
/// let segment = sqs::begin_segment(&attributes, "payments");
/// assert_eq!(segment.trace_id().unwrap().to_string(), "1-57ff426a-80c11c39b0c928905eb0828d");
/// ```
pub fn begin_segment<K: AsRef<str>, H>(attributes: &HashMap<K, String, H>, name: &str) -> Segment {
    Recorder::current().segment(name).trace_header(trace_header(attributes)).begin()
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

//! The format of segment documents: what their fields may hold.
//!
//! What writes documents and what checks them in tests both go by these tables and limits. The facts are those of
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>, of the JSON schema that is offered there
//! for download (`xray-segmentdocument-schema-v1.0.0`), and of what the receivers refuse; where they differ, the strictest counts.

mod address;
mod aws;
mod characters;

pub(crate) use address::{is_arn, is_client_address, is_database_url, is_host_and_port, is_origin, is_request_url};
#[cfg(feature = "testing")]
pub(crate) use aws::{Fields, XRAY};
pub(crate) use aws::{Kind, call_field, segment_field};
pub(crate) use characters::{IN_ANNOTATION_KEY, IN_NAME, is_in_name, is_spelling};

/// The longest name of a segment or subsegment, in characters.
pub(crate) const LONGEST_NAME: usize = 200;
/// The longest text in most fields, such as a URL or a user, in characters.
pub(crate) const LONGEST_TEXT: usize = 250;
/// The longest key of an annotation, in characters.
pub(crate) const LONGEST_ANNOTATION_KEY: usize = 500;
/// The longest text of an annotation, in characters.
pub(crate) const LONGEST_ANNOTATION: usize = 1_000;
/// The most annotations of an entity: X-Ray indexes no more of a whole trace.
pub(crate) const MOST_ANNOTATIONS: usize = 50;
/// The most links of an entity, the number of traces that X-Ray shows as linked.
pub(crate) const MOST_LINKS: usize = 20;
/// The largest document, in bytes: "64 KB", read as the smaller of its two meanings.
pub(crate) const LARGEST_DOCUMENT: usize = 64_000;
/// The beginning of metadata namespaces that are AWS's own.
pub(crate) const RESERVED_NAMESPACE: &str = "AWS.";

/// Whether a number is a status of HTTP.
pub(crate) fn is_status(status: u64) -> bool {
    (100..=599).contains(&status)
}

/// Whether a status alone says that something is at fault; beside any other, a fault needs a cause.
pub(crate) fn is_status_of_fault(status: u64) -> bool {
    (500..=599).contains(&status)
}

#[cfg(test)]
mod tests;

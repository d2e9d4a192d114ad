//! What of a request and its response is recorded: by a table, from the bytes that are sent, without any service crate.

mod own;
mod table;

mod account;
mod bucket;
mod form;
mod json;

use serde_json::Value;

use crate::percent::decoded;

pub(crate) use account::in_host as account_in_host;
pub(crate) use bucket::{bucket, bucket_and_path};
pub(crate) use own::OwnParameters;
pub(crate) use table::has_bucket;

/// A request or a response.
pub(crate) struct Message<'a> {
    /// Path and query, still without an endpoint; empty for a response.
    pub(crate) uri: &'a str,
    /// Looks a header up by its lower-case name.
    pub(crate) header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The body, unless it is a stream.
    pub(crate) body: Option<&'a [u8]>,
}

/// Something of a request or a response that is recorded, and its key in the `aws` block.
///
/// Members are those of a JSON body, or the fields of a form, by the names of the service's API; of bodies in other formats
/// and of streams nothing is recorded. A text is cut after 1,024 characters, a body of more than 1 MiB is not looked at.
/// What is not there is left out.
///
/// ```
/// use xray_aws::{Parameter, XRayInterceptor};
///
/// let interceptor = XRayInterceptor::new()
///     .request_parameters(
///         "Kinesis",
///         "PutRecords",
///         [Parameter::value("StreamName", "stream_name"), Parameter::count("Records", "record_count")],
///     )
///     .response_parameters("Kinesis", "PutRecords", [Parameter::value("FailedRecordCount", "failed_record_count")]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    source: Source,
    key: &'static str,
}

/// Where a parameter is found.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// A member of the body: its value.
    Value(&'static str),
    /// A member of the body that is an object: its keys.
    Keys(&'static str),
    /// A member of the body that is a list: how long it is.
    Count(&'static str),
    /// A field of the query string.
    Query(&'static str),
    Header(&'static str),
    /// The segment of the path that follows a fixed one.
    PathAfter(&'static str),
    /// The path without its first slash.
    Path,
}

impl Parameter {
    /// The value of a member, whatever its type: make sure that it cannot hold a secret.
    #[must_use]
    pub const fn value(member: &'static str, key: &'static str) -> Self {
        Self { source: Source::Value(member), key }
    }

    /// The keys of a member that is an object.
    #[must_use]
    pub const fn keys(member: &'static str, key: &'static str) -> Self {
        Self { source: Source::Keys(member), key }
    }

    /// The length of a member that is a list.
    #[must_use]
    pub const fn count(member: &'static str, key: &'static str) -> Self {
        Self { source: Source::Count(member), key }
    }

    /// A field of the query string.
    #[must_use]
    pub const fn query(field: &'static str, key: &'static str) -> Self {
        Self { source: Source::Query(field), key }
    }

    /// A header, by its name in lower case.
    #[must_use]
    pub const fn header(name: &'static str, key: &'static str) -> Self {
        Self { source: Source::Header(name), key }
    }

    /// The segment of the path that follows a fixed one: `prices` in `/endpoints/prices`, after `endpoints`.
    #[must_use]
    pub const fn path_after(segment: &'static str, key: &'static str) -> Self {
        Self { source: Source::PathAfter(segment), key }
    }

    const fn path(key: &'static str) -> Self {
        Self { source: Source::Path, key }
    }

    fn is_in_body(&self) -> bool {
        self.member().is_some()
    }

    fn member(&self) -> Option<&'static str> {
        match self.source {
            Source::Value(member) | Source::Keys(member) | Source::Count(member) => Some(member),
            _ => None,
        }
    }
}

/// Hands the parameters of a request to `put`.
pub(crate) fn of_request(service: &str, operation: &str, request: &Message<'_>, put: Put<'_>) {
    if let Some(operation) = table::find(service, operation) {
        of_table(operation.request, request, put);
    }
}

/// Hands the parameters of a response to `put`.
pub(crate) fn of_response(service: &str, operation: &str, response: &Message<'_>, put: Put<'_>) {
    if let Some(operation) = table::find(service, operation) {
        of_table(operation.response, response, put);
    }
}

/// Whether something of the body of a response is asked for.
pub(crate) fn want_body_of_response(service: &str, operation: &str) -> bool {
    table::find(service, operation).is_some_and(|operation| operation.response.iter().any(Parameter::is_in_body))
}

/// Hands members of a JSON object to `put`.
pub(crate) fn of_json(body: &[u8], parameters: &[Parameter], put: Put<'_>) {
    if body.len() <= LARGEST_BODY {
        json::read(body, parameters, put);
    }
}

type Put<'a> = &'a mut dyn FnMut(&'static str, Value);

/// A larger body is not looked at: reading it takes the caller's time, about a millisecond a megabyte.
pub(crate) const LARGEST_BODY: usize = 1024 * 1024;
/// The longest text, in characters: more than the longest key of an object, which has 1,024 bytes.
const LONGEST_TEXT: usize = 1_024;

/// Hands on what the table asks for, and the account in it.
fn of_table(parameters: &[Parameter], message: &Message<'_>, put: Put<'_>) {
    let mut owner = None;
    of_message(parameters, message, &mut |key, value| {
        owner = account::in_parameter(key, &value).map(str::to_owned).or(owner.take());
        put(key, value);
    });
    if let Some(owner) = owner {
        put(ACCOUNT_ID, owner.into());
    }
}

/// The key that X-Ray has for the owner of a resource.
pub(crate) const ACCOUNT_ID: &str = "account_id";

fn of_message(parameters: &[Parameter], message: &Message<'_>, put: Put<'_>) {
    let (path, query) = message.uri.split_once('?').unwrap_or((message.uri, ""));
    for parameter in parameters {
        let text = match parameter.source {
            Source::Query(field) => form::field(query, field),
            Source::Header(name) => (message.header)(name).map(Into::into),
            Source::PathAfter(segment) => following(path, segment).map(decoded),
            Source::Path => path.strip_prefix('/').map(decoded),
            Source::Value(_) | Source::Keys(_) | Source::Count(_) => None,
        };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            put(parameter.key, short(&text).into());
        }
    }
    if parameters.iter().any(Parameter::is_in_body)
        && let Some(body) = message.body
    {
        match (message.header)("content-type").unwrap_or_default() {
            "application/x-www-form-urlencoded" if body.len() <= LARGEST_BODY => form::read(body, parameters, put),
            kind if kind.starts_with("application/x-amz-json") || kind.starts_with("application/json") => {
                of_json(body, parameters, put);
            }
            _ => {}
        }
    }
}

fn following<'a>(path: &'a str, segment: &str) -> Option<&'a str> {
    let mut segments = path.split('/');
    segments.find(|found| *found == segment)?;
    segments.next()
}

fn short(text: &str) -> &str {
    text.char_indices().nth(LONGEST_TEXT).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests;

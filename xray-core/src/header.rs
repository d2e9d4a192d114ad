//! The `X-Amzn-Trace-Id` header and its W3C counterpart.

use std::convert::Infallible;
use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::sync::Arc;

use crate::id::{SegmentId, TraceId};

/// The name of the header, as HTTP/2 and the `http` crate spell it.
pub const TRACE_HEADER: &str = "x-amzn-trace-id";

/// The context of a trace as it travels between services.
///
/// Parsing never fails: spaces, a trailing `;`, any order and any case of the known keys are
/// accepted, what cannot be read is left out. Keys that are not known (such as `Lineage`) are kept
/// in order, up to 1,024 characters in all, and passed on; `Self`, which load balancers add for
/// their own hop, is dropped. When a key comes twice, the last one counts. A `Root` or `Parent`
/// that is not an id is left out, so a bad `Root` starts a new trace. Of several headers that were
/// joined by commas, as HTTP joins them, the first that has a root counts, and nothing of the others.
///
/// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>.
///
/// ```
/// # use xray_core::{Sampled, TraceHeader};
/// let header = TraceHeader::parse("Root=1-57ff426a-80c11c39b0c928905eb0828d; Sampled=1; Lineage=a:1;");
/// assert_eq!(header.sampled(), Sampled::Yes);
/// assert_eq!(header.to_string(), "Root=1-57ff426a-80c11c39b0c928905eb0828d;Sampled=1;Lineage=a:1");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceHeader {
    root: Option<TraceId>,
    parent: Option<SegmentId>,
    sampled: Sampled,
    extras: Option<Arc<str>>,
}

/// What a trace header says about sampling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sampled {
    /// `Sampled=1`: the trace is recorded.
    Yes,
    /// `Sampled=0`: the trace is not recorded.
    No,
    /// `Sampled=?`: the receiver decides and answers with its decision.
    Requested,
    /// Nothing, or nothing that can be read: the receiver decides.
    #[default]
    Unspecified,
}

impl TraceHeader {
    /// Makes a header for a trace.
    #[must_use]
    pub fn new(root: TraceId) -> Self {
        Self { root: Some(root), ..Self::default() }
    }

    /// Sets the id of the segment or subsegment that makes the call.
    #[must_use]
    pub fn with_parent(mut self, parent: SegmentId) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Sets the decision.
    #[must_use]
    pub fn with_sampled(mut self, sampled: Sampled) -> Self {
        self.sampled = sampled;
        self
    }

    /// The value of a key that the header passes on.
    pub(crate) fn extra(&self, key: &str) -> Option<&str> {
        self.extras
            .as_deref()?
            .split(';')
            .find_map(|extra| extra.split_once('=').filter(|(name, _)| *name == key))
            .map(|(_, value)| value)
    }

    pub(crate) fn with_extras(mut self, extras: Option<Arc<str>>) -> Self {
        self.extras = extras;
        self
    }

    /// Reads the header's value.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let mut first = None;
        for joined in joined_headers(value) {
            let header = Self::parse_one(joined.trim_end_matches([',', ' ', '\t']));
            if header.root.is_some() {
                return header;
            }
            first.get_or_insert(header);
        }
        first.unwrap_or_default()
    }

    fn parse_one(value: &str) -> Self {
        let mut header = Self::default();
        let mut extras = String::new();
        for part in value.split(';') {
            let Some((key, value)) = part.split_once('=') else { continue };
            let (key, value) = (key.trim(), value.trim());
            if key.is_empty() || value.is_empty() {
                continue;
            }
            if key.eq_ignore_ascii_case("Root") {
                header.root = value.parse().ok();
            } else if key.eq_ignore_ascii_case("Parent") {
                header.parent = value.parse().ok();
            } else if key.eq_ignore_ascii_case("Sampled") {
                header.sampled = match value {
                    "1" => Sampled::Yes,
                    "0" => Sampled::No,
                    "?" => Sampled::Requested,
                    _ => Sampled::Unspecified,
                };
            } else if !key.eq_ignore_ascii_case("Self") {
                keep_extra(&mut extras, key, value);
            }
        }
        header.extras = (!extras.is_empty()).then(|| extras.into());
        header
    }

    /// Reads a W3C `traceparent`; `None` if it is not valid.
    ///
    /// See <https://www.w3.org/TR/trace-context/#traceparent-header>. Versions after `00` may have
    /// more fields, which are left out.
    #[must_use]
    pub fn from_traceparent(value: &str) -> Option<Self> {
        let mut fields = value.trim().split('-');
        let (version, trace, parent, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let lower_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let valid =
            version.len() == 2 && flags.len() == 2 && [version, trace, parent, flags].into_iter().all(lower_hex);
        if !valid || version == "ff" || (version == "00" && fields.next().is_some()) {
            return None;
        }
        let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        Some(Self::new(TraceId::from_w3c(trace).ok()?).with_parent(parent.parse().ok()?).with_sampled(if sampled {
            Sampled::Yes
        } else {
            Sampled::No
        }))
    }

    /// This header, or a W3C `traceparent` that is valid, where this header has neither parent nor decision.
    ///
    /// A load balancer adds a header with nothing but a root to a request that has none, and knows nothing of `traceparent`: the
    /// caller's trace goes on by that one. A parent without a root is none, and `Sampled=?` is no decision. Keys that are not
    /// known stay. See
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html>.
    ///
    /// ```
    /// # use xray_core::TraceHeader;
    /// let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// let of_load_balancer = TraceHeader::parse("Root=1-57ff426a-80c11c39b0c928905eb0828d");
    /// let header = of_load_balancer.or_traceparent(traceparent);
    /// assert_eq!(header.to_string(), "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1");
    /// let of_caller = TraceHeader::parse("Root=1-57ff426a-80c11c39b0c928905eb0828d;Sampled=0");
    /// assert_eq!(of_caller.clone().or_traceparent(traceparent), of_caller);
    /// ```
    #[must_use]
    pub fn or_traceparent(self, traceparent: &str) -> Self {
        let has_parent = self.root.is_some() && self.parent.is_some();
        if has_parent || matches!(self.sampled, Sampled::Yes | Sampled::No) {
            return self;
        }
        match Self::from_traceparent(traceparent) {
            Some(header) => header.with_extras(self.extras),
            None => self,
        }
    }

    /// The header as a W3C `traceparent`; `None` without a root.
    ///
    /// W3C demands a parent: without one, a fresh id stands in for it.
    #[must_use]
    pub fn to_traceparent(&self) -> Option<String> {
        let root = self.root?.to_w3c();
        let parent = self.parent.unwrap_or_else(SegmentId::generate);
        let flags = u8::from(self.sampled == Sampled::Yes);
        Some(format!("00-{root}-{parent}-{flags:02x}"))
    }

    /// The id of the trace.
    #[must_use]
    pub fn root(&self) -> Option<TraceId> {
        self.root
    }

    /// The id of the sender's segment or subsegment.
    #[must_use]
    pub fn parent(&self) -> Option<SegmentId> {
        self.parent
    }

    /// The sender's decision.
    #[must_use]
    pub fn sampled(&self) -> Sampled {
        self.sampled
    }

    /// The keys that are not X-Ray's own, with their values, in the order in which they came.
    pub fn extras(&self) -> impl Iterator<Item = (&str, &str)> {
        self.extras.iter().flat_map(|extras| extras.split(';')).filter_map(|part| part.split_once('='))
    }

    pub(crate) fn shared_extras(&self) -> Option<Arc<str>> {
        self.extras.clone()
    }
}

/// The headers that a value consists of. A comma joins two of them where a key follows; another one is part of a value.
fn joined_headers(mut value: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if value.is_empty() {
            return None;
        }
        let (header, rest) = value.split_at(end_of_header(value));
        value = rest.strip_prefix(',').unwrap_or(rest);
        Some(header)
    })
}

fn end_of_header(value: &str) -> usize {
    let mut commas = value.match_indices(',').map(|(comma, _)| comma);
    commas.find(|comma| begins_with_key(&value[comma + 1..])).unwrap_or(value.len())
}

fn begins_with_key(text: &str) -> bool {
    let text = text.trim_start();
    let in_key = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    let behind = text.trim_start_matches(in_key);
    behind.len() < text.len() && behind.trim_start().strip_prefix('=').is_some_and(|value| !value.starts_with('='))
}

/// The order is Root, Parent, Sampled, then the rest as it came; what is missing is left out.
impl fmt::Display for TraceHeader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All of it at once, as a text that is written to piece by piece grows with each; every call makes one.
        let mut own = OwnKeys { text: [0; LONGEST_OWN], length: 0 };
        if let Some(root) = self.root {
            own.push(b"Root=", &root.text());
        }
        if let Some(parent) = self.parent {
            own.push(b"Parent=", &parent.text());
        }
        match self.sampled {
            Sampled::Yes => own.push(b"Sampled=", b"1"),
            Sampled::No => own.push(b"Sampled=", b"0"),
            Sampled::Requested => own.push(b"Sampled=", b"?"),
            Sampled::Unspecified => {}
        }
        formatter.write_str(own.as_str())?;
        let Some(extras) = self.extras.as_deref() else { return Ok(()) };
        formatter.write_str(if own.length == 0 { "" } else { ";" })?;
        formatter.write_str(extras)
    }
}

/// The keys of a header that are X-Ray's own, as text.
struct OwnKeys {
    text: [u8; LONGEST_OWN],
    length: usize,
}

/// `Root=1-57ff426a-80c11c39b0c928905eb0828d;Parent=53995c3f42cd8ad8;Sampled=1`
const LONGEST_OWN: usize = 74;

impl OwnKeys {
    fn push(&mut self, key: &[u8], value: &[u8]) {
        let separator: &[u8] = if self.length == 0 { b"" } else { b";" };
        for part in [separator, key, value] {
            self.text[self.length..][..part.len()].copy_from_slice(part);
            self.length += part.len();
        }
    }

    fn as_str(&self) -> &str {
        // Everything in it is ASCII; the empty text is never reached.
        str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }
}

impl FromStr for TraceHeader {
    type Err = Infallible;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(value))
    }
}

/// The Node SDK stops at 256; a chain of Lineage entries may be longer than that.
const LONGEST_EXTRAS: usize = 1_024;

fn keep_extra(extras: &mut String, key: &str, value: &str) {
    let printable = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    // Anything else cannot stand in a header that goes out again.
    let fits = extras.len() + key.len() + value.len() + 2 <= LONGEST_EXTRAS;
    if fits && printable(key) && printable(value) {
        let separator = if extras.is_empty() { "" } else { ";" };
        // Writing to a String cannot fail.
        let _ = write!(extras, "{separator}{key}={value}");
    }
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;

//! Trace and segment ids: their form.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use crate::clock::Clock;
use crate::random::with_generator;

/// The id of a trace: `1-` + 8 hex digits of epoch seconds + `-` + 24 hex digits.
///
/// To serde it is a text.
///
/// Ids made from W3C trace contexts have no time in them, so the seconds are not checked. Digits of either case are accepted,
/// and written in lower case, as all ids are. An id of nothing but zeros is none, as in W3C's trace contexts.
///
/// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids>.
///
/// ```
/// # use xray_core::TraceId;
/// let id: TraceId = "1-57ff426a-80c11c39b0c928905eb0828d".parse()?;
/// assert_eq!(id.to_string(), "1-57ff426a-80c11c39b0c928905eb0828d");
/// assert!("1-57ff426a-zzz".parse::<TraceId>().is_err());
/// # Ok::<(), xray_core::ParseIdError>(())
/// ```
// Aligned, because contexts are copied on the hot path.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(align(8))]
pub struct TraceId([u8; 32]);

impl TraceId {
    /// Makes a fresh id that carries the present second.
    #[must_use]
    pub fn generate() -> Self {
        Self::generate_at(Clock::system().unix_seconds())
    }

    pub(crate) fn generate_at(unix_seconds: u64) -> Self {
        let (high, low) = with_generator(|random| (random.u32(..), random.u64(..)));
        let mut digits = [0; 32];
        // The form has room for 8 digits: seconds until 2106.
        write_hex(unix_seconds & 0xffff_ffff, &mut digits[..8]);
        write_hex(u64::from(high), &mut digits[8..16]);
        write_hex(low, &mut digits[16..]);
        Self(digits)
    }

    /// Makes the id of a W3C trace id: 32 hex digits of either case, not all zero.
    ///
    /// # Errors
    /// If `text` is anything else.
    pub fn from_w3c(text: &str) -> Result<Self, ParseIdError> {
        let digits: [u8; 32] = text.as_bytes().try_into().map_err(|_| ParseIdError::trace(text))?;
        Self::from_digits(digits).ok_or_else(|| ParseIdError::trace(text))
    }

    fn from_digits(mut digits: [u8; 32]) -> Option<Self> {
        let is_id = digits.iter().all(u8::is_ascii_hexdigit) && digits.iter().any(|digit| *digit != b'0');
        digits.make_ascii_lowercase();
        is_id.then_some(Self(digits))
    }

    /// The id as W3C writes it: 32 lower-case hex digits without dashes.
    #[must_use]
    pub fn to_w3c(&self) -> String {
        self.digits().to_owned()
    }

    /// Writes the characters of the id.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text());
    }

    /// The characters of the id.
    pub(crate) fn text(&self) -> [u8; 35] {
        let mut text = *b"1-ssssssss-uuuuuuuuuuuuuuuuuuuuuuuu";
        text[2..10].copy_from_slice(&self.0[..8]);
        text[11..].copy_from_slice(&self.0[8..]);
        text
    }

    fn digits(&self) -> &str {
        // The digits are ASCII by construction; the empty text is never reached.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TraceId({self})")
    }
}

impl FromStr for TraceId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let (Some("1"), Some(seconds), Some(unique), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ParseIdError::trace(text));
        };
        if seconds.len() != 8 || unique.len() != 24 {
            return Err(ParseIdError::trace(text));
        }
        let mut digits = [0; 32];
        for (digit, byte) in digits.iter_mut().zip(seconds.bytes().chain(unique.bytes())) {
            *digit = byte;
        }
        Self::from_digits(digits).ok_or_else(|| ParseIdError::trace(text))
    }
}

/// The id of a segment or subsegment: 16 hex digits, unique in its trace, never all zero. To serde it is a text.
///
/// ```
/// # use xray_core::SegmentId;
/// let id: SegmentId = "53995c3f42cd8ad8".parse()?;
/// assert_eq!(id.to_string(), "53995c3f42cd8ad8");
/// # Ok::<(), xray_core::ParseIdError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentId(NonZeroU64);

impl SegmentId {
    /// Makes a fresh id.
    #[must_use]
    #[inline]
    pub fn generate() -> Self {
        Self(with_generator(|random| random.u64(1..)).try_into().unwrap_or(NonZeroU64::MIN))
    }

    /// Writes the digits of the id.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.text());
    }

    /// The digits of the id.
    pub(crate) fn text(self) -> [u8; 16] {
        let mut digits = [0; 16];
        write_hex(self.0.get(), &mut digits);
        digits
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for SegmentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SegmentId({self})")
    }
}

impl FromStr for SegmentId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // `from_str_radix` alone would take a sign.
        if text.len() != 16 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ParseIdError::segment(text));
        }
        let number = u64::from_str_radix(text, 16).map_err(|_| ParseIdError::segment(text))?;
        NonZeroU64::new(number).map(Self).ok_or_else(|| ParseIdError::segment(text))
    }
}

/// A text is not the id that it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseIdError {
    value: String,
    expected: &'static str,
}

impl ParseIdError {
    fn trace(value: &str) -> Self {
        Self::new(value, "1-, 8 hex digits, - and 24 hex digits")
    }

    fn segment(value: &str) -> Self {
        Self::new(value, "16 hex digits that are not all zero")
    }

    fn new(value: &str, expected: &'static str) -> Self {
        // The value may come from the network: enough of it to recognise it, no more.
        Self { value: value.chars().take(64).collect(), expected }
    }
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "invalid id {:?}: expected {}", self.value, self.expected)
    }
}

impl std::error::Error for ParseIdError {}

/// Writes the lowest digits of `number`, as many as `out` is long, which is an even number.
fn write_hex(mut number: u64, out: &mut [u8]) {
    for pair in out.rchunks_exact_mut(2) {
        pair.copy_from_slice(&PAIRS[(number & 0xff) as usize]);
        number >>= 8;
    }
}

/// The two digits of each byte.
static PAIRS: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 0xf]];
        byte += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_ids_are_parsed_exactly() {
        // Conformance rows 23–28 of the protocol reference.
        for good in [
            "1-57ff426a-80c11c39b0c928905eb0828d",
            "1-00fbe041-2c7ad569f5d6ff149137be86",
            "1-57FF426A-80C11C39B0C928905EB0828D",
        ] {
            assert_eq!(good.parse::<TraceId>().unwrap().to_string(), good.to_lowercase());
        }
        for bad in [
            "",
            "FAKE-TRACE",
            "1-57ff426a-80c11c39b0c928905eb0828d9",
            "2-57ff426a-80c11c39b0c928905eb0828d",
            "1-XYZ-2c7ad569f5d6ff149137be86",
            "1-57ff426a-80c11c39b0c928905eb0828d-",
            "1-57ff426a80c11c39b0c928905eb0828d",
            "1-57ff426é-80c11c39b0c928905eb082",
            "1-+7ff426a-80c11c39b0c928905eb0828d",
            "1-00000000-000000000000000000000000",
        ] {
            let error = bad.parse::<TraceId>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("invalid id {bad:?}")), "{error}");
        }
    }

    #[test]
    fn w3c_trace_ids_map_both_ways() {
        let id = TraceId::from_w3c("4bf92f3577b34da6a3ce929d0e0e4736").unwrap();
        assert_eq!(id.to_string(), "1-4bf92f35-77b34da6a3ce929d0e0e4736");
        assert_eq!(id.to_w3c(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(TraceId::from_w3c("4BF92F3577B34DA6A3CE929D0E0E4736"), Ok(id));
        assert!(TraceId::from_w3c("00000000000000000000000000000000").is_err());
        assert!(TraceId::from_w3c("4bf92f3577b34da6a3ce929d0e0e473").is_err());
    }

    #[test]
    fn segment_ids_are_16_hex_digits_and_not_zero() {
        for bad in [
            "",
            "foo",
            "53995c3f42cd8ad",
            "53995c3f42cd8ad8a",
            "+3995c3f42cd8ad8",
            "0000000000000000",
            "53995c3f42cd8adg",
        ] {
            assert!(bad.parse::<SegmentId>().is_err(), "{bad}");
        }
        assert_eq!("53995C3F42CD8AD8".parse::<SegmentId>().unwrap().to_string(), "53995c3f42cd8ad8");
    }

    #[test]
    fn fresh_ids_have_the_form_the_time_and_do_not_repeat() {
        let now = Clock::system().unix_seconds();
        let mut seen = std::collections::HashSet::new();
        for _ in 0..10_000 {
            let id = TraceId::generate().to_string();
            assert_eq!(id.len(), 35);
            assert!(u64::from_str_radix(&id[2..10], 16).unwrap() >= now);
            assert!(id[11..].bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
            assert!(seen.insert(id));
            assert!(seen.insert(SegmentId::generate().to_string()));
        }
    }

    #[test]
    fn threads_do_not_share_ids() {
        let ids: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(SegmentId::generate)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 8);
    }
}

//! The length of a body, as headers declare it.

use http::HeaderMap;

/// The length that the response declares: that of the body, even if none follows, as for `HEAD`.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(http::header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

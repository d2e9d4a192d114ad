//! The host of an authority, as every X-Ray SDK names calls: without port, and without the brackets of IPv6.

/// The host as it is spelled, but for the dot that says that a name is whole: it is the same host without.
pub(crate) fn host_of(authority: &str) -> &str {
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or(address),
        None => authority.split(':').next().unwrap_or(authority),
    };
    host.trim_end_matches('.')
}

/// The same text where it is in lower case already.
#[cfg(any(feature = "actix-web", feature = "tower"))]
pub(crate) fn lower_case(host: &str) -> std::borrow::Cow<'_, str> {
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) { host.to_ascii_lowercase().into() } else { host.into() }
}

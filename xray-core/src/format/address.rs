//! The form of URLs, addresses and the names of resources.

use std::net::{IpAddr, Ipv6Addr};

use super::LONGEST_TEXT;

/// Whether a text is the URL of an HTTP request: `scheme://host[:port][/path]`, or a path where the host is not known.
pub(crate) fn is_request_url(url: &str) -> bool {
    if url.contains(|character: char| character.is_whitespace() || character.is_control() || "?#".contains(character)) {
        return false;
    }
    if url.starts_with('/') {
        return !url.starts_with("//");
    }
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    is_scheme(scheme) && is_host_and_port(rest.split('/').next().unwrap_or_default())
}

/// Whether a text is the URL of a database: `scheme://[user@]host[:port]/database`. OpenTelemetry's collector refuses a whole
/// document for any other.
pub(crate) fn is_database_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let Some((authority, database)) = rest.split_once('/') else { return false };
    let (user, host_and_port) = match authority.rsplit_once('@') {
        Some((user, host_and_port)) => (Some(user), host_and_port),
        None => (None, authority),
    };
    is_scheme(scheme)
        && user.is_none_or(|user| is_plain(user, ":@/?#"))
        && is_plain(database, "/?#@")
        && is_host_and_port(host_and_port)
}

/// Whether a text is the address of a client: an IP address without a port, or a name.
pub(crate) fn is_client_address(address: &str) -> bool {
    let in_name = |character: char| character.is_alphanumeric() || matches!(character, '-' | '.' | '_');
    // `fe80::1%eth0` says by which interface.
    let ip = address.split_once('%').map_or(address, |(ip, _)| ip);
    ip.parse::<IpAddr>().is_ok() || (!address.is_empty() && address.chars().all(in_name))
}

/// Whether a text is a kind of AWS resource: `AWS::Service::Resource`.
pub(crate) fn is_origin(origin: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let mut parts = origin.split("::");
    origin.len() <= LONGEST_TEXT
        && parts.next() == Some("AWS")
        && parts.next().is_some_and(is_part)
        && parts.next().is_some_and(is_part)
        && parts.next().is_none()
}

/// Whether a text is the name of an AWS resource.
pub(crate) fn is_arn(arn: &str) -> bool {
    arn.starts_with("arn:")
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
}

/// Whether a text is `host[:port]`, with an IPv6 address in brackets.
pub(crate) fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(bracketed) => match bracketed.split_once(']') {
            Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => ("ipv6", port),
            _ => return false,
        },
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let is_number = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    is_plain(host, ":@?#[]") && (port.is_empty() || port.strip_prefix(':').is_some_and(is_number))
}

/// Whether a text is not empty and has none of these delimiters, nor anything that cannot be seen.
fn is_plain(text: &str, delimiters: &str) -> bool {
    let is_foreign =
        |character: char| delimiters.contains(character) || character.is_whitespace() || character.is_control();
    !text.is_empty() && !text.contains(is_foreign)
}

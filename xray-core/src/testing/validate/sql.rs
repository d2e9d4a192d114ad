//! The `sql` block.

use serde_json::Value;

use super::checks::{Fields, Violations, check_block, string, string_250, text};
use super::url;

pub(super) fn check(value: &Value, violations: &mut Violations) {
    check_block("/sql", value, FIELDS, violations);
}

/// The collector rejects the entire document when there is no host or no database in it.
fn database_url(value: &Value) -> Result<(), String> {
    let url = text(value)?;
    if is_database_url(url) { Ok(()) } else { Err("not of the form scheme://[user@]host[:port]/database".to_owned()) }
}

fn is_database_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let Some((authority, database)) = rest.split_once('/') else {
        return false;
    };
    let (user, host_and_port) = match authority.rsplit_once('@') {
        Some((user, host_and_port)) => (Some(user), host_and_port),
        None => (None, authority),
    };
    let is_plain = |text: &str, delimiters: &[char]| {
        !text.is_empty() && !text.contains(delimiters) && !text.contains(|character: char| character.is_whitespace())
    };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
        && user.is_none_or(|user| is_plain(user, &[':', '@', '/']))
        && is_plain(database, &['/', '?', '#'])
        && is_host_and_port(host_and_port, is_plain)
}

fn is_host_and_port(text: &str, is_plain: impl Fn(&str, &[char]) -> bool) -> bool {
    let (host, port) = if let Some(bracketed) = text.strip_prefix('[') {
        let Some((address, port)) = bracketed.split_once(']') else {
            return false;
        };
        if address.parse::<std::net::Ipv6Addr>().is_err() {
            return false;
        }
        match (port, port.strip_prefix(':')) {
            ("", _) => ("ipv6", None),
            (_, Some(port)) => ("ipv6", Some(port)),
            _ => return false,
        }
    } else {
        text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
    };
    is_plain(host, &[':', '?', '#'])
        && port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

fn connection_string(value: &Value) -> Result<(), String> {
    let text = text(value)?;
    let lower = text.to_lowercase();
    let names_one = ["password=", "passwd=", "pwd="].iter().any(|key| lower.contains(key));
    if names_one || url::user_info(text).is_some_and(|user| user.contains(':')) {
        return Err("has a password".to_owned());
    }
    Ok(())
}

fn preparation(value: &Value) -> Result<(), String> {
    let is_known = matches!(text(value)?, "statement" | "call");
    is_known.then_some(()).ok_or_else(|| "neither statement nor call".to_owned())
}

const FIELDS: &Fields = &[
    ("connection_string", connection_string),
    ("url", database_url),
    ("sanitized_query", string),
    ("database_type", string),
    ("database_version", string),
    ("driver_version", string),
    ("user", string_250),
    ("preparation", preparation),
];

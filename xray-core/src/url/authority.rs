//! What stands between the slashes of a URL and its path.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{ends_sentence, ends_url};

/// What the beginning of a URL looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authority {
    /// Nothing, as in `file:///`, or a host that nobody has for a user's name: an address, `localhost`, or a name with a domain.
    CertainHost,
    /// One that may as well be a user, perhaps with a password that begins with digits.
    PlausibleHost,
    /// A user-info, or nothing that makes sense.
    Other,
}

impl Authority {
    /// Looks at what follows the slashes, and says where the authority ends if it is one.
    pub(super) fn split(rest: &str) -> (Self, usize) {
        let end = rest.find(|character| ends_url(character) || matches!(character, '/' | '?' | '#' | '\\'));
        let authority = &rest[..end.unwrap_or(rest.len())];
        let bare = without_punctuation(authority);
        let verdict = match (bare, &rest[authority.len()..]) {
            // `file:///tmp/x`, or a comment.
            ("", behind) if authority.is_empty() && ends_word_or_begins_path(behind) => Self::CertainHost,
            // No user, and a password that begins with a mark.
            ("", _) => Self::PlausibleHost,
            _ => Self::of_hosts(bare),
        };
        (verdict, bare.len())
    }

    /// Several hosts stand beside each other in the URLs of clusters: `mongodb://h1:27017,h2:27017`.
    fn of_hosts(hosts: &str) -> Self {
        let mut least = Self::CertainHost;
        for host in hosts.split(',') {
            match Self::of_host(host) {
                Self::Other => return Self::Other,
                Self::PlausibleHost => least = Self::PlausibleHost,
                Self::CertainHost => {}
            }
        }
        least
    }

    fn of_host(text: &str) -> Self {
        let (host, port) = match text.strip_prefix('[') {
            Some(bracketed) => match bracketed.split_once(']') {
                Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => ("localhost", port),
                _ => return Self::Other,
            },
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        if !is_host(host) || !is_port(port) {
            return Self::Other;
        }
        let is_address = host.parse::<Ipv4Addr>().is_ok() || host.eq_ignore_ascii_case("localhost");
        if is_address || (port.is_empty() && has_domain(host)) { Self::CertainHost } else { Self::PlausibleHost }
    }
}

fn ends_word_or_begins_path(behind: &str) -> bool {
    behind.chars().next().is_none_or(|first| first == '/' || first.is_whitespace())
}

/// Takes off what follows a URL in a sentence.
fn without_punctuation(authority: &str) -> &str {
    let bare = authority.trim_end_matches(ends_sentence);
    // The bracket of an address belongs to it.
    if bare.starts_with('[') && authority[bare.len()..].starts_with(']') { &authority[..bare.len() + 1] } else { bare }
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|character| character.is_alphanumeric() || matches!(character, '-' | '_'))
    };
    host.strip_suffix('.').unwrap_or(host).split('.').all(is_label)
}

/// With its colon; empty if there is none.
fn is_port(port: &str) -> bool {
    port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| (1..=5).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

fn has_domain(host: &str) -> bool {
    host.rsplit_once('.').is_some_and(|(_, last)| last.len() > 1 && last.chars().all(char::is_alphabetic))
}

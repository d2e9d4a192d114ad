//! Takes out of URLs whatever may be secret: user-info, query string, fragment.
//!
//! Programs quote a URL most often because it cannot be read: somebody forgot to escape the password. So what a parser would
//! say of `postgres://app:pa#ss@host` or `amqp://u:pa ss@host` is worth nothing. The rule is: what stands between `//` and the
//! last `@` goes, whatever characters it has, unless the URL plainly begins with a host. Where that cannot be told, the rest
//! of the word goes. So a host and port behind which another URL has an `@` may go as well. [`public_text`] reads a text once, and then each part of a URL once more.

mod authority;
mod landmarks;

use std::borrow::Cow;

use authority::Authority;
use landmarks::Landmarks;

use crate::name::truncated;

/// More of a text is read than is kept of it, so that it is not cut before the `@` that shows where a user-info ends.
pub(crate) const LONGEST_USER_INFO: usize = 500;

/// The parts of one URL that may be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl<'a> {
    /// With `://` or `//`; empty if the URL has neither.
    pub(crate) scheme: &'a str,
    /// May be a secret all by itself: tokens are sent as the user. Only for what names its user anyway.
    pub(crate) user: Option<&'a str>,
    /// Host, port and path.
    pub(crate) place: &'a str,
}

/// The longest URL whose end is looked at for an `@`, in bytes: the longest that HTTP libraries send.
const LONGEST_URL: usize = 65_536;

/// Takes a URL apart of which at most `most` characters will be kept; `None` if it cannot be told where its user-info ends.
pub(crate) fn public_url(url: &str, most: usize) -> Option<PublicUrl<'_>> {
    let (head, _) = head(url, most);
    // What is behind may be the other half of a password.
    let behind = &url[head.len()..];
    let is_open = behind.len() > LONGEST_URL || behind.contains('@');
    let url = head;
    let authority = match url.find("//") {
        Some(slashes) if slashes == 0 || is_scheme(&url[..slashes]) => slashes + 2,
        _ => 0,
    };
    let (scheme, rest) = url.split_at(authority);
    let is_path = authority == 0 && url.starts_with('/');
    let last_at = rest.rfind('@').filter(|_| !is_path);
    let (user_info, place) = match user_info(rest, is_open && !is_path, last_at, last_at) {
        UserInfo::None => (None, rest),
        UserInfo::Until(host) => (Some(&rest[..host - 1]), &rest[host..]),
        UserInfo::Unknown => return None,
    };
    let user = user_info.and_then(|user_info| user_info.split(':').next()).filter(|user| !user.is_empty());
    let place = &place[..place.find(['?', '#']).unwrap_or(place.len())];
    Some(PublicUrl { scheme, user, place })
}

/// A text whose URLs have no user-info, query string and fragment. `is_cut` says that the text went on.
pub(crate) fn public_text(text: &str, is_cut: bool) -> Cow<'_, str> {
    if !text.contains("//") {
        return Cow::Borrowed(text);
    }
    let landmarks = Landmarks::of(text.char_indices());
    let mut public = String::with_capacity(text.len());
    let mut done = 0;
    for &authority in landmarks.authorities() {
        if authority - "//".len() < done {
            // It was within what another URL has lost.
            continue;
        }
        public.push_str(&text[done..authority]);
        let end = end_of_url(&landmarks, authority, is_cut).unwrap_or(text.len());
        let rest = &text[authority..end];
        let is_cut = is_cut && end == text.len();
        let is_open = is_cut && landmarks.end_of_word(authority).is_none();
        let within = |at: Option<usize>| at.map(|at| at - authority);
        let end_of_word = landmarks.end_of_word(authority).unwrap_or(text.len());
        let last_at = within(landmarks.last_at(authority, end));
        let last_at_in_word = within(landmarks.last_at(authority, end.min(end_of_word)));
        done = match user_info(rest, is_open, last_at, last_at_in_word) {
            UserInfo::None => push_place(&mut public, text, authority, &landmarks),
            UserInfo::Until(host) => push_place(&mut public, text, authority + host, &landmarks),
            UserInfo::Unknown => {
                let last = last_at.map_or(authority, |at| authority + at);
                let end_of_word = landmarks.end_of_word(last).unwrap_or(text.len());
                if is_cut && last_at.is_none() { text.len() } else { end_of_word }
            }
        };
    }
    public.push_str(&text[done..]);
    Cow::Owned(public)
}

/// Where a URL ends at the latest. What looks like another one behind white space or a quote may be a part of its password:
/// if it has no `@` of its own, but seems to begin with a user and a password, it goes on as far as the next one has it, which
/// may be behind the end of a text that was cut.
fn end_of_url(landmarks: &Landmarks, authority: usize, is_cut: bool) -> Option<usize> {
    let end = landmarks.end_of_url_with_space(authority)?;
    if landmarks.last_at(authority, end).is_some() || landmarks.next_password(authority).is_none_or(|at| at >= end) {
        return Some(end);
    }
    match landmarks.next_at(end) {
        Some(at) => landmarks.end_of_url_with_space(at),
        None => Some(end).filter(|_| !is_cut),
    }
}

/// The first characters of a text, with room for a user-info behind those that are kept, and whether there were more.
pub(crate) fn head(text: &str, most: usize) -> (&str, bool) {
    let head = truncated(text, most + LONGEST_USER_INFO);
    (head, head.len() < text.len())
}

/// Where a user-info ends, in what follows the slashes of a URL.
enum UserInfo {
    None,
    /// It ends with the `@` before this place.
    Until(usize),
    /// There may be one, and nobody can tell how far it goes.
    Unknown,
}

/// Looks at what follows the slashes of a URL, which is open if its word may go on. The last `@` is the last that may be part
/// of the URL at all, or of its word.
fn user_info(rest: &str, is_open: bool, last_at: Option<usize>, last_at_in_word: Option<usize>) -> UserInfo {
    let (authority, behind) = Authority::split(rest);
    match (authority, last_at) {
        // A path may hold an `@`: `https://example.com/@me`. A colon before it looks like a user and a password.
        (Authority::CertainHost, _) => match last_at_in_word {
            Some(at) if rest[behind..at.max(behind)].contains(':') => UserInfo::Unknown,
            _ => UserInfo::None,
        },
        // What has been read may be half of a password.
        _ if is_open => UserInfo::Unknown,
        (Authority::Other, None) => UserInfo::Unknown,
        (Authority::PlausibleHost, None) => UserInfo::None,
        // A user and a password which hold an `@` or anything else that a host has not.
        (Authority::Other, Some(at)) => UserInfo::Until(at + 1),
        // `app:12/34@host`: this may be a host, a port and a path, or a user and a password.
        (Authority::PlausibleHost, Some(_)) => UserInfo::Unknown,
    }
}

/// Appends what may be seen of host and path, and returns where it goes on.
fn push_place(public: &mut String, text: &str, start: usize, landmarks: &Landmarks) -> usize {
    // Another URL in the path may have a user-info of its own.
    let end = landmarks.next_slashes(start).unwrap_or(text.len());
    let place = &text[start..end];
    let place = &place[..place.find(ends_url).unwrap_or(place.len())];
    let Some(query) = place.find(['?', '#']) else {
        public.push_str(place);
        return start + place.len();
    };
    public.push_str(&place[..query]);
    let secret = &text[start + query..];
    let secret = secret[..secret.find(ends_url).unwrap_or(secret.len())].trim_end_matches(ends_sentence);
    start + query + secret.len().max(1)
}

fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic()) && bytes.all(in_scheme) && text.ends_with(':')
}

/// With the colon, for `jdbc:postgresql:`.
fn in_scheme(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b':')
}

fn ends_url(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '<' | '>' | '`')
}

fn ends_sentence(character: char) -> bool {
    matches!(character, ')' | ']' | '}' | '\'' | ':' | ',' | ';' | '.' | '!')
}

#[cfg(test)]
mod tests;

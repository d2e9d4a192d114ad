//! Takes out of URLs whatever may be secret: user-info, query string, fragment.

use std::borrow::Cow;

/// A URL without user-info, query string and fragment: each of them may hold a secret.
pub(crate) fn public_url(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    let authority = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url[authority..].find('/').map_or(url.len(), |slash| authority + slash);
    match url[authority..path].rfind('@') {
        Some(at) => format!("{}{}", &url[..authority], &url[authority + at + 1..]),
        None => url.to_owned(),
    }
}

/// A text whose URLs have no user-info, query string and fragment.
pub(crate) fn public_text(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut public = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        public.push_str(before);
        public.push_str("://");
        rest = push_authority_and_path(&mut public, after);
    }
    public.push_str(rest);
    Cow::Owned(public)
}

/// Appends what may be seen of a URL of which the scheme is already there, and returns what follows the URL.
fn push_authority_and_path<'a>(public: &mut String, text: &'a str) -> &'a str {
    let begins_path = |character: char| character.is_whitespace() || matches!(character, '/' | '?' | '#');
    let authority = &text[..text.find(begins_path).unwrap_or(text.len())];
    let text = authority.rfind('@').map_or(text, |at| &text[at + 1..]);

    let ends_url = |character: char| character.is_whitespace() || matches!(character, '"' | '<' | '>' | '`');
    let ends_sentence = |character: char| matches!(character, ')' | ']' | '}' | '\'' | ':' | ',' | ';' | '.' | '!');
    let url = text[..text.find(ends_url).unwrap_or(text.len())].trim_end_matches(ends_sentence);
    let path = &url[..url.find(['?', '#']).unwrap_or(url.len())];
    // Another URL in the path may have a user-info of its own.
    let (path, url) = path.find("://").map_or((path, url), |inner| (&path[..inner], &path[..inner]));
    public.push_str(path);
    &text[url.len()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_whatever_may_be_secret() {
        for (input, output) in [
            ("http://h/p?q=secret", "http://h/p"),
            ("http://h/p#secret", "http://h/p"),
            ("http://h?secret", "http://h"),
            ("http://user:pa@ss@127.0.0.1:80/a@b", "http://127.0.0.1:80/a@b"),
            ("https://token@h", "https://h"),
            ("//u:p@h/x", "//u:p@h/x"),
            ("/only/path@x?y", "/only/path@x"),
            ("u:p@h/x", "h/x"),
            ("INVALID_URL", "INVALID_URL"),
            ("", ""),
        ] {
            assert_eq!(public_url(input), output, "{input}");
        }
    }

    #[test]
    fn urls_in_texts_lose_whatever_may_be_secret() {
        for (text, public) in [
            ("", ""),
            ("tcp connect error", "tcp connect error"),
            ("is it 1?2#3", "is it 1?2#3"),
            ("error for url (http://h/p?q=secret)", "error for url (http://h/p)"),
            ("error for url (http://h/p?q=(a)secret)", "error for url (http://h/p)"),
            ("error for url (http://h/p?q=secret): refused", "error for url (http://h/p): refused"),
            ("https://user:pass@h:8443/p#secret", "https://h:8443/p"),
            ("http://us\"er:p@ss@h/a@b", "http://h/a@b"),
            ("http://h?secret", "http://h"),
            ("http://[::1]:80/?secret, then http://[::1]?secret.", "http://[::1]:80/, then http://[::1]."),
            (
                "proxy socks5://u:p@h: \"http://a/?secret\" and http://b/#secret ✓",
                "proxy socks5://h: \"http://a/\" and http://b/ ✓",
            ),
            ("://", "://"),
            ("http://gateway/http://user:pass@h/p?q=secret, ✓", "http://gateway/http://h/p, ✓"),
            ("http://h/?next=http://user:pass@h", "http://h/"),
        ] {
            assert_eq!(public_text(text), public, "{text:?}");
        }
    }
}

use super::wildcard::matches_wildcard;

/// A wildcard pattern as [`matches_wildcard`] reads it, prepared so that the usual kinds are decided by few bytes.
#[derive(Debug)]
pub(super) enum Pattern {
    Any,
    /// Literals are ASCII in lower case.
    Whole(Box<[u8]>),
    Prefix(Box<[u8]>),
    Suffix(Box<[u8]>),
    Other(Box<str>),
}

impl Pattern {
    pub(super) fn new(pattern: &str) -> Self {
        let literal = |text: &str| text.to_ascii_lowercase().into_bytes().into_boxed_slice();
        let is_literal = |text: &str| text.is_ascii() && !text.contains(['*', '?']);
        match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
            (Some(""), _) => Self::Any,
            _ if is_literal(pattern) => Self::Whole(literal(pattern)),
            (_, Some(prefix)) if is_literal(prefix) => Self::Prefix(literal(prefix)),
            (Some(suffix), _) if is_literal(suffix) => Self::Suffix(literal(suffix)),
            _ => Self::Other(pattern.into()),
        }
    }

    /// Whether the whole text matches, ignoring case.
    // Asked for every rule of every decision: a call costs as much as the comparison.
    #[inline(always)]
    pub(super) fn matches(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        match self {
            Self::Any => true,
            Self::Whole(literal) => same(literal, bytes),
            Self::Prefix(literal) => bytes.get(..literal.len()).is_some_and(|start| same(literal, start)),
            Self::Suffix(literal) => {
                bytes.len().checked_sub(literal.len()).is_some_and(|start| same(literal, &bytes[start..]))
            }
            Self::Other(pattern) => matches_wildcard(pattern, text),
        }
    }

    /// Whether a field matches that the request may not have. It is not compared then, as in Python, Node and Go; Java
    /// compares it as empty.
    #[inline(always)]
    pub(super) fn fits(&self, field: Option<&str>) -> bool {
        match field {
            None | Some("") => true,
            Some(text) => self.matches(text),
        }
    }
}

#[inline(always)]
fn same(literal: &[u8], bytes: &[u8]) -> bool {
    // Most of what is compared is in lower case already.
    let is_same = |(wanted, found): (&u8, &u8)| wanted == found || *wanted == found.to_ascii_lowercase();
    // From the end: `/api/cart/` and `/api/user/` begin alike, as the paths of a program do.
    literal.len() == bytes.len() && literal.iter().rev().zip(bytes.iter().rev()).all(is_same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prepared_patterns_match_what_their_text_matches() {
        let words = |alphabet: &[char], longest: usize| {
            let mut words = vec![String::new()];
            let mut start = 0;
            for _ in 0..longest {
                let end = words.len();
                for index in start..end {
                    words.extend(alphabet.iter().map(|letter| format!("{}{letter}", words[index])).collect::<Vec<_>>());
                }
                start = end;
            }
            words
        };
        let texts = words(&['A', 'b', 'é', '/'], 5);
        for pattern in words(&['a', 'B', 'É', '*', '?'], 4) {
            let prepared = Pattern::new(&pattern);
            for text in &texts {
                assert_eq!(prepared.matches(text), matches_wildcard(&pattern, text), "{pattern:?} against {text:?}");
            }
        }
    }

    #[test]
    fn the_usual_patterns_are_prepared() {
        for (pattern, expected) in [
            ("*", "Any"),
            ("POST", "Whole"),
            ("/api/*", "Prefix"),
            ("*.example.com", "Suffix"),
            ("", "Whole"),
            ("a?", "Other"),
            ("*a*", "Other"),
            ("É*", "Other"),
            ("**", "Other"),
        ] {
            let prepared = format!("{:?}", Pattern::new(pattern));
            assert!(prepared.starts_with(expected), "{pattern:?}: {prepared}");
        }
    }

    #[test]
    fn a_field_that_the_request_lacks_is_not_compared() {
        for (pattern, field, expected) in
            [("GET", None, true), ("GET", Some(""), true), ("GET", Some("get"), true), ("GET", Some("POST"), false)]
        {
            assert_eq!(Pattern::new(pattern).fits(field), expected, "{pattern} {field:?}");
        }
    }
}

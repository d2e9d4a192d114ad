use std::str::Chars;

/// Tells whether a pattern matches a whole text, ignoring case: `*` stands for any run of characters, also an empty
/// one, and `?` for exactly one.
///
/// A later `*` makes all earlier ones final, so that one place to come back to is enough, and the time at worst the
/// product of both lengths. Nothing is allocated.
///
/// ```
/// # use xray_core::sampling::matches_wildcard;
/// assert!(matches_wildcard("*.Shop.example", "api.shop.example"));
/// assert!(!matches_wildcard("/cart/?", "/cart/17"));
/// ```
#[must_use]
pub fn matches_wildcard(pattern: &str, text: &str) -> bool {
    matches_by(pattern, text, same_ignoring_case)
}

fn matches_by(pattern: &str, text: &str, same: fn(char, char) -> bool) -> bool {
    let mut pattern = pattern.chars();
    let mut text = text.chars();
    // The pattern after the last `*`, and the text after what that `*` has taken so far.
    let mut last_star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let here = text.clone();
        match (pattern.next(), text.next()) {
            (Some('*'), _) if pattern.as_str().is_empty() => return true,
            (Some('*'), _) => {
                last_star = Some((pattern.clone(), here.clone()));
                text = here;
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if same(wanted, found) => {}
            (None, None) => return true,
            // A `*` that took more would leave even less text.
            (Some(_), None) => return false,
            (_, Some(_)) => {
                let Some((after_star, after_taken)) = &mut last_star else { return false };
                after_taken.next();
                pattern = after_star.clone();
                text = after_taken.clone();
            }
        }
    }
}

fn same_ignoring_case(left: char, right: char) -> bool {
    if left.is_ascii() && right.is_ascii() {
        left.eq_ignore_ascii_case(&right)
    } else {
        left == right || left.to_lowercase().eq(right.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_the_other_sdks() {
        let cases = [
            // Shared by the Go, Java, Node and Python SDKs.
            ("", "whatever", false),
            ("", "", true),
            ("?o?", "foo", true),
            ("f??", "boo", false),
            ("fo?", "foo", true),
            ("foo*", "foo", true),
            ("foo*", "fo0", false),
            ("*oo", "foo", true),
            ("*", "boo", true),
            ("*/foo", "/bar/foo", true),
            ("*???", "aa", false),
            ("*??", "aa", true),
            ("*?", "aaa", true),
            ("**a*", "a", true),
            ("**a**", "a", true),
            ("a**b", "ab", true),
            ("a**b", "abb", true),
            ("Fo*", "FOo0", true),
            ("Foo", "FOO", true),
            // Python's test_wildcard_match.
            ("foo", "foo", true),
            ("foo", "cat", false),
            ("6573459", "6573459", true),
            ("f?o", "boo", false),
            ("fo*", "boo", false),
            ("*o?", "foo", true),
            ("f?*", "boo", false),
            ("*", "foo", true),
            ("?at", "bat", true),
            ("?at", "cat", true),
            ("?o?se", "horse", true),
            ("?o?se", "mouse", true),
            ("*s", "dogs", true),
            ("*s", "horses", true),
            ("J*", "Jeep", true),
            ("????", "ford", true),
            ("????", "chevy", false),
            ("abcd", "abc", false),
            ("**a", "a", true),
            ("***a", "a", true),
            ("*?", "a", true),
            ("*?", "aa", true),
            ("??", "a", false),
            ("?*?", "a", false),
            ("?*?", "aa", true),
            ("*?*a", "a", false),
            ("*?*a*", "ba", true),
            // Ours.
            ("*", "", true),
            ("?", "", false),
            ("/api/*/items", "/api/move/items", true),
            ("/api/*/items", "/api/move/item", false),
            ("*ab", "aab", true),
            ("*.example.com", "a.example.com.example.com", true),
            ("?", "福", true),
            ("?", "🦀", true),
            ("??", "福", false),
            ("*ツ*", "セツナ", true),
            ("STRASSE-ÄÖ*", "strasse-äöü", true),
            ("a*c", "a*c", true),
            ("a?c", "a?c", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(matches_wildcard(pattern, text), expected, "{pattern:?} against {text:?}");
        }
    }

    #[test]
    fn comparing_exactly_tells_upper_from_lower_case() {
        for (pattern, text) in [("Fo*", "FOo0"), ("Foo", "FOO")] {
            assert!(!matches_by(pattern, text, |left, right| left == right), "{pattern:?} against {text:?}");
        }
    }

    #[test]
    fn agrees_with_a_naive_matcher_on_every_short_pattern_and_text() {
        let patterns = words(&['a', 'É', '*', '?'], 5);
        let texts = words(&['A', 'é', 'x'], 5);
        for pattern in &patterns {
            for text in &texts {
                let (pattern_characters, text_characters): (Vec<_>, Vec<_>) =
                    (pattern.chars().collect(), text.chars().collect());
                assert_eq!(
                    matches_wildcard(pattern, text),
                    naive(&pattern_characters, &text_characters),
                    "{pattern:?} against {text:?}"
                );
            }
        }
    }

    #[test]
    fn many_stars_do_not_make_it_explode() {
        // Backtracking over every star would need more steps than there are atoms.
        let pattern = format!("{}b", "*a".repeat(500));
        assert!(!matches_wildcard(&pattern, &"a".repeat(2_000)));
        assert!(matches_wildcard(&pattern, &format!("{}b", "a".repeat(2_000))));
    }

    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|taken| naive(rest, &text[taken..])),
            (['?', rest @ ..], [_, text @ ..]) => naive(rest, text),
            ([wanted, rest @ ..], [found, text @ ..]) => {
                wanted.to_lowercase().eq(found.to_lowercase()) && naive(rest, text)
            }
            _ => false,
        }
    }

    /// All words over an alphabet, up to a length.
    fn words(alphabet: &[char], longest: usize) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut start = 0;
        for _ in 0..longest {
            let end = words.len();
            for index in start..end {
                for &letter in alphabet {
                    words.push(format!("{}{letter}", words[index]));
                }
            }
            start = end;
        }
        words
    }
}

//! Names and other short texts, with the limits that X-Ray puts on them.

/// The longest name, in characters.
const LONGEST_NAME: usize = 200;
/// What stands for a name of which no character is allowed: X-Ray refuses an empty one.
const UNNAMED: &str = "unnamed";

/// Appends `name` to `out` without the characters that X-Ray refuses, cut to 200 characters.
///
/// Allowed are letters, digits, white space and `_ . : / % & # = + \ - @`, see
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-fields>.
pub(crate) fn push_name(out: &mut String, name: &str) {
    if !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(allowed_byte) {
        // The usual case: nothing to take out.
        out.push_str(name);
    } else {
        let start = out.len();
        out.extend(name.chars().filter(|character| allowed(*character)).take(LONGEST_NAME));
        if out[start..].trim().is_empty() {
            out.truncate(start);
            out.push_str(UNNAMED);
        }
    }
}

/// `text`, cut after `most` characters.
pub(crate) fn truncated(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

fn allowed(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || SYMBOLS.contains(character)
}

fn allowed_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || (byte.is_ascii() && SYMBOLS.contains(char::from(byte)))
}

const SYMBOLS: &str = "_.:/%&#=+\\-@";

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        let mut out = "kept".to_owned();
        push_name(&mut out, text);
        out.split_off(4)
    }

    #[test]
    fn names_keep_what_is_allowed_and_lose_the_rest() {
        // Python rows 30, 31, X11; docs.
        for (input, output) in [
            ("checkout", "checkout"),
            ("福", "福"),
            ("セツナ", "セツナ"),
            ("DummySegment() Test?", "DummySegment Test"),
            ("Dummy*Sub!segment$", "DummySubsegment"),
            ("a_b.c:d/e%f&g#h=i+j\\k-l@m n", "a_b.c:d/e%f&g#h=i+j\\k-l@m n"),
            ("quote\"s [and] {braces}|,'`", "quotes and braces"),
            ("", "unnamed"),
            ("***", "unnamed"),
            ("  \t", "unnamed"),
            ("nul\0bel\u{7}", "nulbel"),
            ("emoji 🦀", "emoji "),
        ] {
            assert_eq!(name(input), output, "{input:?}");
        }
    }

    #[test]
    fn names_are_cut_by_characters() {
        assert_eq!(name(&"é".repeat(10_000)), "é".repeat(200));
        assert_eq!(name(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(name(&"a".repeat(201)), "a".repeat(200));
        assert_eq!(truncated("éééé", 3), "ééé");
        assert_eq!(truncated("ééé", 3), "ééé");
        assert_eq!(truncated("abc", 0), "");
    }
}

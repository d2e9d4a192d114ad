//! Names and other short texts, with the limits that X-Ray puts on them.

/// The longest name, in characters.
const LONGEST_NAME: usize = 200;
/// What stands for a name of which no character is allowed: X-Ray refuses an empty one.
const UNNAMED: &str = "unnamed";

/// Appends `name` to `out` without the characters that X-Ray refuses, cut to 200 characters.
///
/// Allowed are letters, digits, white space and `_ . : / % & # = + \ - @`, see
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-fields>.
#[inline]
pub(crate) fn push_name(out: &mut Vec<u8>, name: &str) {
    if !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(|byte| ALLOWED[usize::from(byte)]) {
        // The usual case: nothing to take out.
        out.extend_from_slice(name.as_bytes());
    } else {
        push_allowed(out, name);
    }
}

#[cold]
fn push_allowed(out: &mut Vec<u8>, name: &str) {
    let kept: String = name.chars().filter(|character| allowed(*character)).take(LONGEST_NAME).collect();
    out.extend_from_slice(if kept.trim().is_empty() { UNNAMED } else { &kept }.as_bytes());
}

/// `text`, cut after `most` characters.
#[inline]
pub(crate) fn truncated(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

fn allowed(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || SYMBOLS.contains(character)
}

const SYMBOLS: &str = "_.:/%&#=+\\-@";

/// The bytes that are allowed by themselves.
static ALLOWED: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        allowed[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut position = 0;
    while position < SYMBOLS.len() {
        allowed[SYMBOLS.as_bytes()[position] as usize] = true;
        position += 1;
    }
    allowed
};

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        let mut out = b"kept".to_vec();
        push_name(&mut out, text);
        String::from_utf8(out.split_off(4)).unwrap()
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

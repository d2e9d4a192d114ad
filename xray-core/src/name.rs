//! Names and other short texts, with the limits that X-Ray puts on them.

use crate::format::{IN_NAME, LONGEST_NAME, is_in_name, is_spelling};

/// What stands for a name of which no character is allowed: X-Ray refuses an empty one.
const UNNAMED: &str = "unnamed";

/// Appends `name` to `out` as X-Ray takes it, cut to 200 characters.
///
/// Allowed are the letters, numbers and separators of AWS's schema and `_ . : / % & # = + - @`. X-Ray groups what it shows by
/// name, so that no two words may become the same, and none another one: a tab or the end of a line becomes a space, and a
/// character that is part of the spelling, such as the vowel signs of Hindi and Thai, is escaped as in a URL. Whatever else is
/// not allowed is removed: punctuation, symbols, what cannot be seen. Accents that are characters of their own are escaped as
/// well; most programs write letters with accents as one character (Unicode's form C), and those are letters.
#[inline]
pub(crate) fn push_name(out: &mut Vec<u8>, name: &str) {
    let first = name.as_bytes().first().is_some_and(|first| *first != b' ');
    if first && name.len() <= LONGEST_NAME && name.bytes().all(|byte| IN_NAME[usize::from(byte)]) {
        // The usual case: nothing to take out.
        out.extend_from_slice(name.as_bytes());
    } else {
        push_allowed(out, name);
    }
}

/// How far a name is read that begins with what is not allowed, in characters.
const MOST_READ: usize = 10 * LONGEST_NAME;

#[cold]
fn push_allowed(out: &mut Vec<u8>, name: &str) {
    let mut room = LONGEST_NAME;
    let mut kept = String::new();
    for character in name.chars().take(MOST_READ) {
        let escapes = character.len_utf8() * "%00".len();
        if is_in_name(character) {
            kept.push(character);
            room -= 1;
        } else if character.is_whitespace() {
            kept.push(' ');
            room -= 1;
        } else if is_spelling(character) {
            if escapes > room {
                // Half a letter is none.
                break;
            }
            push_escaped(&mut kept, character);
            room -= escapes;
        }
        if room == 0 {
            break;
        }
    }
    out.extend_from_slice(if kept.trim().is_empty() { UNNAMED } else { &kept }.as_bytes());
}

fn push_escaped(kept: &mut String, character: char) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        kept.extend(['%', DIGITS[usize::from(byte >> 4)].into(), DIGITS[usize::from(byte & 0xf)].into()]);
    }
}

/// `text`, cut after `most` characters.
#[inline]
pub(crate) fn truncated(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

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
            ("a_b.c:d/e%f&g#h=i+j-k@l m", "a_b.c:d/e%f&g#h=i+j-k@l m"),
            (" leading", " leading"),
            ("back\\slash", "backslash"),
            ("GET\t/cart\r\nmore", "GET /cart  more"),
            ("quote\"s [and] {braces}|,'`", "quotes and braces"),
            ("", "unnamed"),
            ("***", "unnamed"),
            ("  \t", "unnamed"),
            ("nul\0bel\u{7}", "nulbel"),
            ("emoji 🦀 \u{2615}\u{fe0f}", "emoji  "),
            // What makes another word of it stays, in a form that is allowed.
            ("हिन्दी सेवा", "ह%E0%A4%BFन%E0%A5%8Dद%E0%A5%80 स%E0%A5%87व%E0%A4%BE"),
            ("ไทย สินค้า", "ไทย ส%E0%B8%B4นค%E0%B9%89า"),
            ("cafe\u{301}", "cafe%CC%81"),
            ("caf\u{e9}", "caf\u{e9}"),
            ("한국어 日本語 Ελληνικά עברית العربية", "한국어 日本語 Ελληνικά עברית العربية"),
            ("𠮷野家", "%F0%A0%AE%B7野家"),
            ("می\u{200c}خواهم", "می%E2%80%8Cخواهم"),
        ] {
            assert_eq!(name(input), output, "{input:?}");
        }
    }

    #[test]
    fn names_are_cut_by_characters() {
        assert_eq!(name(&"é".repeat(10_000)), "é".repeat(200));
        assert_eq!(name(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(name(&"a".repeat(201)), "a".repeat(200));
        assert_eq!(name(&format!("{}ि", "a".repeat(195))), "a".repeat(195), "nine characters have no room");
        assert_eq!(name(&format!("{}िb", "a".repeat(191))), format!("{}%E0%A4%BF", "a".repeat(191)));
        assert_eq!(truncated("éééé", 3), "ééé");
        assert_eq!(truncated("ééé", 3), "ééé");
        assert_eq!(truncated("abc", 0), "");
    }
}

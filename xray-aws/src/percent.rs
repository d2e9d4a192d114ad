//! Percent encoding, undone.

use std::borrow::Cow;

/// A part of a URL in clear; what is no valid encoding stays, what is no valid UTF-8 is replaced.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('%') else { return Cow::Borrowed(text) };
    let mut bytes = text.as_bytes()[..first].to_vec();
    let mut rest = &text.as_bytes()[first..];
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if let (b'%', [high, low, after @ ..]) = (byte, tail)
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            bytes.push(high << 4 | low);
            rest = after;
        } else {
            bytes.push(*byte);
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => Cow::Owned(text),
        Err(error) => Cow::Owned(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_undone_and_nothing_else() {
        for (input, output) in [
            ("orders/17.json", "orders/17.json"),
            ("a%20b%2Fc%2fd", "a b/c/d"),
            ("caf%C3%A9", "café"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%+1%-1", "%+1%-1"),
            ("%25%32%35", "%25"),
            ("%FF", "\u{fffd}"),
            ("é%41", "éA"),
            ("", ""),
        ] {
            assert_eq!(decoded(input), output, "{input}");
        }
    }
}

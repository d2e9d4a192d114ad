//! Writes JSON objects into a buffer, key by key.

/// An object that is being written.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    /// Writes a key that needs no escapes; the value is to be written next.
    #[inline(always)]
    pub(crate) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Writes a key that a user chose; the value is to be written next.
    pub(crate) fn foreign_key(&mut self, key: &str) -> &mut Vec<u8> {
        self.separate();
        write_text(self.out, key);
        self.out.push(b':');
        self.out
    }

    #[inline(always)]
    pub(crate) fn text(&mut self, key: &str, value: &str) {
        write_text(self.key(key), value);
    }

    pub(crate) fn optional_text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    pub(crate) fn integer(&mut self, key: &str, value: i64) {
        write_number(self.key(key), value);
    }

    /// Writes the key only when the flag is set: X-Ray's flags are never `false`.
    #[inline(always)]
    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.key(key).extend_from_slice(b"true");
        }
    }

    /// Writes a value that is JSON already.
    #[inline(always)]
    pub(crate) fn raw(&mut self, key: &str, json: &str) {
        self.key(key).extend_from_slice(json.as_bytes());
    }

    #[inline(always)]
    pub(crate) fn object(&mut self, key: &str, write: impl FnOnce(&mut Object<'_>)) {
        let mut object = Object::begin(self.key(key));
        write(&mut object);
        object.end();
    }

    /// Writes `start_time` and `end_time`, microseconds since the epoch, as seconds with six decimals. Without an end, which
    /// is 0, the entity is in progress.
    pub(crate) fn times(&mut self, start: u64, end: u64) {
        write_time(self.key("start_time"), start);
        if end == 0 {
            self.flag("in_progress", true);
        } else {
            write_time(self.key("end_time"), end);
        }
    }

    #[inline(always)]
    fn separate(&mut self) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
    }
}

/// Writes microseconds as seconds with six decimals.
fn write_time(out: &mut Vec<u8>, microseconds: u64) {
    let (seconds, fraction) = (microseconds / 1_000_000, microseconds % 1_000_000);
    // Ten digits of seconds are the years 2001 to 2286; leading zeros are no JSON.
    if (1_000_000_000..10_000_000_000).contains(&seconds) {
        let mut text = *b"0000000000.000000";
        write_digits(seconds, &mut text[..10]);
        write_digits(fraction, &mut text[11..]);
        out.extend_from_slice(&text);
    } else {
        out.extend_from_slice(format!("{seconds}.{fraction:06}").as_bytes());
    }
}

/// Writes the lowest digits of `number`, as many as `out` is long, which is an even number.
fn write_digits(mut number: u64, out: &mut [u8]) {
    for pair in out.rchunks_exact_mut(2) {
        pair.copy_from_slice(&PAIRS[(number % 100) as usize]);
        number /= 100;
    }
}

/// The two digits of each number below 100.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Writes a text with its quotes and escapes.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| PLAIN[usize::from(byte)]) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        write_value(out, text);
    }
}

/// The bytes that need no escape in a text.
static PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        plain[byte] = false;
        byte += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};

/// Writes a number that is finite.
pub(crate) fn write_number(out: &mut Vec<u8>, number: impl serde::Serialize) {
    write_value(out, number);
}

fn write_value(out: &mut Vec<u8>, value: impl serde::Serialize) {
    // A text or number into memory: nothing can fail.
    let _ = serde_json::to_writer(out, &value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_six_decimals() {
        for (microseconds, text) in [
            (1_795_148_279_240_604, "1795148279.240604"),
            (1_000_000_000_000_001, "1000000000.000001"),
            (999_999_999_999_999, "999999999.999999"),
            (10_000_000_000_000_000, "10000000000.000000"),
            (0, "0.000000"),
        ] {
            let mut out = Vec::new();
            write_time(&mut out, microseconds);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn texts_are_escaped() {
        for text in ["plain", "", "\"\\\n\u{0}\u{1f}", "caf\u{e9} \u{1f980}", "\u{7f}\u{2028}"] {
            let mut out = Vec::new();
            write_text(&mut out, text);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }
    }
}

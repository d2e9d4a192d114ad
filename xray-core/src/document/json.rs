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
    pub(crate) fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.key(key).extend_from_slice(b"true");
        }
    }

    /// Writes a value that is JSON already.
    pub(crate) fn raw(&mut self, key: &str, json: &str) {
        self.key(key).extend_from_slice(json.as_bytes());
    }

    pub(crate) fn object(&mut self, key: &str, write: impl FnOnce(&mut Object<'_>)) {
        let mut object = Object::begin(self.key(key));
        write(&mut object);
        object.end();
    }

    /// Microseconds since the epoch, as seconds with six decimals.
    pub(crate) fn time(&mut self, key: &str, microseconds: u64) {
        let out = self.key(key);
        write_number(out, microseconds / 1_000_000);
        let mut fraction = *b".000000";
        let mut rest = microseconds % 1_000_000;
        for digit in fraction[1..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        out.extend_from_slice(&fraction);
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
    }
}

/// Writes a text with its quotes and escapes.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        write_value(out, text);
    }
}

/// Writes a number that is finite.
pub(crate) fn write_number(out: &mut Vec<u8>, number: impl serde::Serialize) {
    write_value(out, number);
}

fn write_value(out: &mut Vec<u8>, value: impl serde::Serialize) {
    // A text or number into memory: nothing can fail.
    let _ = serde_json::to_writer(out, &value);
}

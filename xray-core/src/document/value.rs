//! Turns users' values into JSON that is bounded in size and depth.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

use super::watched::{Seen, Watched};
use crate::name::truncated;
use crate::panic::caught;

/// The largest value that is kept, in bytes: a larger one could not be sent in any document.
pub(crate) const LARGEST_VALUE: usize = 60_000;
/// How much of a value is looked at, in bytes, to tell how much too large it is.
const MOST_SEEN: usize = 1_000_000;
/// The deepest nesting of arrays and objects: parsers stop at 128, and the document around the value needs some.
const DEEPEST_VALUE: usize = 48;

/// The JSON of `value`, or a note in its place that says why it cannot be recorded.
///
/// It is too large or too deep, it has keys that are not texts, or its `Serialize` failed or panicked.
pub(crate) fn to_json(value: &(impl Serialize + ?Sized)) -> String {
    try_json(value).unwrap_or_else(|note| note)
}

/// The JSON of `value`, or as an error the note.
pub(crate) fn try_json(value: &(impl Serialize + ?Sized)) -> Result<String, String> {
    let seen = Seen::new(MOST_SEEN);
    let mut out = Limited { json: Vec::new(), seen: &seen };
    let outcome = caught(|| {
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, DepthLimit { depth: 0 });
        value.serialize(Watched::new(&mut serializer, &seen))
    });
    match outcome {
        // Whatever it made of our error.
        _ if seen.is_enough() => Err(note(&format!("at least {} bytes are more than fit", seen.bytes()))),
        Ok(Ok(())) if seen.bytes() > LARGEST_VALUE => Err(too_large(seen.bytes())),
        // serde_json writes nothing but UTF-8.
        Ok(Ok(())) => String::from_utf8(fitted(out.json)).map_err(|_| note("not valid UTF-8")),
        Ok(Err(error)) => Err(note(&error.to_string())),
        Err(_) => Err(note("its Serialize panicked")),
    }
}

/// The note that stands for a value of `size` bytes.
pub(crate) fn too_large(size: usize) -> String {
    note(&format!("{size} bytes are more than fit"))
}

fn note(reason: &str) -> String {
    let mut out = Vec::new();
    super::json::write_text(&mut out, &format!("[not recorded: {}]", truncated(reason, 200)));
    String::from_utf8(out).unwrap_or_default()
}

/// Without the room that it has grown by in vain, where that is much.
fn fitted(mut json: Vec<u8>) -> Vec<u8> {
    if json.capacity() - json.len() > 1_024 {
        json.shrink_to_fit();
    }
    json
}

/// Keeps what fits and counts the rest, so that the note can say the size, until enough was seen.
struct Limited<'a> {
    json: Vec<u8>,
    seen: &'a Seen,
}

impl io::Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.seen.add(bytes.len()) {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        if self.seen.bytes() <= LARGEST_VALUE {
            self.json.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compact JSON that stops with an error before the stack could overflow.
struct DepthLimit {
    depth: usize,
}

impl DepthLimit {
    fn deeper(&mut self) -> io::Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST_VALUE {
            return Err(io::Error::other(format!("nested deeper than {DEEPEST_VALUE} levels")));
        }
        Ok(())
    }
}

impl Formatter for DepthLimit {
    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.deeper()?;
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"]")
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.deeper()?;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        writer.write_all(b"}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn values_become_json_or_a_note() {
        assert_eq!(to_json(&[1, 2]), "[1,2]");
        assert_eq!(to_json("caf\u{e9}\n"), "\"café\\n\"");
        assert_eq!(to_json(&f64::NAN), "null");
        assert_eq!(to_json(&BTreeMap::from([((1, 2), 3)])), "\"[not recorded: key must be a string]\"");
        assert_eq!(to_json(&"x".repeat(5_000_000)), "\"[not recorded: at least 5000002 bytes are more than fit]\"");
        assert_eq!(to_json(&"x".repeat(60_000)), "\"[not recorded: 60002 bytes are more than fit]\"");
    }

    #[test]
    fn deep_values_do_not_overflow_the_stack() {
        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq([Endless])
            }
        }
        assert_eq!(to_json(&Endless), "\"[not recorded: nested deeper than 48 levels]\"");
    }

    #[test]
    fn a_serialize_that_panics_or_fails_is_noted() {
        struct Panics;
        impl Serialize for Panics {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                panic!("in Serialize")
            }
        }
        struct Fails;
        impl Serialize for Fails {
            fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("will \"not\""))
            }
        }
        assert_eq!(to_json(&Panics), "\"[not recorded: its Serialize panicked]\"");
        assert_eq!(to_json(&Fails), "\"[not recorded: will \\\"not\\\"]\"");
    }
}

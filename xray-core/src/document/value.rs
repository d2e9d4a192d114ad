//! Turns users' values into JSON that is valid, and bounded in size and depth.

mod keys;

use std::cell::Cell;
use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::Formatter;

use super::watched::{Seen, Watched};
use keys::repeats_a_key;

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
///
/// A `Serialize` that is written by hand may give a key twice, and `RawValue` hands over text of any depth: parsers do not
/// take the whole document then, or take either value. Of such JSON the last value of a key is kept.
pub(crate) fn try_json(value: &(impl Serialize + ?Sized)) -> Result<String, String> {
    let has_raw_text = Cell::new(false);
    let json = written(value, &has_raw_text)?;
    if !has_raw_text.get() && !repeats_a_key(&json) {
        return Ok(json);
    }
    let read: Value = serde_json::from_str(&json).map_err(|error| note(&error.to_string()))?;
    written(&read, &has_raw_text)
}

fn written(value: &(impl Serialize + ?Sized), has_raw_text: &Cell<bool>) -> Result<String, String> {
    let seen = Seen::new(MOST_SEEN);
    let mut out = Limited { json: Vec::new(), seen: &seen };
    let outcome = caught(|| {
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, Compact { depth: 0, has_raw_text });
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
struct Compact<'a> {
    depth: usize,
    /// Whether text was handed over that we have not made.
    has_raw_text: &'a Cell<bool>,
}

impl Compact<'_> {
    fn deeper(&mut self) -> io::Result<()> {
        self.depth += 1;
        if self.depth > DEEPEST_VALUE {
            return Err(io::Error::other(format!("nested deeper than {DEEPEST_VALUE} levels")));
        }
        Ok(())
    }
}

impl Formatter for Compact<'_> {
    fn write_raw_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        self.has_raw_text.set(true);
        writer.write_all(fragment.as_bytes())
    }

    /// Of a number of any length, with serde_json's `arbitrary_precision`. Parsers stop at what a double can hold.
    fn write_number_str<W: ?Sized + io::Write>(&mut self, writer: &mut W, number: &str) -> io::Result<()> {
        self.has_raw_text.set(true);
        if !number.parse().is_ok_and(f64::is_finite) {
            return Err(io::Error::other("a number is out of range"));
        }
        writer.write_all(number.as_bytes())
    }

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

    /// A `RawValue` of any text, as one may be made by hand.
    struct Raw(String);

    impl Serialize for Raw {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeStruct;
            let mut raw = serializer.serialize_struct("$serde_json::private::RawValue", 1)?;
            raw.serialize_field("$serde_json::private::RawValue", &self.0)?;
            raw.end()
        }
    }

    /// A map that is written by hand.
    struct Pairs(Vec<(&'static str, Value)>);

    impl Serialize for Pairs {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
        }
    }

    #[test]
    fn whatever_a_serialize_writes_is_json_that_parsers_take() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for (raw, json) in [
            (r#"{ "a" : [ 1 , 2.50 ] }"#.to_owned(), r#"{"a":[1,2.5]}"#),
            (r#"{"a":1,"a":2}"#.to_owned(), r#"{"a":2}"#),
            (r#"{"a":1,"\u0061":2}"#.to_owned(), r#"{"a":2}"#),
            ("{\"a\":\"x\ny\"}".to_owned(), r#""[not recorded: control character (\\u0000-\\u001F) found"#),
            (r#"{"a":"\ud800"}"#.to_owned(), r#""[not recorded: "#),
            ("1e999".to_owned(), r#""[not recorded: number out of range"#),
            ("}".to_owned(), r#""[not recorded: expected value"#),
            (String::new(), r#""[not recorded: EOF"#),
            ("1 2".to_owned(), r#""[not recorded: trailing characters"#),
            (nested(49), r#""[not recorded: nested deeper than 48 levels]""#),
            (nested(1_000), r#""[not recorded: recursion limit exceeded"#),
            (nested(30_000), r#""[not recorded: recursion limit exceeded"#),
            (nested(31_000), r#""[not recorded: 62000 bytes are more than fit]""#),
        ] {
            let written = to_json(&Raw(raw.clone()));
            assert!(written.starts_with(json), "{raw:.50} became {written}");
            assert!(serde_json::from_str::<Value>(&written).is_ok(), "{written}");
        }
        let raw = serde_json::value::RawValue::from_string(nested(1_000)).unwrap();
        assert!(
            to_json(&raw).starts_with("\"[not recorded: recursion limit exceeded"),
            "serde_json takes it for valid"
        );
        // The document around it has room for so many.
        assert_eq!(to_json(&Raw(nested(48))), nested(48));
        let twice = Pairs(vec![("a", 1.into()), ("b", Value::Null), ("a", 2.into())]);
        assert_eq!(to_json(&[&twice]), r#"[{"a":2,"b":null}]"#);
        let once = Pairs(vec![("b", Value::from(vec!["a", "b"])), ("a", serde_json::json!({"c": {"a": "b"}}))]);
        assert_eq!(to_json(&once), r#"{"b":["a","b"],"a":{"c":{"a":"b"}}}"#, "in the order in which it is written");
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

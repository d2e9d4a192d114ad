//! Annotations: indexed keys and the values that X-Ray can filter by.

use std::borrow::Cow;

/// A value by which traces can be searched: text, a number or a boolean.
///
/// It is made by `From`, so an annotation takes `"text"`, `17`, `0.5` or `true` as they are. Texts
/// are cut to 1,000 characters; a number that is not finite has no JSON and is left out.
///
/// ```
/// # use xray_core::AnnotationValue;
/// assert_eq!(AnnotationValue::from(17_u8), AnnotationValue::from(17_u64));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotationValue<'a>(pub(crate) Value<'a>);

#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Float(one), Self::Float(other)) => one == other,
            (Self::Boolean(one), Self::Boolean(other)) => one == other,
            (Self::Signed(one), Self::Signed(other)) => one == other,
            (Self::Unsigned(one), Self::Unsigned(other)) => one == other,
            // 17 is 17, whatever type it was written in.
            (Self::Signed(one), Self::Unsigned(other)) | (Self::Unsigned(other), Self::Signed(one)) => {
                u64::try_from(*one) == Ok(*other)
            }
            _ => false,
        }
    }
}

/// The longest text, in characters.
pub(crate) const LONGEST_TEXT: usize = 1_000;
/// The longest key, in characters.
const LONGEST_KEY: usize = 500;

/// Appends `key` to `out` with every character that is not `[A-Za-z0-9_]` replaced by `_`.
#[inline]
pub(crate) fn push_key(out: &mut Vec<u8>, key: &str) {
    if key.len() <= LONGEST_KEY && key.bytes().all(|byte| IN_KEY[usize::from(byte)]) {
        out.extend_from_slice(key.as_bytes());
    } else {
        let replaced =
            |character: char| if IN_KEY.get(character as usize) == Some(&true) { character as u8 } else { b'_' };
        out.extend(key.chars().take(LONGEST_KEY).map(replaced));
    }
}

/// The bytes that may stand in a key.
static IN_KEY: [bool; 256] = {
    let mut in_key = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        in_key[byte] = (byte as u8).is_ascii_alphanumeric() || byte == b'_' as usize;
        byte += 1;
    }
    in_key
};

macro_rules! annotation_value_from {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl From<$type> for AnnotationValue<'_> {
            fn from(value: $type) -> Self {
                Self(Value::$variant(value.into()))
            }
        }
    )*};
}

annotation_value_from! {
    bool => Boolean,
    i8 => Signed, i16 => Signed, i32 => Signed, i64 => Signed,
    u8 => Unsigned, u16 => Unsigned, u32 => Unsigned, u64 => Unsigned,
    f64 => Float,
}

impl From<f32> for AnnotationValue<'_> {
    fn from(value: f32) -> Self {
        // By way of its digits: 0.1 is to stay 0.1, not the 0.10000000149011612 that it is exactly.
        Self(Value::Float(value.to_string().parse().unwrap_or(f64::from(value))))
    }
}

impl From<usize> for AnnotationValue<'_> {
    fn from(value: usize) -> Self {
        Self(Value::Unsigned(value as u64))
    }
}

impl From<isize> for AnnotationValue<'_> {
    fn from(value: isize) -> Self {
        Self(Value::Signed(value as i64))
    }
}

impl<'a> From<&'a str> for AnnotationValue<'a> {
    fn from(value: &'a str) -> Self {
        Self(Value::Text(Cow::Borrowed(value)))
    }
}

impl<'a> From<&'a String> for AnnotationValue<'a> {
    fn from(value: &'a String) -> Self {
        Self(Value::Text(Cow::Borrowed(value)))
    }
}

impl From<String> for AnnotationValue<'_> {
    fn from(value: String) -> Self {
        Self(Value::Text(Cow::Owned(value)))
    }
}

impl<'a> From<Cow<'a, str>> for AnnotationValue<'a> {
    fn from(value: Cow<'a, str>) -> Self {
        Self(Value::Text(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_floats_keep_their_digits() {
        assert_eq!(AnnotationValue::from(0.1_f32), AnnotationValue::from(0.1_f64));
        assert!(matches!(AnnotationValue::from(f32::NAN).0, Value::Float(number) if number.is_nan()));
    }

    #[test]
    fn keys_are_made_indexable() {
        for (input, output) in [
            ("customer_ID1", "customer_ID1"),
            ("invalid-key", "invalid_key"),
            ("a.b c", "a_b_c"),
            ("größe", "gr__e"),
            ("", ""),
        ] {
            let mut out = b"x".to_vec();
            push_key(&mut out, input);
            assert_eq!(&out[1..], output.as_bytes(), "{input}");
        }
        let mut out = Vec::new();
        push_key(&mut out, &"é".repeat(600));
        assert_eq!(out, "_".repeat(500).as_bytes());
    }
}

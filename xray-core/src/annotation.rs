//! Annotations: indexed keys and the values that X-Ray can filter by.

use std::borrow::Cow;
use std::num::NonZero;
use std::rc::Rc;
use std::sync::Arc;

use crate::format::{IN_ANNOTATION_KEY, LONGEST_ANNOTATION_KEY};

/// A value by which traces can be searched: text, a number or a boolean.
///
/// It is made by `From`, so an annotation takes `"text"`, `17`, `0.5` or `true` as they are, and what holds or points to
/// one of them: `String`, `Cow`, `Box<str>`, `Arc<str>`, `Option`, `NonZero`, references.
///
/// - A text is cut to 1,000 characters. A `char` is a text.
/// - A whole number that does not fit into 64 bits becomes the text of its digits: as a JSON number it would lose some.
/// - A number that is not finite has no JSON and is left out, which is counted in [`Stats`](crate::Stats).
/// - `None` puts nothing, and leaves alone what was put under the key before.
///
/// ```
/// # use xray_core::AnnotationValue;
/// assert_eq!(AnnotationValue::from(17_u8), AnnotationValue::from(Some(&17_u64)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotationValue<'a>(pub(crate) Option<Value<'a>>);

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

/// Appends `key` to `out` with every character that is not `[A-Za-z0-9_]` replaced by `_`.
#[inline]
pub(crate) fn push_key(out: &mut Vec<u8>, key: &str) {
    if key.len() <= LONGEST_ANNOTATION_KEY && key.bytes().all(|byte| IN_ANNOTATION_KEY[usize::from(byte)]) {
        out.extend_from_slice(key.as_bytes());
    } else {
        let replaced = |character: char| {
            if IN_ANNOTATION_KEY.get(character as usize) == Some(&true) { character as u8 } else { b'_' }
        };
        out.extend(key.chars().take(LONGEST_ANNOTATION_KEY).map(replaced));
    }
}

/// What can be put as an annotation without being given away; for references to it.
pub trait Annotate {
    #[doc(hidden)]
    fn annotation_value(&self) -> AnnotationValue<'_>;
}

impl<'a, T: Annotate + ?Sized> From<&'a T> for AnnotationValue<'a> {
    fn from(value: &'a T) -> Self {
        T::annotation_value(value)
    }
}

impl<'a, T: Annotate + ?Sized> From<&'a mut T> for AnnotationValue<'a> {
    fn from(value: &'a mut T) -> Self {
        T::annotation_value(value)
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for AnnotationValue<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self(None), Into::into)
    }
}

impl<T: Annotate> Annotate for Option<T> {
    fn annotation_value(&self) -> AnnotationValue<'_> {
        self.as_ref().into()
    }
}

impl Annotate for AnnotationValue<'_> {
    fn annotation_value(&self) -> AnnotationValue<'_> {
        self.clone()
    }
}

impl Annotate for str {
    fn annotation_value(&self) -> AnnotationValue<'_> {
        AnnotationValue(Some(Value::Text(Cow::Borrowed(self))))
    }
}

macro_rules! annotate_pointers {
    ($($pointer:ty: $target:ident),* $(,)?) => {$(
        impl<$target: Annotate + ?Sized> Annotate for $pointer {
            fn annotation_value(&self) -> AnnotationValue<'_> {
                (**self).annotation_value()
            }
        }
    )*};
}

annotate_pointers!(&T: T, &mut T: T, Box<T>: T, Arc<T>: T, Rc<T>: T);

macro_rules! annotate_texts {
    ($($owned:ty),*) => {$(
        impl From<$owned> for AnnotationValue<'_> {
            fn from(value: $owned) -> Self {
                String::from(&*value).into()
            }
        }
    )*};
}

annotate_texts!(Arc<str>, Rc<str>);

impl From<Box<str>> for AnnotationValue<'_> {
    fn from(value: Box<str>) -> Self {
        value.into_string().into()
    }
}

impl From<String> for AnnotationValue<'_> {
    fn from(value: String) -> Self {
        Self(Some(Value::Text(Cow::Owned(value))))
    }
}

impl Annotate for String {
    fn annotation_value(&self) -> AnnotationValue<'_> {
        self.as_str().annotation_value()
    }
}

impl<'a> From<Cow<'a, str>> for AnnotationValue<'a> {
    fn from(value: Cow<'a, str>) -> Self {
        Self(Some(Value::Text(value)))
    }
}

impl Annotate for Cow<'_, str> {
    fn annotation_value(&self) -> AnnotationValue<'_> {
        (**self).annotation_value()
    }
}

macro_rules! annotate_values {
    ($($type:ty: $value:ident => $variant:expr),* $(,)?) => {$(
        impl From<$type> for AnnotationValue<'_> {
            fn from($value: $type) -> Self {
                Self(Some($variant))
            }
        }

        impl Annotate for $type {
            fn annotation_value(&self) -> AnnotationValue<'_> {
                (*self).into()
            }
        }
    )*};
}

annotate_values! {
    bool: value => Value::Boolean(value),
    char: value => Value::Text(Cow::Owned(value.into())),
    i8: value => Value::Signed(value.into()),
    i16: value => Value::Signed(value.into()),
    i32: value => Value::Signed(value.into()),
    i64: value => Value::Signed(value),
    i128: value => i64::try_from(value).map_or_else(|_| wide(value), Value::Signed),
    isize: value => Value::Signed(value as i64),
    u8: value => Value::Unsigned(value.into()),
    u16: value => Value::Unsigned(value.into()),
    u32: value => Value::Unsigned(value.into()),
    u64: value => Value::Unsigned(value),
    u128: value => u64::try_from(value).map_or_else(|_| wide(value), Value::Unsigned),
    usize: value => Value::Unsigned(value as u64),
    // By way of its digits: 0.1 is to stay 0.1, not the 0.10000000149011612 that it is exactly.
    f32: value => Value::Float(value.to_string().parse().unwrap_or(f64::from(value))),
    f64: value => Value::Float(value),
}

macro_rules! annotate_non_zero {
    ($($type:ty),*) => {$(
        impl From<NonZero<$type>> for AnnotationValue<'_> {
            fn from(value: NonZero<$type>) -> Self {
                value.get().into()
            }
        }

        impl Annotate for NonZero<$type> {
            fn annotation_value(&self) -> AnnotationValue<'_> {
                self.get().into()
            }
        }
    )*};
}

annotate_non_zero!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

/// The text of a number that JSON has no room for: readers take numbers for floats of 64 bits.
fn wide(number: impl ToString) -> Value<'static> {
    Value::Text(Cow::Owned(number.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_floats_keep_their_digits() {
        assert_eq!(AnnotationValue::from(0.1_f32), AnnotationValue::from(0.1_f64));
        assert!(matches!(AnnotationValue::from(f32::NAN).0, Some(Value::Float(number)) if number.is_nan()));
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

//! A serializer around another one, which counts what is written and stops where enough was seen.

use std::cell::Cell;
use std::fmt;

use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// How much has been seen of a value, in bytes of JSON, and how much is looked at.
#[derive(Debug)]
pub(super) struct Seen {
    bytes: Cell<usize>,
    most: usize,
}

impl Seen {
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: Cell::new(0), most }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.get()
    }

    /// Counts more of the value; `false` if that was more than is looked at.
    pub(super) fn add(&self, bytes: usize) -> bool {
        // Whoever goes on in spite of the error is not counted any more.
        if !self.is_enough() {
            self.bytes.set(self.bytes.get().saturating_add(bytes));
        }
        !self.is_enough()
    }

    pub(super) fn is_enough(&self) -> bool {
        self.bytes.get() > self.most
    }

    /// An error if enough was seen, or if a text of so many bytes makes it enough: nobody reads such a text.
    fn check<E: Error>(&self, text: usize) -> Result<(), E> {
        if self.is_enough() || (text > self.most - self.bytes.get() && !self.add(text + QUOTES)) {
            return Err(E::custom("too large"));
        }
        Ok(())
    }
}

const QUOTES: usize = 2;

/// A serializer, or a part of one, that is watched.
#[derive(Debug)]
pub(super) struct Watched<'a, S> {
    inner: S,
    seen: &'a Seen,
}

impl<'a, S> Watched<'a, S> {
    pub(super) fn new(inner: S, seen: &'a Seen) -> Self {
        Self { inner, seen }
    }
}

/// A value whose serializer is to be watched.
struct Part<'a, T: ?Sized> {
    value: &'a T,
    seen: &'a Seen,
}

impl<T: Serialize + ?Sized> Serialize for Part<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.seen.check(0)?;
        self.value.serialize(Watched::new(serializer, self.seen))
    }
}

/// Hands simple values on.
macro_rules! hand_on {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        }
    )*};
}

/// Hands the beginning of what has parts on.
macro_rules! begin {
    ($($method:ident($($argument:ident: $type:ty),*) -> $part:ident),* $(,)?) => {$(
        fn $method(self, $($argument: $type),*) -> Result<Self::$part, S::Error> {
            Ok(Watched::new(self.inner.$method($($argument),*)?, self.seen))
        }
    )*};
}

impl<'a, S: Serializer> Serializer for Watched<'a, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Watched<'a, S::SerializeSeq>;
    type SerializeTuple = Watched<'a, S::SerializeTuple>;
    type SerializeTupleStruct = Watched<'a, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Watched<'a, S::SerializeTupleVariant>;
    type SerializeMap = Watched<'a, S::SerializeMap>;
    type SerializeStruct = Watched<'a, S::SerializeStruct>;
    type SerializeStructVariant = Watched<'a, S::SerializeStructVariant>;

    hand_on! {
        serialize_bool: bool,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_f32: f32, serialize_f64: f64, serialize_char: char, serialize_unit_struct: &'static str,
    }

    begin! {
        serialize_seq(length: Option<usize>) -> SerializeSeq,
        serialize_tuple(length: usize) -> SerializeTuple,
        serialize_tuple_struct(name: &'static str, length: usize) -> SerializeTupleStruct,
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize) -> SerializeTupleVariant,
        serialize_map(length: Option<usize>) -> SerializeMap,
        serialize_struct(name: &'static str, length: usize) -> SerializeStruct,
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize) -> SerializeStructVariant,
    }

    fn serialize_str(self, text: &str) -> Result<S::Ok, S::Error> {
        self.seen.check(text.len())?;
        self.inner.serialize_str(text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<S::Ok, S::Error> {
        self.seen.check(0)?;
        self.inner.serialize_bytes(bytes)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.seen.check(0)?;
        self.inner.collect_str(&Pieces { value, seen: self.seen })
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Part { value, seen: self.seen })
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_newtype_struct(name, &Part { value, seen: self.seen })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.inner.serialize_newtype_variant(name, index, variant, &Part { value, seen: self.seen })
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Hands the parts of a list on.
macro_rules! elements {
    ($($trait:ident::$method:ident),* $(,)?) => {$(
        impl<S: $trait> $trait for Watched<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                self.inner.$method(&Part { value, seen: self.seen })
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

/// Hands fields on.
macro_rules! fields {
    ($($trait:ident),*) => {$(
        impl<S: $trait> $trait for Watched<'_, S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
                self.inner.serialize_field(key, &Part { value, seen: self.seen })
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
                self.inner.skip_field(key)
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.inner.end()
            }
        }
    )*};
}

fields!(SerializeStruct, SerializeStructVariant);

impl<S: SerializeMap> SerializeMap for Watched<'_, S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.inner.serialize_key(&Part { value: key, seen: self.seen })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.inner.serialize_value(&Part { value, seen: self.seen })
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.inner.end()
    }
}

/// A text that is written piece by piece.
struct Pieces<'a, T: ?Sized> {
    value: &'a T,
    seen: &'a Seen,
}

impl<T: fmt::Display + ?Sized> fmt::Display for Pieces<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::write(&mut Cut { formatter, seen: self.seen }, format_args!("{}", self.value))
    }
}

/// Cuts a piece which is longer than what is still looked at: the part is enough for the writer to stop.
struct Cut<'a, 'b> {
    formatter: &'a mut fmt::Formatter<'b>,
    seen: &'a Seen,
}

impl fmt::Write for Cut<'_, '_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let most = self.seen.most.saturating_sub(self.seen.bytes()) + 1;
        self.formatter.write_str(&piece[..piece.ceil_char_boundary(most)])
    }
}

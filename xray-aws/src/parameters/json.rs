//! Members of a JSON object, read without keeping anything else of it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Parameter, Put, Source, short};

/// Hands the members that parameters ask for to `put`; of JSON that breaks off, those before.
pub(super) fn read(body: &[u8], parameters: &[Parameter], put: Put<'_>) {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    // An error is no news: the service will say so, or the SDK.
    let _ = deserializer.deserialize_map(Members { parameters, put });
}

struct Members<'a, 'p> {
    parameters: &'a [Parameter],
    put: Put<'p>,
}

impl<'de> Visitor<'de> for Members<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(wanted) = object.next_key_seed(Wanted(self.parameters))? {
            match wanted.map(|parameter| (parameter.source, parameter.key)) {
                Some((Source::Value(_), key)) => (self.put)(key, shortened(object.next_value()?)),
                Some((Source::Keys(_), key)) => (self.put)(key, object.next_value_seed(Keys)?.into()),
                Some((Source::Count(_), key)) => (self.put)(key, object.next_value_seed(Count)?.into()),
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The parameter that asks for a member.
struct Wanted<'a>(&'a [Parameter]);

impl<'de, 'a> DeserializeSeed<'de> for Wanted<'a> {
    type Value = Option<&'a Parameter>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for Wanted<'a> {
    type Value = Option<&'a Parameter>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|parameter| parameter.member() == Some(name)))
    }
}

/// The keys of an object.
struct Keys;

impl<'de> DeserializeSeed<'de> for Keys {
    type Value = Vec<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Keys {
    type Value = Vec<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = object.next_entry::<String, _>()? {
            keys.push(short(&key).to_owned());
        }
        Ok(keys)
    }
}

/// The length of a list.
struct Count;

impl<'de> DeserializeSeed<'de> for Count {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Count {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut count = 0;
        while let Some(IgnoredAny) = list.next_element()? {
            count += 1;
        }
        Ok(count)
    }
}

fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) => short(&text).into(),
        other => other,
    }
}

//! Ids in the JSON, or any other format, of programs: they are the texts that X-Ray shows.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{ParseIdError, SegmentId, TraceId};

macro_rules! ids_as_texts {
    ($($id:ty),*) => {$(
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text(PhantomData))
            }
        }
    )*};
}

ids_as_texts!(TraceId, SegmentId);

struct Text<Id>(PhantomData<Id>);

impl<Id: FromStr<Err = ParseIdError>> Visitor<'_> for Text<Id> {
    type Value = Id;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the text of an id")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, json, to_value};

    use super::*;

    #[test]
    fn ids_are_written_and_read_as_texts() {
        let (trace, segment) = (TraceId::generate(), SegmentId::generate());
        let values = json!({"trace": trace, "segment": segment});
        assert_eq!(values, json!({"trace": trace.to_string(), "segment": segment.to_string()}));
        assert_eq!(serde_json::from_value::<TraceId>(to_value(trace).unwrap()).unwrap(), trace);
        assert_eq!(from_str::<SegmentId>(&format!("\"{segment}\"")).unwrap(), segment);
        for (json, expected) in [
            ("\"1-5\"", "invalid id \"1-5\": expected 1-, 8 hex digits, - and 24 hex digits at line 1 column 5"),
            ("17", "invalid type: integer `17`, expected the text of an id at line 1 column 2"),
        ] {
            assert_eq!(from_str::<TraceId>(json).unwrap_err().to_string(), expected);
        }
    }
}

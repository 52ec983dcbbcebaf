//! JSON into types, where neither a list nor null stands for an object: a plain reader takes the members of a list in
//! order for the fields of a struct, and null for a map without members, which no document of the API promises.

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Map, Value};

/// A value that is read by what it is.
pub(super) struct Strict(pub(super) Value);

type Members = MapDeserializer<'static, Box<dyn Iterator<Item = (String, Strict)>>, Error>;

fn members(object: Map<String, Value>) -> Members {
    MapDeserializer::new(Box::new(object.into_iter().map(|(name, value)| (name, Strict(value)))))
}

impl IntoDeserializer<'_, Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Self));
                let read = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(read)
            }
            Value::Object(object) => {
                let mut members = members(object);
                let read = visitor.visit_map(&mut members)?;
                members.end()?;
                Ok(read)
            }
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.0.is_array() {
            return Err(Error::invalid_type(Unexpected::Seq, &"an object"));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() {
            return Err(Error::invalid_type(Unexpected::Unit, &"an object"));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(object) if object.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(members(object)))
            }
            other => other.deserialize_enum(name, variants, visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case", deny_unknown_fields)]
    enum Kind {
        Plain,
        By(Inner),
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        text: Option<String>,
        numbers: Vec<f64>,
        kind: Option<Box<Kind>>,
        members: Map<String, Value>,
    }

    fn read(value: Value) -> Result<Inner, String> {
        Inner::deserialize(Strict(value)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_as_a_list_is_no_object_at_any_depth() {
        assert_eq!(read(json!(["a"])).unwrap_err(), "invalid type: sequence, expected an object");
        read(json!({ "kind": { "by": [] } })).unwrap_err();
        assert_eq!(read(json!({})).unwrap(), Inner::default());
    }

    #[test]
    fn all_else_is_read_as_ever() {
        let whole =
            read(json!({ "text": "a", "numbers": [1, 2.5], "kind": { "by": { "text": null } } })).unwrap();
        let kind = Some(Box::new(Kind::By(Inner::default())));
        let members = Map::new();
        assert_eq!(whole, Inner { text: Some("a".to_owned()), numbers: vec![1.0, 2.5], kind, members });
        assert_eq!(read(json!({ "kind": "plain" })).unwrap().kind, Some(Box::new(Kind::Plain)));
        for wrong in [
            json!({ "text": 1 }),
            json!({ "kind": "other" }),
            json!({ "numbers": {} }),
            json!({ "members": null }),
        ] {
            read(wrong).unwrap_err();
        }
    }
}

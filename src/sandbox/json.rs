//! JSON whose numbers keep their digits.
//!
//! `serde_json::Value` holds a number with a fraction as a binary float, which cannot represent
//! most amounts of money exactly. Here a number is the text that was sent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a body; `None` if the body is not JSON.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        // serde_json refuses deep nesting here. Without this check, deep nesting would overflow the
        // stack in `read`.
        serde_json::from_slice::<Value>(body).ok()?;
        read(serde_json::from_slice(body).ok()?)
    }

    pub(super) fn object<const N: usize>(fields: [(&str, Json); N]) -> Self {
        Self::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        )
    }

    /// The field of an object. If two fields have this name, the last counts.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        let Self::Object(fields) = self else {
            return None;
        };
        let mut fields = fields.iter().rev();
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }

    /// Adds a field. Does nothing if this is not an object.
    pub(super) fn push(&mut self, name: &str, value: impl Into<Json>) {
        if let Self::Object(fields) = self {
            fields.push((name.to_owned(), value.into()));
        }
    }

    /// Applies `change` to all values: to the inner values first.
    pub(super) fn map(self, change: &impl Fn(Json) -> Json) -> Self {
        change(match self {
            Self::List(items) => {
                Self::List(items.into_iter().map(|item| item.map(change)).collect())
            }
            Self::Object(fields) => Self::Object(
                fields
                    .into_iter()
                    .map(|(name, value)| (name, value.map(change)))
                    .collect(),
            ),
            plain => plain,
        })
    }
}

fn read(raw: &RawValue) -> Option<Json> {
    let text = raw.get();
    Some(match text.as_bytes().first()? {
        b'{' => {
            // The raw text of each value is kept, so that a number keeps its digits.
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            let fields = fields.into_iter();
            Json::Object(
                fields
                    .map(|(name, value)| Some((name, read(value)?)))
                    .collect::<Option<_>>()?,
            )
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            Json::List(items.into_iter().map(read).collect::<Option<_>>()?)
        }
        b'"' => Json::Text(serde_json::from_str(text).ok()?),
        b't' => Json::Bool(true),
        b'f' => Json::Bool(false),
        b'n' => Json::Null,
        _ => Json::Number(text.to_owned()),
    })
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(digits) => RawValue::from_string(digits.clone())
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Object(fields) => {
                let mut object = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    object.serialize_entry(name, value)?;
                }
                object.end()
            }
        }
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Json {
    fn from(value: i32) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<usize> for Json {
    fn from(value: usize) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<Decimal> for Json {
    fn from(value: Decimal) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Self {
        Self::List(items)
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_every_digit() {
        let text = r#"{"amount":12345678901234567.890,"list":[0.1,29.997,1e2,-0]}"#;
        let json = Json::parse(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), text);
    }

    #[test]
    fn what_is_no_json_is_none() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "{",
            "{}x",
            "nul",
            "{\"a\":01}",
            "\"\\ud800\"",
            deep.as_str(),
        ] {
            assert_eq!(Json::parse(text.as_bytes()), None, "{text:.20}");
        }
    }

    #[test]
    fn of_a_repeated_field_the_last_counts() {
        let json = Json::parse(br#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(json.get("a"), Some(&Json::Number("2".into())));
    }
}

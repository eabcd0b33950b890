//! Reads single fields of an answer, whichever of their known shapes they have.
//!
//! No field of Partnero's is certain: the published examples contradict each other, numbers come
//! as strings, and PHP writes an empty object as `[]`. A field of an unexpected shape reads as
//! absent; the answer itself stays reachable as it came.

use std::time::SystemTime;

use serde_json::{Map, Value};

use super::amount::Amount;
use crate::values;

pub(super) type Fields = Map<String, Value>;

/// The fields of an object; `None` for any other value, and for an object without fields.
pub(super) fn object(value: Value) -> Option<Fields> {
    match value {
        // An empty object says nothing, and a client must not take it for the thing it asked for.
        Value::Object(fields) if !fields.is_empty() => Some(fields),
        _ => None,
    }
}

/// A text; a number is taken as its digits.
pub(super) fn text(fields: &Fields, name: &str) -> Option<String> {
    values::text(fields.get(name)?)
}

/// A whole number that is not negative, or its digits as a text.
pub(super) fn count(fields: &Fields, name: &str) -> Option<u64> {
    match fields.get(name)? {
        Value::Number(number) => number.as_u64(),
        Value::String(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// A truth value, or the 0 and 1 that PHP makes of it.
pub(super) fn flag(fields: &Fields, name: &str) -> Option<bool> {
    match fields.get(name)? {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_u64().map(|number| number != 0),
        Value::String(text) => match text.as_str() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// An amount, as a number or as a text with its digits.
pub(super) fn amount(fields: &Fields, name: &str) -> Option<Amount> {
    match fields.get(name)? {
        Value::Number(number) => match number.as_i64() {
            // Not by way of a floating-point number, which has no room for all 64 bits.
            Some(whole) => Amount::read(&whole.to_string()),
            None => Amount::read_number(number.as_f64()?),
        },
        Value::String(text) => Amount::read(text),
        _ => None,
    }
}

/// A point in time.
pub(super) fn time(fields: &Fields, name: &str) -> Option<SystemTime> {
    values::time(fields.get(name)?)
}

/// What names a customer or a partner: a text, or the `id` or `key` of the object that stands for it.
pub(super) fn name(fields: &Fields, name: &str) -> Option<String> {
    values::name(fields.get(name)?)
}

/// A list of texts.
pub(super) fn texts(fields: &Fields, name: &str) -> Vec<String> {
    let items = fields.get(name).and_then(Value::as_array);
    let texts = items.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// Whether a field is there and says that there is nothing: `null`, `[]`, `{}` or an empty text.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

//! Reads single values of Partnero's JSON, whichever of their known forms they have.
//!
//! The published examples contradict each other, and PHP writes numbers as texts at times. A value
//! of an unexpected form reads as absent.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A text; a number is taken as its digits.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What names a customer: a text, or the `id`, or else the `key`, of the object that stands for it.
pub(crate) fn name(value: &Value) -> Option<String> {
    let field = |name| value.get(name).and_then(text);
    text(value).or_else(|| field("id")).or_else(|| field("key"))
}

/// A point in time: a text as in RFC 3339, which answers hold, or whole seconds since 1970, which
/// one page of the documentation names for an input.
pub(crate) fn time(value: &Value) -> Option<SystemTime> {
    match value {
        Value::String(text) => {
            let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
            at(time.unix_timestamp(), time.nanosecond())
        }
        Value::Number(seconds) => at(seconds.as_i64()?, 0),
        _ => None,
    }
}

fn at(seconds: i64, nanoseconds: u32) -> Option<SystemTime> {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let whole = if seconds < 0 {
        UNIX_EPOCH.checked_sub(whole)?
    } else {
        UNIX_EPOCH.checked_add(whole)?
    };
    whole.checked_add(Duration::from_nanos(nanoseconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_is_a_text_or_in_an_object() {
        for (value, expected) in [
            (json!("a"), Some("a")),
            (json!(7), Some("7")),
            (json!({"id": 7, "key": "k"}), Some("7")),
            (json!({"id": null, "key": "k"}), Some("k")),
            (json!({"email": "e"}), None),
            (json!(["a"]), None),
            (json!(null), None),
        ] {
            assert_eq!(name(&value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn reads_the_documented_form_and_seconds() {
        let expected = UNIX_EPOCH + Duration::new(1_746_812_533, 42_000);
        for value in [
            json!("2025-05-09T17:42:13.000042Z"),
            json!("2025-05-09T19:42:13.000042+02:00"),
        ] {
            assert_eq!(time(&value), Some(expected), "{value}");
        }
        assert_eq!(
            time(&json!("2025-05-09T17:42:13Z")),
            time(&json!(1_746_812_533))
        );
    }

    #[test]
    fn what_is_no_time_reads_as_none() {
        for value in [
            json!(""),
            json!("yesterday"),
            json!("2025-05-09"),
            json!("2025-13-09T17:42:13Z"),
            json!(1.5),
            json!(u64::MAX),
            json!(null),
            json!([]),
        ] {
            assert_eq!(time(&value), None, "{value}");
        }
        assert!(time(&json!("1969-12-31T23:59:59.5Z")).is_some_and(|time| time < UNIX_EPOCH));
    }
}

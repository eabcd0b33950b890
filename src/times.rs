//! Reads points in time, as Partnero writes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A text as in RFC 3339, which is what answers hold, or whole seconds since 1970, which is what
/// one page names for an input.
pub(crate) fn read(value: &Value) -> Option<SystemTime> {
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
    fn reads_the_documented_form_and_seconds() {
        let time = UNIX_EPOCH + Duration::new(1_746_812_533, 42_000);
        for value in [
            json!("2025-05-09T17:42:13.000042Z"),
            json!("2025-05-09T19:42:13.000042+02:00"),
        ] {
            assert_eq!(read(&value), Some(time), "{value}");
        }
        assert_eq!(
            read(&json!("2025-05-09T17:42:13Z")),
            read(&json!(1_746_812_533))
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
            assert_eq!(read(&value), None, "{value}");
        }
        assert!(read(&json!("1969-12-31T23:59:59.5Z")).is_some_and(|time| time < UNIX_EPOCH));
    }
}

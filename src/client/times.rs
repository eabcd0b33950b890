//! Points in time, as Partnero writes them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A text as in RFC 3339, which is what answers hold, or whole seconds since 1970, which is what
/// one page names for an input.
pub(super) fn read(value: &Value) -> Option<SystemTime> {
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

/// With six fractional digits and `Z`, as in Partnero's answers; `None` before 1970 and after the
/// year 9999.
pub(super) fn text(time: SystemTime) -> Option<String> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    let date = OffsetDateTime::from_unix_timestamp(unix(time)?).ok()?;
    Some(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        date.hour(),
        date.minute(),
        date.second(),
        since.subsec_micros()
    ))
}

/// Whole seconds since 1970; `None` before that.
pub(super) fn unix(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_and_writes_the_documented_form() {
        let time = UNIX_EPOCH + Duration::new(1_746_812_533, 42_000);
        assert_eq!(text(time).as_deref(), Some("2025-05-09T17:42:13.000042Z"));
        assert_eq!(unix(time), Some(1_746_812_533));
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

    #[test]
    fn what_cannot_be_written_is_none() {
        let before = UNIX_EPOCH - Duration::from_secs(1);
        let far = UNIX_EPOCH + Duration::from_secs(400_000_000_000);
        assert_eq!((text(before), unix(before), text(far)), (None, None, None));
    }
}

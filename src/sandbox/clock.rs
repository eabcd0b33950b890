//! Times as Partnero writes and reads them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::format_description::well_known::Iso8601;
use time::{Date, OffsetDateTime, PrimitiveDateTime};

/// ISO 8601 with six fractional digits and `Z`, as `2025-05-09T17:42:13.000000Z`.
pub(super) fn iso(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (year, month, day) = time.to_calendar_date();
    let (hour, minute, second, micros) = time.to_hms_micro();
    format!(
        "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z",
        u8::from(month)
    )
}

/// Reads a date, or a date and a time with or without a fraction and an offset. A time without an
/// offset is UTC.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    // PHP and SQL write a space between date and time.
    let text = text.replacen(' ', "T", 1);
    let time = OffsetDateTime::parse(&text, &Iso8601::PARSING).ok();
    let without_offset = || {
        let time = PrimitiveDateTime::parse(&text, &Iso8601::PARSING).ok()?;
        Some(time.assume_utc())
    };
    let date = || {
        let date = Date::parse(&text, &Iso8601::PARSING).ok()?;
        Some(date.midnight().assume_utc())
    };
    let time = time.or_else(without_offset).or_else(date)?;
    // Before 1970 only by mistake.
    (time.unix_timestamp() >= 0).then(|| time.into())
}

/// The time so many seconds after 1970-01-01; `None` after the year 9999.
pub(super) fn unix(seconds: i64) -> Option<SystemTime> {
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
    (seconds >= 0).then(|| time.into())
}

/// The time without its fraction of a second.
pub(super) fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64, micros: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros)
    }

    #[test]
    fn iso_times_have_six_fractional_digits() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000007Z"),
            (951_782_400, "2000-02-29T00:00:00.000007Z"),
            (1_746_812_533, "2025-05-09T17:42:13.000007Z"),
            (4_107_542_399, "2100-02-28T23:59:59.000007Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000007Z"),
        ] {
            assert_eq!(iso(at(seconds, 7)), text);
            assert_eq!(parse(text), Some(at(seconds, 7)), "{text}");
        }
    }

    #[test]
    fn times_are_read_in_every_usual_form() {
        for text in [
            "2025-05-09T17:42:13Z",
            "2025-05-09 17:42:13",
            "2025-05-09T17:42:13.0Z",
            "2025-05-09T19:42:13+02:00",
            "2025-05-09T12:42:13.000000-05:00",
        ] {
            assert_eq!(parse(text), Some(at(1_746_812_533, 0)), "{text}");
        }
        assert_eq!(parse("2025-05-09"), Some(at(1_746_748_800, 0)));
        assert!(parse("9999-12-31").is_some());
        for text in [
            "",
            "x",
            "2025",
            "2025-13-01",
            "2025-02-29",
            "2025-00-01",
            "2025-05-09T25:00:00",
            "2025-05-09T17:42:13.xZ",
            "2025-05-09T17:42:13Zx",
            "1969-12-31",
            "2025-05-09T",
            "2025-05-09T17:42:13+",
            "+025-05-09",
            "2025-05-09T17:42:13.é",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

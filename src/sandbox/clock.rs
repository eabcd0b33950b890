//! Times as Partnero writes and reads them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// ISO 8601 with six fractional digits and `Z`, as `2025-05-09T17:42:13.000000Z`.
pub(super) fn iso(time: SystemTime) -> String {
    let since = since_epoch(time);
    let (year, month, day) = date(since.as_secs() / DAY);
    let (hour, minute, second) = hour_of_day(since.as_secs());
    let micros = since.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// The form of a date in HTTP (RFC 9110, section 5.6.7), as `Fri, 09 May 2025 17:42:13 GMT`.
pub(super) fn http_date(time: SystemTime) -> String {
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let seconds = since_epoch(time).as_secs();
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = hour_of_day(seconds);
    let weekday = (0..7).zip(WEEKDAYS).find(|(n, _)| *n == seconds / DAY % 7);
    let month = (1..=12).zip(MONTHS).find(|(n, _)| *n == month);
    let (weekday, month) = (weekday.map_or("", |(_, d)| d), month.map_or("", |(_, m)| m));
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Reads a date, or a date and time with or without fraction and offset; without one it is UTC.
pub(super) fn parse(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let (year, rest) = date.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let days = days(number(year, 4)?, number(month, 2)?, number(day, 2)?)?;

    let offset_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, offset) = time.split_at(offset_at);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let seconds = clock_seconds(time)?;
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let micros: u64 = format!("{fraction:0<6.6}").parse().ok()?;
    let local = Duration::from_secs(days * DAY + seconds) + Duration::from_micros(micros);
    let utc = match offset.split_at_checked(1) {
        None | Some(("Z", "")) => local,
        Some(("+", ahead)) => local.checked_sub(Duration::from_secs(clock_seconds(ahead)?))?,
        Some(("-", behind)) => local.checked_add(Duration::from_secs(clock_seconds(behind)?))?,
        Some(_) => return None,
    };
    UNIX_EPOCH.checked_add(utc)
}

/// The seconds of `HH:MM` or `HH:MM:SS`.
fn clock_seconds(text: &str) -> Option<u64> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, second) = rest.split_once(':').unwrap_or((rest, "00"));
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3_600 + minute * 60 + second)
}

fn number(text: &str, digits: usize) -> Option<u64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// The time without its fraction of a second.
pub(super) fn whole_seconds(time: SystemTime) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(since_epoch(time).as_secs())
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
}

fn hour_of_day(seconds: u64) -> (u64, u64, u64) {
    (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

/// The date of a day counted from 1970-01-01, in the calendar that repeats every 400 years
/// (146,097 days). Years are counted from March here, so that the leap day is a year's last.
fn date(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468;
    let (era, day_of_era) = (day / 146_097, day % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// The day of a date, counted from 1970-01-01; `None` if there is no such date, or an earlier
/// one.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let from_march = if month <= 2 {
        year.checked_sub(1)?
    } else {
        year
    };
    let (era, year_of_era) = (from_march / 400, from_march % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.checked_sub(1)?;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let found = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    (date(found) == (year, month, day)).then_some(found)
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

    #[test]
    fn http_dates_name_the_weekday() {
        assert_eq!(http_date(at(0, 0)), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(
            http_date(at(1_746_812_533, 9)),
            "Fri, 09 May 2025 17:42:13 GMT"
        );
    }
}

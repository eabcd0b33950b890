//! Points in time: written as Partnero writes them, and reckoned from now.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use tokio::time::Instant;

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

/// Writes a time as [`text`] does, for a field that is serialized.
#[expect(clippy::ref_option, reason = "serde hands the field in like this")]
pub(super) fn serialize<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    time.and_then(text).serialize(serializer)
}

/// The time `wait` from now. A wait that the clock cannot count ends in thirty years instead.
pub(super) fn after(now: Instant, wait: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    // `now + wait` would panic for `Duration::MAX`, which a setting may be.
    now.checked_add(wait).unwrap_or(now + FAR)
}

/// Whole seconds since 1970; `None` before that.
pub(super) fn unix(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_documented_forms() {
        let time = UNIX_EPOCH + Duration::new(1_746_812_533, 42_000);
        assert_eq!(text(time).as_deref(), Some("2025-05-09T17:42:13.000042Z"));
        assert_eq!(unix(time), Some(1_746_812_533));
    }

    #[test]
    fn what_cannot_be_written_is_none() {
        let before = UNIX_EPOCH - Duration::from_secs(1);
        let far = UNIX_EPOCH + Duration::from_secs(400_000_000_000);
        assert_eq!((text(before), unix(before), text(far)), (None, None, None));
    }
}

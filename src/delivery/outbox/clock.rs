//! Times and lengths of time as the database counts them: in milliseconds, from 1970 on.

use std::time::{Duration, SystemTime};

/// A length of time; a negative one counts as none.
pub(crate) fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// A point in time; one before 1970 counts as 1970.
pub(super) fn time(at: i64) -> SystemTime {
    let since = millis(at);
    SystemTime::UNIX_EPOCH
        .checked_add(since)
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The present, for the table in memory. A database has a clock of its own.
pub(super) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A length of time for the database, which adds it to its clock. The longest is a quarter of what
/// the column holds, so that no sum overflows.
pub(crate) fn to_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis())
        .unwrap_or(i64::MAX)
        .min(i64::MAX / 4)
}

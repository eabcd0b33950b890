//! How the outbox stands.

use std::time::{Duration, SystemTime};

/// How much waits in the outbox, from one cheap query: it reads what waits, and no receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Reports that are not delivered and not given up, without those that are
    /// [`held`](Self::held).
    pub pending: u64,
    /// Those of them whose time has come; the others wait for their next try or are being sent.
    pub ready: u64,
    /// Reports that wait until another one has arrived: their customer's sign-up, the sale they
    /// refund, or the sign-up of their referrer.
    pub held: u64,
    /// Dead letters.
    pub dead: u64,
    /// How long ago the oldest pending report was enqueued.
    pub oldest: Option<Duration>,
    /// How long the whole fleet has been pausing, if it is.
    pub shut_for: Option<Duration>,
    /// Why it is pausing.
    pub shut_because: Option<String>,
}

impl Status {
    /// Whether everything has arrived that is not dead, or behind something dead.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.pending == 0
    }
}

/// A length of time that a database tells in milliseconds.
pub(crate) fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// A point in time that a database tells in milliseconds since 1970.
pub(crate) fn time(at: i64) -> SystemTime {
    let since = millis(at);
    SystemTime::UNIX_EPOCH
        .checked_add(since)
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A length of time as databases take it; too long is as long as there is.
pub(crate) fn to_millis(duration: Duration) -> i64 {
    // Far from the end, because a database adds it to its clock.
    i64::try_from(duration.as_millis())
        .unwrap_or(i64::MAX)
        .min(i64::MAX / 4)
}

//! How much waits in the outbox.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// How much waits in the outbox. [`Outbox::status`](super::Outbox::status) reads it in one query
/// that does not read receipts.
///
/// As JSON it has a field for each field here, under a name that stays the same. Times are whole
/// seconds: `oldest_seconds`, `overdue_seconds`, `paused_for_seconds`. What is absent is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// Reports that are neither delivered nor dead. Reports that are [`held`](Self::held) are not
    /// counted here.
    pub pending: u64,
    /// The pending reports that are due now. The other pending reports wait for their next try or
    /// behind an older report about the same customer, or a worker is sending them. A report that
    /// waits behind an older one may be counted here until a worker has seen it.
    pub ready: u64,
    /// Reports that wait until another report has arrived: the sign-up of their customer, the sale
    /// that they refund, or the sign-up of their referrer, whom
    /// Partnero does not know.
    pub held: u64,
    /// Dead letters.
    pub dead: u64,
    /// The age of the oldest pending report.
    #[serde(rename = "oldest_seconds", serialize_with = "seconds")]
    pub oldest: Option<Duration>,
    /// How long the report has been due that no worker has claimed for the longest time. Outside of a
    /// pause, more than some seconds mean that no worker runs, or that the workers do not keep up.
    #[serde(rename = "overdue_seconds", serialize_with = "seconds")]
    pub overdue: Option<Duration>,
    /// How long the whole fleet has been pausing; `None` while it does not pause.
    #[serde(rename = "paused_for_seconds", serialize_with = "seconds")]
    pub paused_for: Option<Duration>,
    /// Why the fleet pauses.
    pub paused_because: Option<String>,
}

impl Status {
    /// Whether no report is pending. Dead letters, and the reports that they hold, may be left.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.pending == 0
    }
}

#[expect(
    clippy::ref_option,
    reason = "serde calls it with a reference to the field"
)]
fn seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.as_secs()).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_whole_seconds_in_json() {
        let status = Status {
            pending: 3,
            ready: 2,
            held: 1,
            dead: 4,
            oldest: Some(Duration::from_millis(61_900)),
            overdue: None,
            paused_for: Some(Duration::from_secs(5)),
            paused_because: Some("a 429".to_owned()),
        };
        let expected = json!({
            "pending": 3, "ready": 2, "held": 1, "dead": 4, "oldest_seconds": 61,
            "overdue_seconds": null, "paused_for_seconds": 5, "paused_because": "a 429"
        });
        assert_eq!(serde_json::to_value(status).unwrap(), expected);
    }
}

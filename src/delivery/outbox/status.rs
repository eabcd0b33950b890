//! How much waits in the outbox.

use std::time::Duration;

/// How much waits in the outbox. [`Outbox::status`](super::Outbox::status) reads it in one query
/// that does not read receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// that they refund, or the sign-up of their referrer.
    pub held: u64,
    /// Dead letters.
    pub dead: u64,
    /// The age of the oldest pending report.
    pub oldest: Option<Duration>,
    /// How long the report has been due that no worker has claimed for the longest time. Outside of a
    /// pause, more than some seconds mean that no worker runs, or that the workers do not keep up.
    pub overdue: Option<Duration>,
    /// How long the whole fleet has been pausing; `None` while it does not pause.
    pub shut_for: Option<Duration>,
    /// Why the fleet pauses.
    pub shut_because: Option<String>,
}

impl Status {
    /// Whether no report is pending. Dead letters, and the reports that they hold, may be left.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.pending == 0
    }
}

//! A report that was given up.

use std::fmt;
use std::time::SystemTime;

use crate::delivery::report::ReportKind;

/// A report that the worker has given up. A person decides what becomes of it:
/// [`Outbox::replay`](super::Outbox::replay) or [`Outbox::discard`](super::Outbox::discard).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The row's id.
    pub id: i64,
    /// What the report is about.
    pub kind: ReportKind,
    /// The key of the report.
    pub key: String,
    /// The customer whom the report is about, by the app's own identifier.
    pub customer: String,
    /// Why the report was given up: the name of a [`DeadReason`](crate::delivery::DeadReason).
    pub reason: String,
    /// The last error, with Partnero's own words. `Debug` leaves it out, because it may name a
    /// person.
    pub last_answer: String,
    /// How many times the worker has tried.
    pub attempts: u64,
    /// When the report was enqueued, by the database's clock.
    pub enqueued_at: SystemTime,
    /// When the worker gave the report up, by the database's clock.
    pub died_at: SystemTime,
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("key", &self.key)
            .field("customer", &self.customer)
            .field("reason", &self.reason)
            .field("attempts", &self.attempts)
            .field("enqueued_at", &self.enqueued_at)
            .field("died_at", &self.died_at)
            .finish_non_exhaustive()
    }
}

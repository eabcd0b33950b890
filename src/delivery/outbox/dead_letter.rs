//! What Partnero would not take, and what is done about it.

use std::fmt;
use std::time::SystemTime;

use crate::delivery::report::ReportKind;

/// A report that was given up, until a person decides: replay it, or discard it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The row's id.
    pub id: i64,
    /// What it reports.
    pub kind: ReportKind,
    /// The key it is reported under.
    pub key: String,
    /// Whom it is about, by the app's own identifier.
    pub customer: String,
    /// Why it was given up: `refused`, `parked`, `unreadable` or `too_old`.
    pub reason: String,
    /// Partnero's last answer, in its own words; `Debug` leaves it out, because it may name
    /// somebody.
    pub last_answer: String,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was enqueued, by the database's clock.
    pub enqueued_at: SystemTime,
    /// When it was given up, by the database's clock.
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

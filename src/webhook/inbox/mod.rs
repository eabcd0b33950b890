//! Remembers which events were received, so that each has its effect once.
//!
//! Partnero sends an event again if the answer was lost, and gives events no identifier. So the inbox
//! remembers digests: [`Event::digest`](crate::Event::digest), or by choice
//! [`Event::digest_without_time`](crate::Event::digest_without_time).
//!
//! Record the digest in the same transaction as the effect. If the process dies before the commit,
//! neither is there, and the event that Partnero sends again counts as the first. If it dies after
//! the commit and before its answer, Partnero sends the event again, and the inbox says
//! [`Seen::Repeated`].
//!
//! | | |
//! |---|---|
//! | [`MemoryInbox`] | for tests, and effects that a restart may repeat |
//! | `inbox::sqlite`, feature `inbox-sqlite` | in the app's own transaction |
//! | `inbox::postgres`, feature `inbox-postgres` | in the app's own transaction, for any number of processes |
//!
//! Both need Rust 1.94, as sqlx does.
//!
//! # The table
//!
//! ```sql
//! CREATE TABLE partnero_inbox (
//!     digest      TEXT NOT NULL PRIMARY KEY,     -- 64 lower-case hexadecimal digits
//!     received_at INTEGER NOT NULL DEFAULT (unixepoch()) -- SQLite
//!     received_at TIMESTAMPTZ NOT NULL DEFAULT now()     -- PostgreSQL
//! );
//! ```
//!
//! The table will not change, so any driver and any language can use it:
//! `INSERT INTO partnero_inbox (digest) VALUES (…) ON CONFLICT (digest) DO NOTHING` writes one row
//! for a new event, and none for a repeated one.
//!
//! # Pruning
//!
//! A digest that was pruned is forgotten, and somebody who recorded the request could send it again.
//! So either keep digests for ever (a row is about 100 bytes), or let the verifier refuse events older
//! than a [`max_age`](crate::WebhookVerifier::max_age), and prune digests older than twice that. It
//! has to be twice, because an event may be that far in the future when it is received.
//!
//! # What is the same event
//!
//! Two subscriptions to the same event send it twice, each under its own key, and the inbox takes
//! them for two events. A verifier with one secret refuses the events of the other subscription. If
//! the verifier has [both secrets](crate::WebhookVerifier::secret), delete the old subscription
//! before you make the new one.

mod memory;
#[cfg(feature = "inbox-postgres")]
pub mod postgres;
#[cfg(feature = "inbox-sqlite")]
pub mod sqlite;

pub use self::memory::MemoryInbox;

/// Whether an event was received before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a repeated event must have no effect"]
#[non_exhaustive]
pub enum Seen {
    /// It is new, and now it is on record.
    First,
    /// It was received before, and has had its effect. Nothing was written.
    Repeated,
}

impl Seen {
    /// Whether the event is new.
    #[must_use]
    pub fn is_first(self) -> bool {
        self == Self::First
    }

    #[cfg(any(feature = "inbox-postgres", feature = "inbox-sqlite"))]
    fn of_rows(written: u64) -> Self {
        if written == 0 {
            Self::Repeated
        } else {
            Self::First
        }
    }
}

#[cfg(any(feature = "inbox-postgres", feature = "inbox-sqlite"))]
const INSERT: &str =
    "INSERT INTO partnero_inbox (digest) VALUES ($1) ON CONFLICT (digest) DO NOTHING";

//! Which events were seen before, so that each has its effect once.
//!
//! Partnero tells an event again when an answer was lost, and names no identifier by which to
//! know it. So the inbox remembers digests: [`Event::digest`](crate::Event::digest), or by choice
//! [`Event::digest_without_time`](crate::Event::digest_without_time).
//!
//! The digest belongs into the same transaction as the effect. A process that dies in between has
//! then done neither, and the event that Partnero tells again is the first; one that dies after
//! the commit and before its answer is told again, and the inbox says [`Seen::Repeated`].
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
//! It stays as it is, so that any driver and any language can take part:
//! `INSERT INTO partnero_inbox (digest) VALUES (…) ON CONFLICT (digest) DO NOTHING` changes one
//! row for an event that is the first of its kind, and none for a repeated one.
//!
//! # Pruning
//!
//! A digest that was pruned is forgotten, and whoever recorded the request could send it once
//! more. So either keep digests for good (a row is about 100 bytes), or let the verifier refuse
//! what is older than a [`max_age`](crate::WebhookVerifier::max_age), and prune after twice that:
//! an event may be as far in the future when it is received, and so is let in for twice as long.
//!
//! # What is the same event
//!
//! Two subscriptions to the same event tell it twice, each under its own key, and the inbox takes
//! them for two. A verifier that knows the secret of one of them refuses the other's; whoever
//! gives it [both](crate::WebhookVerifier::secret) deletes the old subscription before the new one
//! is made.

mod memory;
#[cfg(feature = "inbox-postgres")]
pub mod postgres;
#[cfg(feature = "inbox-sqlite")]
pub mod sqlite;

pub use self::memory::MemoryInbox;

/// Whether an event was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a repeated event must have no effect"]
#[non_exhaustive]
pub enum Seen {
    /// It was not; now it is on record.
    First,
    /// It was, and nothing was written. It has had its effect.
    Repeated,
}

impl Seen {
    /// Whether the event is to have its effect.
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

//! An empty inbox in each engine, and what an app does with it.

use tower_partnero::webhook::EventDigest;
use tower_partnero::webhook::inbox::{MemoryInbox, Seen};

use super::database::Database;

#[derive(Clone)]
pub(crate) enum Inbox {
    Memory(MemoryInbox),
    Database(Database),
}

/// What becomes of the effects.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum End {
    Kept,
    Failed,
}

impl Inbox {
    pub(crate) fn memory() -> Self {
        Self::Memory(MemoryInbox::new(10))
    }

    pub(crate) async fn sqlite() -> Self {
        Self::Database(Database::sqlite().await)
    }

    /// As [`Database::postgres`].
    #[cfg(postgres)]
    pub(crate) async fn postgres(test: &str) -> Self {
        Self::Database(Database::postgres(test).await)
    }

    /// Records events one after the other, and then their effects are kept, or fail.
    pub(crate) async fn take(&self, digests: &[EventDigest], end: End) -> Vec<Seen> {
        match self {
            Self::Memory(inbox) => {
                let seen: Vec<Seen> = digests.iter().map(|digest| inbox.record(digest)).collect();
                for (digest, seen) in digests.iter().zip(&seen) {
                    if end == End::Failed && seen.is_first() {
                        inbox.forget(digest);
                    }
                }
                seen
            }
            Self::Database(database) => database.take(digests, end).await,
        }
    }
}

//! What an operator does with an outbox.

use std::time::Duration;

use super::handle::with_store;
use super::store::{Store, Which};
use super::{DeadLetter, Outbox, OutboxError, Status, to_millis};

impl Outbox {
    /// How much waits: for a readiness check and a gauge.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn status(&self) -> Result<Status, OutboxError> {
        with_store!(self, store => store.status().await)
    }

    /// Up to `limit` dead letters, oldest first, beginning behind the id `after`; 0 is before
    /// all.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn dead(&self, after: i64, limit: u32) -> Result<Vec<DeadLetter>, OutboxError> {
        with_store!(self, store => store.dead(after, limit.into()).await)
    }

    /// Makes one dead letter due again; whether there was one.
    ///
    /// A sale that may have arrived is looked up first. A parked credit is sent again as it is:
    /// find out before that it did not arrive. What waited behind a customer follows once the
    /// customer has arrived.
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn replay(&self, id: i64) -> Result<bool, OutboxError> {
        let replayed = with_store!(self, store => store.replay(Which::One(id)).await)?;
        self.enqueued.notify_waiters();
        Ok(replayed > 0)
    }

    /// Makes all dead letters due again, but not credits, each of which needs a look of its own;
    /// how many there were.
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn replay_all(&self) -> Result<u64, OutboxError> {
        let replayed = with_store!(self, store => store.replay(Which::All).await)?;
        self.enqueued.notify_waiters();
        Ok(replayed)
    }

    /// Gives one dead letter up for good; whether there was one. It becomes a receipt that holds
    /// the reason, and what waited behind it goes on.
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn discard(&self, id: i64, reason: &str) -> Result<bool, OutboxError> {
        let discarded = with_store!(self, store => store.discard(id, reason).await)?;
        self.enqueued.notify_waiters();
        Ok(discarded)
    }

    /// Ends a pause of the whole fleet at once, whoever has asked for it; whether there was one.
    /// Reports that were told to wait as long are due at once.
    ///
    /// A pause ends by itself, and `Retry-After` is there to be kept: this is for one that is so
    /// long that it must be a mistake. If Partnero answers as before, the fleet pauses anew.
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn resume(&self) -> Result<bool, OutboxError> {
        let resumed = with_store!(self, store => store.resume().await)?;
        self.enqueued.notify_waiters();
        Ok(resumed)
    }

    /// Deletes receipts that are older than `age`, a thousand per transaction; how many there
    /// were. They are looked for before each transaction, so that it is short.
    ///
    /// Receipts keep a key from being paid twice. Once some are gone, every sale is looked up at
    /// Partnero before it is sent, which costs a call each. Receipts of credits stay, because
    /// credits cannot be looked up.
    ///
    /// # Errors
    ///
    /// The database cannot be written to.
    pub async fn prune(&self, age: Duration) -> Result<u64, OutboxError> {
        const BATCH: i64 = 1_000;
        let mut pruned = 0;
        loop {
            let batch = with_store!(self, store => store.prune(to_millis(age), BATCH).await)?;
            pruned += batch;
            if batch == 0 {
                return Ok(pruned);
            }
        }
    }
}

//! What a worker asks of an outbox, and how long it waits for an answer.

use std::time::Duration;

use super::handle::with_store;
use super::store::{Change, Claim, Passage, Store, Written};
use super::transaction::Engine;
use super::{Outbox, OutboxError, OutboxErrorKind, to_millis};

/// A connection whose other end is gone says nothing at all, and the drivers have neither a
/// time-out nor keep-alives for it. Everything that is asked takes moments.
const PATIENCE: Duration = Duration::from_secs(15);

impl Outbox {
    pub(crate) async fn claim(
        &self,
        owner: &str,
        lease: Duration,
        limit: usize,
    ) -> Result<Claim, OutboxError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        with_store!(self, store => in_time(store.claim(owner, to_millis(lease), limit)).await)
    }

    pub(crate) async fn write(&self, changes: &[Change]) -> Result<Vec<Written>, OutboxError> {
        with_store!(self, store => in_time(store.write(changes)).await)
    }

    /// Whether somebody else's lock is on a row, and not on the whole database.
    pub(crate) fn locks_rows(&self) -> bool {
        match self.kind() {
            Engine::Memory => false,
            #[cfg(feature = "outbox-sqlite")]
            Engine::Sqlite => false,
            #[cfg(feature = "outbox-postgres")]
            Engine::Postgres => true,
        }
    }

    pub(crate) async fn passage(&self) -> Result<Passage, OutboxError> {
        with_store!(self, store => in_time(store.passage()).await)
    }

    pub(crate) async fn shut_gate(&self, reason: &str, wait: Duration) -> Result<(), OutboxError> {
        with_store!(self, store => in_time(store.shut_gate(reason, to_millis(wait))).await)
    }

    pub(crate) async fn take_probe(&self, hold: Duration) -> Result<Option<i64>, OutboxError> {
        with_store!(self, store => in_time(store.take_probe(to_millis(hold))).await)
    }

    pub(crate) async fn defer_probe(&self, wait: Duration) -> Result<(), OutboxError> {
        with_store!(self, store => in_time(store.defer_probe(to_millis(wait))).await)
    }

    pub(crate) async fn open_gate(&self) -> Result<(), OutboxError> {
        with_store!(self, store => in_time(store.open_gate()).await)
    }
}

async fn in_time<T>(asked: impl Future<Output = Result<T, OutboxError>>) -> Result<T, OutboxError> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(OutboxError::new(OutboxErrorKind::Unavailable)
            .with_message("it does not answer")
            .with_source(elapsed)),
    }
}

//! The table's operations, whichever engine keeps it.
//!
//! Each operation is one transaction. Its rule stands here; how an engine does it stands in the
//! function of the same name in `sql/` (both databases) and in `memory/`. Times in a row are the
//! database's own clock, in milliseconds since 1970.

mod memory;
#[cfg(feature = "outbox-postgres")]
pub(crate) mod postgres;
mod protocol;
#[cfg(feature = "outbox-sqlite")]
pub(crate) mod sqlite;
#[cfg(test)]
mod suite;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::memory::Memory;
use self::protocol::Kind;
pub(crate) use self::protocol::{
    Announced, Change, Check, Claim, Claimed, Next, NextLease, Op, Passage, Places, Repair, Sent,
    Which, Written,
};
use super::clock::to_millis;
use super::transaction::Engine;
use super::{DeadLetter, Enqueued, Forgotten, OutboxError, OutboxErrorKind, Status};
use crate::delivery::outbox::OutboxRow;

/// How long a worker waits for an answer. If the machine at the other end of a connection is gone,
/// no error ever comes: sqlx has neither a time-out nor keep-alives for that. Every statement here
/// takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// The rows of one program in the table.
#[derive(Clone)]
pub(crate) struct Store {
    table: Table,
    program: Arc<str>,
}

/// Where the table is.
#[derive(Clone)]
pub(crate) enum Table {
    Memory(Memory),
    #[cfg(feature = "outbox-sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "outbox-postgres")]
    Postgres(sqlx::PgPool),
}

/// Calls the function of this name in the engine's own module.
macro_rules! ask {
    ($store:expr, $function:ident($($argument:expr),*)) => {
        match &$store.table {
            Table::Memory(memory) => Ok(memory.$function(&$store.program, $($argument),*)),
            #[cfg(feature = "outbox-sqlite")]
            Table::Sqlite(pool) => sqlite::$function(pool, &$store.program, $($argument),*).await,
            #[cfg(feature = "outbox-postgres")]
            Table::Postgres(pool) => postgres::$function(pool, &$store.program, $($argument),*).await,
        }
    };
}

/// What an app does.
#[cfg_attr(
    not(any(feature = "outbox-sqlite", feature = "outbox-postgres")),
    expect(clippy::unused_async, reason = "a table in memory answers at once")
)]
impl Store {
    /// The rows of the app's only program.
    pub(crate) fn new(table: Table) -> Self {
        let program = Arc::from("");
        Self { table, program }
    }

    /// The rows of another program in the same table.
    pub(super) fn of(&self, program: &str) -> Self {
        Self {
            table: self.table.clone(),
            program: program.into(),
        }
    }

    pub(super) fn program(&self) -> &str {
        &self.program
    }

    pub(super) fn engine(&self) -> Engine {
        match self.table {
            Table::Memory(_) => Engine::Memory,
            #[cfg(feature = "outbox-sqlite")]
            Table::Sqlite(_) => Engine::Sqlite,
            #[cfg(feature = "outbox-postgres")]
            Table::Postgres(_) => Engine::Postgres,
        }
    }

    /// Writes one row in a transaction of its own.
    pub(super) async fn enqueue(&self, row: &OutboxRow) -> Result<Enqueued, OutboxError> {
        // Without `in_time`: how long an app waits for its own database is the app's decision.
        ask!(self, enqueue(row))
    }

    /// Empties what is there about one customer, in a transaction of its own.
    pub(super) async fn forget(&self, customer: &str) -> Result<Forgotten, OutboxError> {
        ask!(self, forget(customer))
    }

    /// The rows about one customer, oldest first, each an object of its columns.
    pub(super) async fn export(
        &self,
        customer: &str,
    ) -> Result<Vec<serde_json::Value>, OutboxError> {
        ask!(self, export(customer))
    }
}

/// What a worker does.
#[cfg_attr(
    not(any(feature = "outbox-sqlite", feature = "outbox-postgres")),
    expect(clippy::unused_async, reason = "a table in memory answers at once")
)]
impl Store {
    /// Leases the oldest rows of as many lanes as there are places. No two claims may have the same
    /// `owner`.
    pub(crate) async fn claim(
        &self,
        owner: &str,
        lease: Duration,
        places: Places,
    ) -> Result<Claim, OutboxError> {
        let claim = in_time(async { ask!(self, claim(owner, to_millis(lease), places)) }).await;
        #[cfg(feature = "outbox-postgres")]
        self.leave_standby(&claim).await;
        claim
    }

    /// Writes what became of leased rows. A row whose lease has passed to another owner is left as
    /// it is.
    pub(crate) async fn write(&self, changes: &[Change]) -> Result<Vec<Written>, OutboxError> {
        let written = in_time(async { ask!(self, write(changes)) }).await;
        #[cfg(feature = "outbox-postgres")]
        self.leave_standby(&written).await;
        written
    }

    /// After a failover the connections of the pool may lead to a server that has become a standby.
    /// They work, but write nothing for as long as they live, so they are closed.
    #[cfg(feature = "outbox-postgres")]
    async fn leave_standby<T>(&self, result: &Result<T, OutboxError>) {
        let is_read_only = |error: &OutboxError| error.kind() == OutboxErrorKind::ReadOnly;
        if result.as_ref().err().is_some_and(is_read_only)
            && let Table::Postgres(pool) = &self.table
        {
            postgres::leave_standby(pool, PATIENCE).await;
        }
    }

    /// Makes rows due that wait for a row which a person has deleted or changed by hand. One call
    /// looks at some of the rows that wait. The answer is where the next call begins, or `None` if
    /// all have been looked at.
    pub(crate) async fn repair(&self, from: &Repair) -> Result<Option<Repair>, OutboxError> {
        match &self.table {
            Table::Memory(_) => {
                // Nobody can change it by hand.
                let _ = from;
                Ok(None)
            }
            #[cfg(feature = "outbox-sqlite")]
            Table::Sqlite(pool) => in_time(sqlite::repair(pool, &self.program, from)).await,
            #[cfg(feature = "outbox-postgres")]
            Table::Postgres(pool) => in_time(postgres::repair(pool, &self.program, from)).await,
        }
    }

    /// Whether the engine locks single rows, so that a lock that somebody else holds concerns that
    /// row alone.
    pub(crate) fn locks_rows(&self) -> bool {
        match self.table {
            Table::Memory(_) => false,
            #[cfg(feature = "outbox-sqlite")]
            Table::Sqlite(_) => false,
            #[cfg(feature = "outbox-postgres")]
            Table::Postgres(_) => true,
        }
    }

    /// Whether the gate is open.
    pub(crate) async fn passage(&self) -> Result<Passage, OutboxError> {
        in_time(async { ask!(self, passage()) }).await
    }

    /// Shuts the gate, or keeps it shut. The next probe is due after `wait` at the earliest.
    pub(crate) async fn shut_gate(&self, reason: &str, wait: Duration) -> Result<(), OutboxError> {
        in_time(async { ask!(self, shut_gate(reason, to_millis(wait))) }).await
    }

    /// Takes the probe of a shut gate if it is due, and nobody else may take it for `hold`. The
    /// answer is the number of probes before this one.
    pub(crate) async fn take_probe(&self, hold: Duration) -> Result<Option<i64>, OutboxError> {
        in_time(async { ask!(self, take_probe(to_millis(hold))) }).await
    }

    /// Puts the next probe of a shut gate off by `wait`.
    pub(crate) async fn defer_probe(&self, wait: Duration) -> Result<(), OutboxError> {
        in_time(async { ask!(self, defer_probe(to_millis(wait))) }).await
    }

    /// Opens the gate, unless somebody has meanwhile asked for a longer pause.
    pub(crate) async fn open_gate(&self) -> Result<(), OutboxError> {
        in_time(async { ask!(self, open_gate()) }).await
    }
}

/// What an operator does.
#[cfg_attr(
    not(any(feature = "outbox-sqlite", feature = "outbox-postgres")),
    expect(clippy::unused_async, reason = "a table in memory answers at once")
)]
impl Store {
    /// Opens the gate, however long it was to stay shut, and makes rows due that were put off to
    /// the end of the pause or later. The answer says whether the gate was shut.
    pub(super) async fn resume(&self) -> Result<bool, OutboxError> {
        ask!(self, resume())
    }

    pub(super) async fn status(&self) -> Result<Status, OutboxError> {
        ask!(self, status())
    }

    /// Dead letters with an id greater than `after`, lowest id first.
    pub(super) async fn dead(
        &self,
        after: i64,
        limit: i64,
    ) -> Result<Vec<DeadLetter>, OutboxError> {
        ask!(self, dead(after, limit))
    }

    /// Makes dead letters due again. The answer is their number.
    pub(super) async fn replay(&self, which: Which) -> Result<u64, OutboxError> {
        ask!(self, replay(which))
    }

    /// Turns a dead letter into a receipt. The answer says whether there was such a dead letter.
    pub(super) async fn discard(&self, id: i64, reason: &str) -> Result<bool, OutboxError> {
        ask!(self, discard(id, reason))
    }

    /// Makes rows due whose time is more than `beyond` ahead. The answer is their number.
    pub(super) async fn hasten(&self, beyond: Duration) -> Result<u64, OutboxError> {
        ask!(self, hasten(to_millis(beyond)))
    }

    /// Deletes up to `limit` receipts that are older than `age`, but none of credits.
    pub(super) async fn prune(&self, age: Duration, limit: i64) -> Result<u64, OutboxError> {
        ask!(self, prune(to_millis(age), limit))
    }
}

async fn in_time<T>(asked: impl Future<Output = Result<T, OutboxError>>) -> Result<T, OutboxError> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(elapsed) => Err(OutboxError::new(OutboxErrorKind::Unavailable)
            .with_message("no answer within 15 seconds")
            .with_source(elapsed)),
    }
}

//! The table's operations, whichever engine keeps it.
//!
//! Each operation is one transaction. Its rule stands here; how an engine does it stands in the
//! function of the same name in `sql/` (both databases) and in `memory/`. Times in a row are the
//! database's own clock, in milliseconds since 1970.

mod change;
mod memory;
#[cfg(feature = "outbox-postgres")]
pub(crate) mod postgres;
#[cfg(feature = "outbox-sqlite")]
pub(crate) mod sqlite;
#[cfg(test)]
mod suite;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::change::{Announced, Change, Check, Next, NextLease, Op, Sent, Written};
pub(crate) use self::memory::Memory;
use super::clock::to_millis;
use super::transaction::Engine;
use super::{DeadLetter, Enqueued, Forgotten, OutboxError, OutboxErrorKind, Status};
use crate::delivery::outbox::OutboxRow;
use crate::delivery::report::ReportKind;

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

/// A row that a claim has leased.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) kind: ReportKind,
    pub(crate) key: String,
    pub(crate) customer: String,
    pub(crate) payload: Option<String>,
    /// How many attempts have ended before this one.
    pub(crate) attempts: i64,
    pub(crate) created_at: i64,
    /// When a send was announced whose end is not known.
    pub(crate) sent_at: Option<i64>,
    pub(crate) tried_at: Option<i64>,
    /// For how long Partnero has been answering without taking the report.
    pub(crate) failing_ms: i64,
}

impl fmt::Debug for Claimed {
    /// Without personal data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// How many rows a claim may take.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    pub(crate) all: usize,
    /// Of rows that were never tried.
    pub(crate) fresh: usize,
    /// Of rows that have failed before.
    pub(crate) repeated: usize,
    /// Rows that have failed before come first.
    pub(crate) repeated_first: bool,
    /// An odd number of places for fresh rows is divided in favour of the newest.
    pub(crate) newest_first: bool,
}

impl Places {
    /// In which order the rows are looked for, and how many of each kind at most.
    fn kinds(&self) -> [(Kind, usize); 2] {
        let fresh = (Kind::Fresh, self.fresh.min(self.all));
        let repeated = (Kind::Repeated, self.repeated.min(self.all));
        if self.repeated_first {
            [repeated, fresh]
        } else {
            [fresh, repeated]
        }
    }

    /// How many of so many fresh rows are the newest. The others are the oldest, so that neither a
    /// long past nor a burst keeps the other waiting.
    fn newest(&self, fresh: usize) -> usize {
        usize::midpoint(fresh, usize::from(self.newest_first))
    }
}

/// Whether a row was tried before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fresh,
    Repeated,
}

/// The answer to a claim.
pub(crate) enum Claim {
    Open {
        /// The database's clock.
        now: i64,
        /// Receipts of sales were deleted before this claim. A sale among its rows may have been
        /// paid before, and its receipt may be gone.
        pruned: bool,
        rows: Vec<Claimed>,
        /// More rows may be due for which there was a place.
        more: bool,
    },
    /// The fleet pauses. The next probe is due in so many milliseconds.
    Shut { probe_in: i64 },
}

/// Who in the fleet may call Partnero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Everybody.
    Open,
    /// Only the probe.
    Probe,
    /// Nobody: Partnero has asked for a pause that is not over.
    Shut,
}

impl Passage {
    /// Of a gate that is shut, and that must stay shut for another `left` milliseconds.
    fn shut_for(left: i64) -> Self {
        if left > 0 { Self::Shut } else { Self::Probe }
    }
}

/// Which dead letters are replayed.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    One(i64),
    All,
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
    pub(super) fn new(table: Table) -> Self {
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
            postgres::leave_standby(pool).await;
        }
    }

    /// Makes rows due that wait for a row which a person has deleted or changed by hand.
    pub(crate) async fn repair(&self) -> Result<(), OutboxError> {
        match &self.table {
            // Nobody can change it by hand.
            Table::Memory(_) => Ok(()),
            #[cfg(feature = "outbox-sqlite")]
            Table::Sqlite(pool) => in_time(sqlite::repair(pool, &self.program)).await,
            #[cfg(feature = "outbox-postgres")]
            Table::Postgres(pool) => in_time(postgres::repair(pool, &self.program)).await,
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

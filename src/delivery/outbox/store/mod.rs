//! What an engine has to do: the rules of the table, one method for each hand-over.
//!
//! Every method is one transaction. Every time in a row is the database's own clock in
//! milliseconds since 1970; every length of time that comes in is relative to it.

mod memory;
mod op;
#[cfg(feature = "outbox-postgres")]
pub(crate) mod postgres;
#[cfg(feature = "outbox-sqlite")]
pub(crate) mod sqlite;
#[cfg(test)]
mod suite;

use std::future::Future;

pub(crate) use self::memory::Memory;
pub(crate) use self::op::{Announced, Change, Check, Op, Sent, Written};
use super::{DeadLetter, Enqueued, OutboxError, Status};
use crate::delivery::report::{NewRow, ReportKind};

/// A row that this owner holds until its lease ends.
#[derive(Clone)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) kind: ReportKind,
    pub(crate) key: String,
    pub(crate) customer: String,
    pub(crate) payload: Option<String>,
    /// How many tries have ended before this one.
    pub(crate) attempts: i64,
    pub(crate) created_at: i64,
    /// When a send was announced whose end is not known.
    pub(crate) sent_at: Option<i64>,
    pub(crate) tried_at: Option<i64>,
    /// How long Partnero has been answering without taking it.
    pub(crate) failing_ms: i64,
}

/// What a worker gets when it asks for work.
pub(crate) enum Claim {
    Open {
        /// The database's clock.
        now: i64,
        /// Receipts of sales were pruned before one of these rows was claimed: its key may have
        /// been paid before anybody remembers.
        pruned: bool,
        rows: Vec<Claimed>,
    },
    /// The fleet pauses; a probe is due in so many milliseconds.
    Shut { probe_in: i64 },
}

/// Who may call Partnero, as far as the fleet is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Everybody.
    Open,
    /// Nobody but a probe.
    Probe,
    /// Nobody: Partnero has asked for a pause that is not over.
    Shut,
}

impl Passage {
    /// Of a gate that is shut, and for how much longer at least.
    fn shut_for(left: i64) -> Self {
        if left > 0 { Self::Shut } else { Self::Probe }
    }
}

/// Which dead letters a replay is for.
#[derive(Clone, Copy)]
pub(crate) enum Which {
    One(i64),
    All,
}

pub(crate) trait Store: Send + Sync {
    /// One row, in a transaction of its own.
    fn enqueue(&self, row: &NewRow) -> impl Future<Output = Result<Enqueued, OutboxError>> + Send;

    /// Leases the heads of up to `limit` lanes, oldest first, for `lease` milliseconds. No two
    /// claims have one owner's name.
    fn claim(
        &self,
        owner: &str,
        lease: i64,
        limit: i64,
    ) -> impl Future<Output = Result<Claim, OutboxError>> + Send;

    /// Writes what became of leased rows, each of which is named once, in one transaction. Each
    /// change is conditional: a row whose lease has passed to another owner stays as it is.
    fn write(
        &self,
        changes: &[Change],
    ) -> impl Future<Output = Result<Vec<Written>, OutboxError>> + Send;

    /// Whether the gate is open.
    fn passage(&self) -> impl Future<Output = Result<Passage, OutboxError>> + Send;

    /// Shuts the gate, or keeps it shut, for at least `wait` milliseconds until the next probe.
    fn shut_gate(
        &self,
        reason: &str,
        wait: i64,
    ) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// Takes the probe of a shut gate, if it is due, for `hold` milliseconds; the answer is how
    /// many probes came before.
    fn take_probe(
        &self,
        hold: i64,
    ) -> impl Future<Output = Result<Option<i64>, OutboxError>> + Send;

    /// Puts the next probe of a shut gate off for so many milliseconds.
    fn defer_probe(&self, wait: i64) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// Opens the gate, unless somebody has asked for a longer pause.
    fn open_gate(&self) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// Opens the gate, whoever has asked for what pause, and makes due what was told to wait as
    /// long; whether it was shut.
    fn resume(&self) -> impl Future<Output = Result<bool, OutboxError>> + Send;

    fn status(&self) -> impl Future<Output = Result<Status, OutboxError>> + Send;

    /// Dead letters after this id, oldest first.
    fn dead(
        &self,
        after: i64,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<DeadLetter>, OutboxError>> + Send;

    /// Makes dead letters due again; how many there were.
    fn replay(&self, which: Which) -> impl Future<Output = Result<u64, OutboxError>> + Send;

    /// Turns one dead letter into a receipt; whether there was one.
    fn discard(
        &self,
        id: i64,
        reason: &str,
    ) -> impl Future<Output = Result<bool, OutboxError>> + Send;

    /// Deletes up to `limit` receipts that are older than `age` milliseconds; credits stay.
    fn prune(&self, age: i64, limit: i64) -> impl Future<Output = Result<u64, OutboxError>> + Send;
}

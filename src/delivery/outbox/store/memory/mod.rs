//! The table in memory, for tests: the same rules, and nothing left after the process.

mod gate;
mod row;
mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use self::row::{Row, State};
use self::table::Table;
use super::{Change, Claim, Passage, Store, Which, Written};
use crate::delivery::outbox::status::millis;
use crate::delivery::outbox::{DeadLetter, Enqueued, OutboxError, Status};
use crate::delivery::report::{NewRow, ReportKind};

#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Table>>);

fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Memory {
    fn table(&self) -> MutexGuard<'_, Table> {
        // Every method leaves the table whole, even one that a panic ended.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    async fn enqueue(&self, new: &NewRow) -> Result<Enqueued, OutboxError> {
        let mut table = self.table();
        let mut rows = table.rows.values();
        if rows.any(|row| row.claimed.kind == new.kind && row.claimed.key == new.key) {
            return Ok(Enqueued::Repeated);
        }
        table.last_id += 1;
        let id = table.last_id;
        table.rows.insert(id, Row::new(id, new));
        Ok(Enqueued::New)
    }

    async fn claim(&self, owner: &str, lease: i64, limit: i64) -> Result<Claim, OutboxError> {
        let mut table = self.table();
        let now = now();
        if let Some(probe_in) = table.gate.probe_in(now) {
            return Ok(Claim::Shut { probe_in });
        }
        let mut rows = Vec::new();
        for id in table.heads(now, limit) {
            let Some(row) = table.rows.get_mut(&id) else {
                continue;
            };
            row.lease(owner, now + lease);
            rows.push(row.claimed.clone());
        }
        let pruned = table.gate.pruned;
        Ok(Claim::Open { now, pruned, rows })
    }

    async fn write(&self, changes: &[Change]) -> Result<Vec<Written>, OutboxError> {
        let mut table = self.table();
        let written = changes.iter();
        let written = written.map(|change| table.apply(&change.owner, &change.op));
        Ok(written.collect())
    }

    async fn passage(&self) -> Result<Passage, OutboxError> {
        Ok(self.table().gate.passage())
    }

    async fn shut_gate(&self, reason: &str, wait: i64) -> Result<(), OutboxError> {
        self.table().gate.shut(reason, wait);
        Ok(())
    }

    async fn take_probe(&self, hold: i64) -> Result<Option<i64>, OutboxError> {
        Ok(self.table().gate.take_probe(hold))
    }

    async fn defer_probe(&self, wait: i64) -> Result<(), OutboxError> {
        self.table().gate.defer_probe(wait);
        Ok(())
    }

    async fn open_gate(&self) -> Result<(), OutboxError> {
        self.table().gate.open();
        Ok(())
    }

    async fn resume(&self) -> Result<bool, OutboxError> {
        let mut table = self.table();
        let not_before = table.gate.not_before;
        if !table.gate.resume() {
            return Ok(false);
        }
        for row in table.rows.values_mut() {
            if row.state == State::Due && row.due_at >= not_before {
                row.due_at = now();
            }
        }
        Ok(true)
    }

    async fn status(&self) -> Result<Status, OutboxError> {
        let table = self.table();
        let now = now();
        let count = |wanted: fn(&Row, i64) -> bool| {
            let wanted = table.rows.values().filter(|row| wanted(row, now));
            wanted.count() as u64
        };
        let mut pending = table.rows.values().filter(|row| row.state.is_live());
        Ok(Status {
            ready: count(|row, now| row.state.is_live() && row.due_at <= now),
            pending: count(|row, _| row.state.is_live()),
            held: count(|row, _| matches!(row.state, State::Held { .. })),
            dead: count(|row, _| row.state == State::Dead),
            oldest: pending
                .next()
                .map(|row| millis(now - row.claimed.created_at)),
            shut_for: table
                .gate
                .closed_at
                .map(|closed_at| millis(now - closed_at)),
            shut_because: table.gate.reason.clone(),
        })
    }

    async fn dead(&self, after: i64, limit: i64) -> Result<Vec<DeadLetter>, OutboxError> {
        let table = self.table();
        let later = table.rows.range(after.saturating_add(1)..);
        let dead = later.filter(|(_, row)| row.state == State::Dead);
        let letters = dead.map(|(_, row)| row.letter());
        Ok(letters.take(usize::try_from(limit).unwrap_or(0)).collect())
    }

    async fn replay(&self, which: Which) -> Result<u64, OutboxError> {
        let mut replayed = 0;
        for row in self.table().rows.values_mut() {
            let is_meant = match which {
                Which::One(id) => row.claimed.id == id,
                Which::All => row.claimed.kind != ReportKind::Credit,
            };
            if is_meant && row.state == State::Dead {
                row.replay();
                replayed += 1;
            }
        }
        Ok(replayed)
    }

    async fn discard(&self, id: i64, reason: &str) -> Result<bool, OutboxError> {
        let mut table = self.table();
        let row = table.rows.get_mut(&id);
        let Some(row) = row.filter(|row| row.state == State::Dead) else {
            return Ok(false);
        };
        row.settle(State::Done, "discarded", reason);
        row.forget();
        table.revive(id);
        Ok(true)
    }

    async fn prune(&self, age: i64, limit: i64) -> Result<u64, OutboxError> {
        let mut table = self.table();
        let before = now() - age;
        let old = table.rows.iter().filter(|(_, row)| {
            row.state == State::Done
                && row.claimed.kind != ReportKind::Credit
                && row.settled_at <= before
        });
        let limit = usize::try_from(limit).unwrap_or(0);
        let old: Vec<i64> = old.map(|(id, _)| *id).take(limit).collect();
        for id in &old {
            table.rows.remove(id);
        }
        table.gate.pruned |= !old.is_empty();
        Ok(old.len() as u64)
    }
}

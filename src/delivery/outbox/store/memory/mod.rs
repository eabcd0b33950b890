//! The table in memory, for tests: the same rules as in a database, but lost with the process.

mod pause;
mod row;
mod table;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use self::row::{Row, State};
use self::table::Table;
use super::protocol::END_OF_PAUSE;
use super::{Change, Claim, Passage, Places, Which, Written};
use crate::delivery::outbox::OutboxRow;
use crate::delivery::outbox::clock::{millis, now};
use crate::delivery::outbox::forgotten::{Calls, NOBODY, OUTCOME};
use crate::delivery::outbox::{DeadLetter, Enqueued, Forgotten, Status};
use crate::delivery::report::ReportKind;

/// One table for each program.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<HashMap<String, Table>>>);

impl Memory {
    fn table<T>(&self, program: &str, operation: impl FnOnce(&mut Table) -> T) -> T {
        // No operation leaves the table half changed, not even one that panics.
        let mut programs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        operation(programs.entry(program.to_owned()).or_default())
    }

    /// What the rows look like when the clock has jumped forward.
    #[cfg(test)]
    pub(crate) fn jump(&self, by: i64) {
        self.table("", |table| {
            for row in table.rows.values_mut() {
                row.due_at -= by;
                row.claimed.created_at -= by;
                row.claimed.sent_at = row.claimed.sent_at.map(|at| at - by);
            }
        });
    }

    pub(super) fn enqueue(&self, program: &str, new: &OutboxRow) -> Enqueued {
        self.table(program, |table| {
            let deletion = table.rows.values().find(|row| {
                new.kind == ReportKind::Customer
                    && row.claimed.kind == ReportKind::Deletion
                    && row.claimed.key == new.key
                    && row.state != State::Done
            });
            let waits_for = deletion.map(|row| row.claimed.id);
            let mut rows = table.rows.values_mut();
            // Every search here reads all rows. A test has few of them, and one statement less to
            // keep right.
            let known = rows.find(|row| row.claimed.kind == new.kind && row.claimed.key == new.key);
            if let Some(row) = known {
                if row.state != State::Done || new.kind != ReportKind::Customer {
                    return Enqueued::Repeated;
                }
                *row = Row::new(row.claimed.id, new, waits_for);
                return Enqueued::Again;
            }
            table.last_id += 1;
            let id = table.last_id;
            table.rows.insert(id, Row::new(id, new, waits_for));
            Enqueued::New
        })
    }

    pub(super) fn forget(&self, program: &str, customer: &str) -> Forgotten {
        self.table(program, |table| {
            let mut forgotten = Forgotten::default();
            let mut calls = Calls::default();
            let rows = table.rows.values();
            let is_report = |row: &&Row| row.claimed.kind != ReportKind::Deletion;
            let ids = rows.filter(|row| row.claimed.customer == customer && is_report(row));
            for id in ids.map(|row| row.claimed.id).collect::<Vec<_>>() {
                let Some(mut row) = table.rows.remove(&id) else {
                    continue;
                };
                let (state, claimed) = (row.state.name(), &row.claimed);
                forgotten.count(state);
                calls.add(state, claimed.attempts, claimed.created_at, row.due_at);
                if row.claimed.kind != ReportKind::Customer {
                    if row.state != State::Done {
                        row.settle(State::Done, OUTCOME, "");
                    }
                    row.forget();
                    row.last_answer.clear();
                    NOBODY.clone_into(&mut row.claimed.customer);
                    table.rows.insert(id, row);
                }
                table.revive(id, |_| true);
            }
            table.order_deletion(customer, &calls);
            forgotten
        })
    }

    pub(super) fn export(&self, program: &str, customer: &str) -> Vec<serde_json::Value> {
        self.table(program, |table| {
            let rows = table.rows.values();
            let rows = rows.filter(|row| row.claimed.customer == customer);
            rows.map(|row| row.object(program)).collect()
        })
    }

    pub(super) fn claim(&self, program: &str, owner: &str, lease: i64, places: Places) -> Claim {
        self.table(program, |table| {
            let now = now();
            if let Some(probe_in) = table.pause.probe_in(now) {
                return Claim::Shut { probe_in };
            }
            let mut rows = Vec::new();
            for id in table.heads(now, places) {
                let Some(row) = table.rows.get_mut(&id) else {
                    continue;
                };
                row.lease(owner, now + lease);
                rows.push(row.claimed.clone());
            }
            let pruned = table.pruned;
            Claim::Open {
                now,
                pruned,
                rows,
                more: false,
                is_stuck: false,
            }
        })
    }

    pub(super) fn write(&self, program: &str, changes: &[Change]) -> Vec<Written> {
        self.table(program, |table| {
            let written = changes.iter();
            let written = written.map(|change| table.apply(&change.owner, &change.op));
            written.collect()
        })
    }

    pub(super) fn passage(&self, program: &str) -> Passage {
        self.table(program, |table| table.pause.passage())
    }

    pub(super) fn shut_gate(&self, program: &str, reason: &str, wait: i64) {
        self.table(program, |table| table.pause.begin(reason, wait));
    }

    pub(super) fn take_probe(&self, program: &str, hold: i64) -> Option<i64> {
        self.table(program, |table| table.pause.take_probe(hold))
    }

    pub(super) fn defer_probe(&self, program: &str, wait: i64) {
        self.table(program, |table| table.pause.defer_probe(wait));
    }

    pub(super) fn open_gate(&self, program: &str) {
        self.table(program, |table| table.pause.end());
    }

    pub(super) fn resume(&self, program: &str) -> bool {
        self.table(program, |table| {
            let pause = std::mem::take(&mut table.pause);
            if pause.closed_at.is_none() {
                return false;
            }
            for row in table.rows.values_mut() {
                if row.state == State::Due && row.due_at >= pause.not_before - END_OF_PAUSE {
                    row.due_at = now();
                }
            }
            true
        })
    }

    pub(super) fn status(&self, program: &str) -> Status {
        self.table(program, |table| {
            let now = now();
            let count = |wanted: fn(&Row, i64) -> bool| {
                let wanted = table.rows.values().filter(|row| wanted(row, now));
                wanted.count() as u64
            };
            let mut pending = table.rows.values().filter(|row| row.state.is_live());
            let due = table.rows.values();
            let due = due.filter(|row| row.state.is_live() && row.due_at <= now);
            let overdue = due.min_by_key(|row| row.due_at);
            let age = |at: i64| millis(now - at);
            Status {
                ready: count(|row, now| row.state.is_live() && row.due_at <= now),
                pending: count(|row, _| row.state.is_live()),
                held: count(|row, _| matches!(row.state, State::Held { .. })),
                dead: count(|row, _| row.state == State::Dead),
                oldest: pending.next().map(|row| age(row.claimed.created_at)),
                overdue: overdue.map(|row| age(row.due_at)),
                paused_for: table.pause.closed_at.map(age),
                paused_because: table.pause.reason.clone(),
            }
        })
    }

    pub(super) fn dead(&self, program: &str, after: i64, limit: i64) -> Vec<DeadLetter> {
        self.table(program, |table| {
            let later = table.rows.range(after.saturating_add(1)..);
            let dead = later.filter(|(_, row)| row.state == State::Dead);
            let letters = dead.map(|(_, row)| row.letter());
            letters.take(usize::try_from(limit).unwrap_or(0)).collect()
        })
    }

    pub(super) fn replay(&self, program: &str, which: Which) -> u64 {
        self.table(program, |table| {
            let mut replayed = 0;
            for row in table.rows.values_mut() {
                let is_meant = match which {
                    Which::One(id) => row.claimed.id == id,
                    Which::All => row.claimed.kind != ReportKind::Credit,
                };
                if is_meant && row.state == State::Dead {
                    row.replay();
                    replayed += 1;
                }
            }
            replayed
        })
    }

    pub(super) fn discard(&self, program: &str, id: i64, reason: &str) -> bool {
        self.table(program, |table| {
            let row = table.rows.get_mut(&id);
            let Some(row) = row.filter(|row| row.state == State::Dead) else {
                return false;
            };
            row.settle(State::Done, "discarded", reason);
            row.forget();
            row.empty_deletion();
            table.revive(id, |_| true);
            true
        })
    }

    pub(super) fn hasten(&self, program: &str, beyond: i64) -> u64 {
        self.table(program, |table| {
            let latest = now() + beyond;
            let far = table.rows.values_mut();
            let far = far.filter(|row| row.state.is_live() && row.due_at > latest);
            far.map(|row| row.due_at = now()).count() as u64
        })
    }

    pub(super) fn prune(&self, program: &str, age: i64, limit: i64) -> u64 {
        self.table(program, |table| {
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
            table.pruned |= !old.is_empty();
            old.len() as u64
        })
    }
}

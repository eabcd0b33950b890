//! The table in memory, for tests: the same rules as in a database, but lost with the process.

mod pause;
mod row;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use self::pause::Pause;
use self::row::{Row, State};
use super::{
    Announced, Change, Check, Claim, Kind, Next, NextLease, Op, Passage, Places, Which, Written,
};
use crate::client::CustomerRef;
use crate::delivery::outbox::OutboxRow;
use crate::delivery::outbox::clock::{millis, now};
use crate::delivery::outbox::forgotten::{Calls, NOBODY, OUTCOME};
use crate::delivery::outbox::{DeadLetter, Enqueued, Forgotten, Status};
use crate::delivery::report::ReportKind;

/// One table for each program.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<HashMap<String, Table>>>);

#[derive(Default)]
struct Table {
    rows: BTreeMap<i64, Row>,
    last_id: i64,
    pause: Pause,
    /// Receipts of sales were deleted.
    pruned: bool,
}

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
                if row.state == State::Due && row.due_at >= pause.not_before {
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
                shut_for: table.pause.closed_at.map(age),
                shut_because: table.pause.reason.clone(),
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

impl Table {
    fn heads(&self, now: i64, places: Places) -> Vec<i64> {
        let mut ready: Vec<&Row> = self.rows.values().collect();
        ready.retain(|row| row.state.is_live() && row.due_at <= now && self.is_head(row));
        ready.sort_by_key(|row| (row.due_at, row.claimed.id));
        let mut heads: Vec<i64> = Vec::new();
        for (kind, most) in places.kinds() {
            let most = most.min(places.all - heads.len());
            let ready = ready.iter().filter(|row| row.kind() == kind);
            let ready: Vec<i64> = ready.map(|row| row.claimed.id).collect();
            let newest = if kind == Kind::Fresh {
                places.newest(most)
            } else {
                0
            };
            let newest = ready.iter().rev().take(newest.min(ready.len()));
            let newest: Vec<i64> = newest.copied().collect();
            let oldest = ready.iter().filter(|id| !newest.contains(id));
            heads.extend(oldest.take(most - newest.len()));
            heads.extend(newest);
        }
        heads.sort_unstable();
        heads
    }

    /// Leases the row that is now the first of this customer's.
    fn follow(&mut self, customer: &str, next: &NextLease) -> Option<Next> {
        let now = now();
        if self.pause.closed_at.is_some() {
            return None;
        }
        let mut rows = self.rows.values().filter(|row| row.state.is_live());
        let row = rows.find(|row| row.claimed.customer == customer)?;
        let id = row.claimed.id;
        if row.state != State::Due || row.due_at > now {
            return None;
        }
        let row = self.rows.get_mut(&id)?;
        row.lease(&next.owner, now + next.lease);
        Some(Next {
            row: row.claimed.clone(),
            now,
            pruned: self.pruned,
        })
    }

    /// Orders the deletion of a customer, unless that is under way already.
    fn order_deletion(&mut self, customer: &str, calls: &Calls) {
        let mut rows = self.rows.values();
        let known = rows.find(|row| {
            row.claimed.kind == ReportKind::Deletion
                && row.claimed.key == customer
                && row.state != State::Done
        });
        let id = match known {
            Some(row) if row.state == State::Dead => row.claimed.id,
            Some(_) => return,
            None => self.last_id + 1,
        };
        let new = OutboxRow {
            program: "".into(),
            kind: ReportKind::Deletion,
            key: customer.to_owned(),
            customer: customer.to_owned(),
            public_key: None,
            payload: "{}".to_owned(),
        };
        let mut row = Row::new(id, &new, None);
        row.due_at = row.due_at.max(calls.leased_until);
        row.claimed.sent_at = calls.were_made.then(now);
        self.last_id = self.last_id.max(id);
        self.rows.insert(id, row);
    }

    fn is_head(&self, row: &Row) -> bool {
        let mut earlier = self.rows.range(..row.claimed.id);
        row.claimed.kind == ReportKind::Customer
            || !earlier.any(|(_, earlier)| {
                earlier.state.is_live() && earlier.claimed.customer == row.claimed.customer
            })
    }

    fn revive(&mut self, id: i64, is_meant: impl Fn(&Row) -> bool) {
        for row in self.rows.values_mut() {
            if row.state == (State::Held { waits_for: id }) && is_meant(row) {
                row.state = State::Due;
                row.due_at = now();
            }
        }
    }

    fn leased(&mut self, owner: &str, id: i64) -> Option<&mut Row> {
        let row = self.rows.get_mut(&id)?;
        matches!(&row.state, State::Leased(by) if by == owner).then_some(row)
    }

    fn pending(&self, is_meant: impl Fn(&Row) -> bool) -> Option<&Row> {
        let mut rows = self.rows.values();
        rows.find(|row| row.state != State::Done && is_meant(row))
    }

    /// The own sign-up of a referrer, if it is under way.
    fn referrer(&self, name: &CustomerRef, friend: i64, is_patient: bool) -> Option<&Row> {
        let is_named = |row: &Row| match name.as_key() {
            Some(key) => row.public_key.as_deref() == Some(key),
            None => row.is_customer(name.as_str()),
        };
        let waits = |row: &Row| matches!(row.state, State::Held { .. });
        self.pending(|row| {
            let id = row.claimed.id;
            row.state != State::Dead
                && id != friend
                && is_named(row)
                && (is_patient || !waits(row) || id < friend)
        })
    }

    fn announce(&mut self, owner: &str, id: i64, check: &Check, once: bool) -> Announced {
        let mut pending_referrers = Vec::new();
        let mut customer_outcome = None;
        let blocker = match check {
            Check::Referrers { names, is_patient } => {
                let pending = names.iter();
                let pending = pending.filter(|name| self.referrer(name, id, *is_patient).is_some());
                pending_referrers = pending.cloned().collect();
                None
            }
            Check::Nothing => None,
            Check::Referrer(name) => {
                let pending = self.referrer(name, id, false);
                pending.filter(|row| row.claimed.id < id)
            }
            Check::Customer(customer) | Check::CustomerAndSale { customer, .. } => {
                let mut rows = self.rows.values();
                let known = rows.find(|row| row.is_customer(customer));
                customer_outcome = known.and_then(|row| row.outcome.clone());
                let sale = |row: &Row| {
                    row.claimed.kind == ReportKind::Transaction
                        && matches!(check, Check::CustomerAndSale { key, .. } if *key == row.claimed.key)
                };
                self.pending(|row| row.is_customer(customer))
                    .or_else(|| self.pending(sale))
            }
        };
        let blocker = blocker.map(|row| row.claimed.id);
        let is_shut = self.pause.closed_at.is_some();
        let Some(row) = self.leased(owner, id) else {
            return Announced::Refused;
        };
        if let Some(waits_for) = blocker {
            row.state = State::Held { waits_for };
            return Announced::Held;
        }
        if is_shut || row.due_at <= now() {
            return Announced::Refused;
        }
        if once {
            row.claimed.sent_at = Some(now());
        }
        Announced::Clear {
            customer_outcome,
            pending_referrers,
        }
    }

    fn apply(&mut self, owner: &str, op: &Op) -> Written {
        let id = op.id();
        if let Op::Announce { check, once, .. } = op {
            return Written::Announced(self.announce(owner, id, check, *once));
        }
        let Some(row) = self.leased(owner, id) else {
            return Written::Settled(false);
        };
        match op {
            Op::Announce { .. } => {}
            Op::Done {
                outcome,
                is_deletion,
                next,
                ..
            } => {
                row.settle(State::Done, outcome, "");
                row.forget();
                let customer = row.claimed.customer.clone();
                if *is_deletion {
                    row.empty_deletion();
                }
                self.revive(id, |_| true);
                let next = next.as_ref();
                if let Some(next) = next.and_then(|next| self.follow(&customer, next)) {
                    return Written::Followed(Box::new(next));
                }
            }
            Op::Retry {
                after,
                sent,
                failing,
                answer,
                ..
            } => {
                row.state = State::Due;
                row.due_at = now() + after;
                row.claimed.attempts += 1;
                row.claimed.tried_at = Some(now());
                row.claimed.failing_ms = *failing;
                row.last_answer.clone_from(answer);
                row.note(*sent);
            }
            Op::Dead {
                reason,
                sent,
                answer,
                ..
            } => {
                row.settle(State::Dead, reason, answer);
                row.claimed.attempts += 1;
                row.note(*sent);
                // A referrer who may never arrive holds no friends.
                if row.claimed.kind != ReportKind::Deletion {
                    self.revive(id, |row| row.claimed.kind == ReportKind::Customer);
                }
            }
            Op::Release { after, sent, .. } => {
                row.state = State::Due;
                row.due_at = now() + after;
                row.note(*sent);
            }
        }
        Written::Settled(true)
    }
}

//! The table in memory, for tests: the same rules, and nothing left after the process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Announced, Check, Claim, Claimed, Op, Passage, Sent, Store, Which, Written};
use crate::delivery::outbox::status::{millis, time};
use crate::delivery::outbox::{DeadLetter, Enqueued, OutboxError, Status};
use crate::delivery::report::{NewRow, ReportKind};

#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    rows: BTreeMap<i64, Row>,
    last_id: i64,
    gate: Gate,
}

#[derive(Default)]
struct Gate {
    closed_at: Option<i64>,
    reason: Option<String>,
    probe_at: i64,
    not_before: i64,
    probes: i64,
    pruned: bool,
}

struct Row {
    claimed: Claimed,
    public_key: Option<String>,
    state: State,
    due_at: i64,
    outcome: Option<String>,
    last_answer: String,
    settled_at: i64,
}

#[derive(Clone, PartialEq)]
enum State {
    Due,
    Leased(String),
    Held { waits_for: i64 },
    Done,
    Dead,
}

impl State {
    fn is_live(&self) -> bool {
        matches!(self, Self::Due | Self::Leased(_))
    }
}

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

impl Row {
    fn settle(&mut self, state: State, outcome: &str, answer: &str) {
        self.state = state;
        self.outcome = Some(outcome.to_owned());
        answer.clone_into(&mut self.last_answer);
        self.settled_at = now();
    }

    fn note(&mut self, sent: Sent) {
        if let Sent::Restore(sent_at) = sent {
            self.claimed.sent_at = sent_at;
        }
    }

    fn forget(&mut self) {
        self.claimed.payload = None;
        self.public_key = None;
    }

    fn is_customer(&self, id: &str) -> bool {
        self.claimed.kind == ReportKind::Customer && self.claimed.key == id
    }
}

impl Table {
    fn heads(&self, now: i64, limit: i64) -> Vec<i64> {
        let mut ready: Vec<&Row> = self.rows.values().collect();
        ready.retain(|row| row.state.is_live() && row.due_at <= now && self.is_head(row));
        ready.sort_by_key(|row| (row.due_at, row.claimed.id));
        ready.truncate(usize::try_from(limit).unwrap_or(0));
        ready.iter().map(|row| row.claimed.id).collect()
    }

    fn is_head(&self, row: &Row) -> bool {
        let mut earlier = self.rows.range(..row.claimed.id);
        row.claimed.kind == ReportKind::Customer
            || !earlier.any(|(_, earlier)| {
                earlier.state.is_live() && earlier.claimed.customer == row.claimed.customer
            })
    }

    fn revive(&mut self, id: i64) {
        for row in self.rows.values_mut() {
            if row.state == (State::Held { waits_for: id }) {
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

    fn announce(&mut self, owner: &str, id: i64, check: &Check, once: bool) -> Announced {
        let mut referrer_pending = false;
        let mut customer_outcome = None;
        let blocker = match check {
            Check::Referrer(name) => {
                let pending = self.pending(|row| {
                    row.claimed.id != id
                        && (row.is_customer(name) || row.public_key.as_ref() == Some(name))
                });
                referrer_pending = pending.is_some();
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
        let is_shut = self.gate.closed_at.is_some();
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
            referrer_pending,
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
            Op::Done { outcome, .. } => {
                row.settle(State::Done, outcome, "");
                row.forget();
                self.revive(id);
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

impl Store for Memory {
    async fn enqueue(&self, new: &NewRow) -> Result<Enqueued, OutboxError> {
        let mut table = self.table();
        let mut rows = table.rows.values();
        if rows.any(|row| row.claimed.kind == new.kind && row.claimed.key == new.key) {
            return Ok(Enqueued::Repeated);
        }
        table.last_id += 1;
        let id = table.last_id;
        let claimed = Claimed {
            id,
            kind: new.kind,
            key: new.key.clone(),
            customer: new.customer.clone(),
            payload: Some(new.payload.clone()),
            attempts: 0,
            created_at: now(),
            sent_at: None,
            tried_at: None,
            failing_ms: 0,
        };
        let row = Row {
            claimed,
            public_key: new.public_key.clone(),
            state: State::Due,
            due_at: now(),
            outcome: None,
            last_answer: String::new(),
            settled_at: 0,
        };
        table.rows.insert(id, row);
        Ok(Enqueued::New)
    }

    async fn claim(&self, owner: &str, lease: i64, limit: i64) -> Result<Claim, OutboxError> {
        let mut table = self.table();
        let now = now();
        if table.gate.closed_at.is_some() {
            let probe_in = (table.gate.probe_at.max(table.gate.not_before) - now).max(0);
            return Ok(Claim::Shut { probe_in });
        }
        let mut rows = Vec::new();
        for id in table.heads(now, limit) {
            let Some(row) = table.rows.get_mut(&id) else {
                continue;
            };
            if row.state != State::Due {
                row.claimed.attempts += 1;
            }
            row.state = State::Leased(owner.to_owned());
            row.due_at = now + lease;
            rows.push(row.claimed.clone());
        }
        let pruned = table.gate.pruned;
        Ok(Claim::Open { now, pruned, rows })
    }

    async fn write(&self, owner: &str, ops: &[Op]) -> Result<Vec<Written>, OutboxError> {
        let mut table = self.table();
        Ok(ops.iter().map(|op| table.apply(owner, op)).collect())
    }

    async fn passage(&self) -> Result<Passage, OutboxError> {
        let gate = &self.table().gate;
        Ok(match gate.closed_at {
            None => Passage::Open,
            Some(_) => Passage::shut_for(gate.not_before - now()),
        })
    }

    async fn shut_gate(&self, reason: &str, wait: i64) -> Result<(), OutboxError> {
        let gate = &mut self.table().gate;
        if gate.closed_at.is_none() {
            gate.probe_at = now() + wait;
        }
        gate.not_before = gate.not_before.max(now() + wait);
        gate.closed_at.get_or_insert_with(now);
        gate.reason = Some(reason.to_owned());
        Ok(())
    }

    async fn take_probe(&self, hold: i64) -> Result<Option<i64>, OutboxError> {
        let gate = &mut self.table().gate;
        if gate.closed_at.is_none() || gate.probe_at.max(gate.not_before) > now() {
            return Ok(None);
        }
        gate.probe_at = now() + hold;
        gate.probes += 1;
        Ok(Some(gate.probes - 1))
    }

    async fn defer_probe(&self, wait: i64) -> Result<(), OutboxError> {
        self.table().gate.probe_at = now() + wait;
        Ok(())
    }

    async fn open_gate(&self) -> Result<(), OutboxError> {
        let gate = &mut self.table().gate;
        if gate.not_before > now() {
            gate.probe_at = gate.not_before;
            return Ok(());
        }
        let pruned = gate.pruned;
        *gate = Gate {
            pruned,
            ..Gate::default()
        };
        Ok(())
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
        let letters = dead.map(|(id, row)| DeadLetter {
            id: *id,
            kind: row.claimed.kind,
            key: row.claimed.key.clone(),
            customer: row.claimed.customer.clone(),
            reason: row.outcome.clone().unwrap_or_default(),
            last_answer: row.last_answer.clone(),
            attempts: u64::try_from(row.claimed.attempts).unwrap_or(0),
            enqueued_at: time(row.claimed.created_at),
            died_at: time(row.settled_at),
        });
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
                row.state = State::Due;
                row.due_at = now();
                row.outcome = None;
                row.claimed.attempts = 0;
                row.claimed.tried_at = None;
                row.claimed.failing_ms = 0;
                if row.claimed.kind == ReportKind::Credit {
                    row.claimed.sent_at = None;
                }
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

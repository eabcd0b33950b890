//! The rows of one program, and the changes of one row that concern others.

use std::collections::BTreeMap;

use super::pause::Pause;
use super::row::{Row, State};
use crate::client::CustomerRef;
use crate::delivery::outbox::OutboxRow;
use crate::delivery::outbox::clock::now;
use crate::delivery::outbox::forgotten::Calls;
use crate::delivery::outbox::store::{
    Announced, Check, Kind, Next, NextLease, Op, Places, Written,
};
use crate::delivery::report::ReportKind;

#[derive(Default)]
pub(super) struct Table {
    pub(super) rows: BTreeMap<i64, Row>,
    pub(super) last_id: i64,
    pub(super) pause: Pause,
    /// Receipts of sales were deleted.
    pub(super) pruned: bool,
}

impl Table {
    pub(super) fn heads(&self, now: i64, places: Places) -> Vec<i64> {
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
    pub(super) fn order_deletion(&mut self, customer: &str, calls: &Calls) {
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

    pub(super) fn revive(&mut self, id: i64, is_meant: impl Fn(&Row) -> bool) {
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

    pub(super) fn apply(&mut self, owner: &str, op: &Op) -> Written {
        let id = op.id();
        if let Op::Announce { check, once, .. } = op {
            return Written::Announced(self.announce(owner, id, check, *once));
        }
        let Some(row) = self.leased(owner, id) else {
            return Written::Settled(false);
        };
        match op {
            Op::Announce { .. } => {}
            Op::Done { outcome, next, .. } => {
                row.settle(State::Done, outcome, "");
                row.forget();
                let customer = row.claimed.customer.clone();
                row.empty_deletion();
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
                row.claimed.failing_ms = Some(*failing);
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
